import { describe, expect, test } from "vitest";
import { checkPipelineFile } from "./pipeline-file.ts";
import { stages } from "../plan/stages.ts";
import { parseYaml } from "./yaml-source.ts";

const whole = `
tasks: [sentiment]
encoders: [minilm]
methods: [early-exit, sweet]
exitLayers: [1, 2]
`;

function check(text: string) {
  return checkPipelineFile(parseYaml(text, "p.yaml"), stages, "p");
}

describe("checkPipelineFile", () => {
  test("fills in one seed and the title", () => {
    expect(check(whole)).toMatchObject({
      title: "p",
      seeds: [1],
      exitLayers: [1, 2],
      tasks: { sentiment: { sections: {} } },
      methods: { "early-exit": { sections: {} }, sweet: { sections: {} } },
    });
  });

  test("a list of names, a mapping to nothing and a mapping to empty settings are the same", () => {
    const { source: _, ...list } = check(whole);
    for (const methods of ["{ early-exit: {}, sweet: {} }", "{ early-exit: , sweet: }"]) {
      const { source: __, ...mapping } = check(
        whole.replace("[early-exit, sweet]", methods).replace("[minilm]", "{ minilm: { train: } }"),
      );
      expect({ ...mapping, encoders: list.encoders }).toEqual(list);
    }
  });

  test("keeps each entry's own settings apart from a file's columns", () => {
    const { tasks, methods, sections } = check(`
tasks:
  reviews: { file: r.csv, text: review, label: stars, data: { trainSize: 5 } }
encoders: [minilm]
methods: { sweet: { train: { learningRate: 1e-4 } } }
exitLayers: [1, 2]
train: { epochs: 2, maxGradientNorm: off }
predict:
`);
    expect(tasks).toEqual({
      reviews: {
        columns: { file: "r.csv", text: "review", label: "stars" },
        sections: { data: { trainSize: 5 } },
      },
    });
    expect(methods).toEqual({
      sweet: { from: "sweet", seeds: [1], sections: { train: { learningRate: 1e-4 } } },
    });
    expect(sections).toEqual({ train: { epochs: 2, maxGradientNorm: "off" }, predict: {} });
  });

  test.each([
    ["an unknown key", `${whole}seed: [1]`, /^p\.yaml:6: unknown key "seed", did you mean "seeds"/],
    [
      "an unknown key of a task",
      whole.replace("[sentiment]", "{ mine: { file: a.csv, text: t, lable: l } }"),
      /^p\.yaml:2: .*unknown key "tasks\.mine\.lable", did you mean "label"/,
    ],
    [
      "settings for a stage that does not vary by method",
      whole.replace("[early-exit, sweet]", "{ sweet: { data: { trainSize: 5 } } }"),
      /^p\.yaml:4: methods\.sweet\.data: data does not vary by method; set it at the top of the file or in an entry of tasks or in an entry of encoders$/,
    ],
    [
      "search seeds without regimes",
      `${whole}searchSeeds: [1]`,
      /^p\.yaml:6: searchSeeds: belongs to a pipeline with regimes/,
    ],
    [
      "a method that shares the choice of a missing method",
      `${whole.replace("[early-exit, sweet]", "{ sweet: { regimeOf: early-exit } }")}regimes: { slow: {} }`,
      /^p\.yaml:4: methods\.sweet\.regimeOf: expected a method of this file that has no regimeOf of its own, got early-exit/,
    ],
    [
      "a missing teacher",
      whole.replace("[early-exit, sweet]", "{ sweet: { teacher: multi-model } }"),
      /^p\.yaml:4: methods\.sweet\.teacher: expected a method of this file that has no teacher of its own, got multi-model/,
    ],
    [
      "a teacher without the seed",
      whole.replace(
        "[early-exit, sweet]",
        "{ sweet: { teacher: early-exit, seeds: [1, 3] }, early-exit: {} }",
      ),
      /^p\.yaml:4: methods\.sweet\.teacher: expected a teacher with the same seeds, but early-exit has no seed 3/,
    ],
    [
      "a method with a teacher and a search of its own",
      `${whole.replace("[early-exit, sweet]", "{ sweet: { teacher: early-exit }, early-exit: {} }")}regimes: { slow: {} }`,
      /^p\.yaml:4: methods\.sweet\.regimeOf: expected a method whose regime to use: a method with a teacher/,
    ],
    ["a missing key", whole.replace("exitLayers: [1, 2]", ""), /^p\.yaml: exitLayers: /],
    ["a wrong type", whole.replace("[1, 2]", "[1, two]"), /^p\.yaml:5: exitLayers\.1: .*"two"/],
    ["a seed given twice", `${whole}seeds: [1, 1]`, /^p\.yaml:6: seeds: must differ/],
    [
      "a name given twice",
      whole.replace("early-exit", "sweet"),
      /^p\.yaml:4: methods: .*distinct names/,
    ],
    ["no method", whole.replace("[early-exit, sweet]", "[]"), /^p\.yaml:4: methods: must name/],
    [
      "a list that mixes names and settings",
      whole.replace("[sentiment]", "[{ file: a.csv }]"),
      /^p\.yaml:2: tasks: expected distinct names/,
    ],
    [
      "a file without a label column",
      whole.replace("[sentiment]", "{ mine: { file: a.csv, text: t } }"),
      /^p\.yaml:2: tasks\.mine\.label: expected the name of a column/,
    ],
    [
      "a file's format without a file",
      whole.replace("[sentiment]", "{ mine: { from: amazon, header: false } }"),
      /^p\.yaml:2: tasks\.mine\.header: belongs to a task that names a file/,
    ],
    [
      "a column without a file",
      whole.replace("[sentiment]", "{ mine: { text: t } }"),
      /^p\.yaml:2: tasks\.mine\.text: belongs to a task that names a file/,
    ],
    [
      "the report's settings in a task",
      whole.replace("[sentiment]", "{ sentiment: { report: {} } }"),
      /^p\.yaml:2: tasks\.sentiment\.report: report does not vary by task; set it at the top of the file$/,
    ],
    [
      "a name that cannot be a folder's",
      whole.replace("sentiment", "../x"),
      /^p\.yaml:2: tasks: the name "\.\.\/x" must begin with a letter or digit and contain only/,
    ],
    ["a list for a file", "- a", /^p\.yaml: value: .*expected object/],
    [
      "an empty file",
      "",
      /^p\.yaml: expected a pipeline, got an empty file; name at least tasks, encoders, methods and exitLayers$/,
    ],
    ["a file of comments", "# later\n", /^p\.yaml: expected a pipeline, got an empty file/],
  ])("%s is an error with its line", (_, text, message) => {
    expect(() => check(text)).toThrow(message);
  });
});
