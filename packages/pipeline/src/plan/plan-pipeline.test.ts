import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assumedChoices } from "../file/choices.ts";
import { planPipeline } from "./plan-pipeline.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "plan-"));
});
afterAll(() => rm(root, { recursive: true }));

async function plan(text: string) {
  await writeFile(join(root, "x.yaml"), text);
  return planPipeline("x.yaml", root);
}

const good = `
tasks: [amazon]
encoders: [tiny]
methods: [sweet]
exitLayers: [1, 2]
`;

test("the real stages accept a valid pipeline", async () => {
  expect((await plan(good)).cells).toHaveLength(8);
});

test.each([
  ["an encoder", "tiny", "tinny", /^x\.yaml:3: encoders: encoder "tinny": .*did you mean "tiny"\?/],
  [
    "a property that every object has",
    "tiny",
    "constructor",
    /^x\.yaml:3: encoders: encoder "constructor": /,
  ],
  ["an exit layer", "[1, 2]", "[1, 3]", /^x\.yaml:5: exitLayers: .* from 1 to 2, .*"tiny", got 3$/],
  [
    "a device",
    "exitLayers",
    "device: gpu\nexitLayers",
    /^x\.yaml:5: probe: device: unknown "gpu", .*\(known: cpu, webgpu, cuda\)$/,
  ],
  [
    "a device that the eager engine lacks",
    "exitLayers",
    "train: { device: webgpu }\nengine: eager\nexitLayers",
    /^x\.yaml:6: engine: the eager engine has no device "webgpu" in Node, .*another device \(cpu, cuda\)$/,
  ],
  [
    "a task",
    "amazon",
    "amazn",
    /^x\.yaml:2: data: task: unknown "amazn", did you mean "amazon"\? \(known: [a-z, -]*\)$/,
  ],
  [
    "a method",
    "sweet",
    "sweat",
    /^x\.yaml:4: train: method: unknown "sweat", did you mean "sweet"\? \(known: [a-z, -]*\)$/,
  ],
])("%s that does not exist is an error before anything runs", async (_, from, to, message) => {
  await expect(plan(good.replace(from, to))).rejects.toThrow(message);
});

test("one task may come in several entries, each with its own settings", async () => {
  const tasks = `tasks:
  few: { from: amazon, data: { trainSize: 50 } }
  many: { from: amazon, data: { trainSize: 500 } }`;
  const { cells } = await plan(good.replace("tasks: [amazon]", tasks));
  const data = cells.filter((c) => c.stage === "data");
  expect(data.map(({ id, settings }) => [id, settings])).toMatchObject([
    ["data.few.tiny", { task: "amazon", trainSize: 50 }],
    ["data.many.tiny", { task: "amazon", trainSize: 500 }],
  ]);
  const both = tasks.replace("from: amazon,", "from: amazon, file: x.csv, text: a, label: b,");
  await expect(plan(good.replace("tasks: [amazon]", both))).rejects.toThrow(
    /^x\.yaml:3: tasks\.few\.from: names a task that comes with the data package: expected no file/,
  );
});

test("a number that is not one is an error from the stage's schema", async () => {
  await expect(plan(`${good}train: { epochs: .nan }`)).rejects.toThrow(
    /^x\.yaml:6: train: epochs: Invalid input: expected number, received NaN, got NaN$/,
  );
});

test("a device at the top applies to every stage that has one, unless the stage sets its own", async () => {
  const { cells } = await plan(`device: cpu\nengine: compiled\n${good}time: { device: cpu }`);
  const found = cells.map(({ stage, settings }) => {
    const { device, engine } = settings as { device?: string; engine?: string };
    return [stage, device, engine];
  });
  expect(found).toEqual([
    ["data", undefined, undefined],
    ["probe", "cpu", undefined],
    ["train", "cpu", "compiled"],
    ["export", undefined, undefined],
    ["predict", "cpu", undefined],
    ["time", "cpu", undefined],
    ["eval", undefined, undefined],
    ["report", undefined, undefined],
  ]);
});

describe("a search", () => {
  const search = `${good.replace("[sweet]", "{ sweet: {}, two-stage: { regimeOf: sweet } }")}regimes: { slow: {}, fast: {} }
`;
  test("is planned under every possible choice", async () => {
    const { cells, possible, undecided } = await plan(search);
    expect(undecided).toBe(true);
    const trained = (all: typeof cells) =>
      all.filter((c) => c.stage === "train").map((c) => c.id.replace("train.amazon.tiny.", ""));
    expect(trained(cells)).toEqual(["sweet.slow.1", "sweet.fast.1"]);
    expect(possible.map((all) => trained(all).sort())).toEqual([
      ["sweet.fast.1", "sweet.slow.1", "two-stage.slow.1"],
      ["sweet.fast.1", "sweet.slow.1", "two-stage.fast.1"],
    ]);
  });

  test.each([
    [
      "in a method that is trained after it",
      search.replace("regimeOf: sweet", "regimeOf: sweet, train: { epoch: 3 }"),
      /^x\.yaml:4: train: unknown key "epoch"/,
    ],
    [
      "in the report",
      `${search}report: { claim: true }`,
      /^x\.yaml:7: report: unknown key "claim"/,
    ],
    [
      "in the controls",
      `${search}controls: [imdb]`,
      /^x\.yaml:7: controls\.0: must be a task of this file \(amazon\)/,
    ],
  ])("a mistake %s is an error before anything runs", async (_, text, message) => {
    await expect(plan(text)).rejects.toThrow(message);
  });

  test("trains controls under the regime chosen on the other tasks", async () => {
    const { cells, possible } = await plan(
      search.replace("[amazon]", "[amazon, imdb]") + "controls: [imdb]",
    );
    expect(cells.filter((c) => c.id.includes("imdb"))).toEqual([]);
    const trained = possible[0]?.filter((c) => c.id.startsWith("train.imdb")).map((c) => c.id);
    expect(trained).toEqual(["train.imdb.tiny.sweet.slow.1", "train.imdb.tiny.two-stage.slow.1"]);
    await expect(plan(`${search}controls: [amazon]`)).rejects.toThrow(
      /^x\.yaml:7: controls: must leave at least one task for choosing regimes$/,
    );
  });

  test("results without a study are an error before anything runs", async () => {
    await expect(plan(`${good}results: kept`)).rejects.toThrow(
      /^x\.yaml:6: results: belongs to a study; add study: \{\}$/,
    );
  });
});

describe("the pipelines that come with the project and need no network", () => {
  const project = join(import.meta.dirname, "..", "..", "..", "..");

  test.each([
    ["demo", 18],
    ["smoke", 18],
  ])("%s is planned completely", async (name, cells) => {
    expect(await planPipeline(name, project)).toMatchObject({ name, undecided: false });
    expect((await planPipeline(name, project)).cells).toHaveLength(cells);
  });

  test.each(["low-resource", "low-resource-full"])(
    "%s is planned before and after its choices",
    async (name) => {
      const search = await planPipeline(name, project);
      expect(search.undecided).toBe(true);
      const taskCount = (all: typeof search.cells) => all.filter((c) => c.stage === "data").length;
      expect(taskCount(search.cells)).toBe(7); // the search leaves out the control
      const choices = assumedChoices(search.cells, "strong");
      const { cells, undecided } = await planPipeline(name, project, choices);
      expect(undecided).toBe(false);
      expect(taskCount(cells)).toBe(8);
      const ids = new Set(cells.map((c) => c.id));
      expect(search.cells.filter((c) => !ids.has(c.id))).toEqual([]);
      const report = cells.at(-1)?.settings as {
        cells: { method: string; chosen: boolean; seed: number }[];
      };
      const chosen = report.cells.filter((c) => c.chosen);
      expect(new Set(chosen.map((c) => c.method)).size).toBe(11);
      const sweet = chosen.filter((c) => c.method === "sweet").map((c) => c.seed);
      expect(new Set(sweet).size).toBe(name === "low-resource" ? 3 : 5);
    },
  );
});

test("the stage gets a file's format settings, and none that are not given", async () => {
  await writeFile(join(root, "x.csv"), "x;good\ny;bad\n");
  const settingsOf = async (more: string) => {
    const { cells } = await plan(
      good.replace("[amazon]", `{ mine: { file: x.csv, text: 1, label: "2"${more} } }`),
    );
    const [task] = cells.flatMap(({ stage, settings }) =>
      stage === "data" ? [(settings as { task: unknown }).task] : [],
    );
    return task;
  };
  const pinned = {
    file: "x.csv",
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    text: "1",
    label: "2",
  };
  expect(await settingsOf("")).toEqual(pinned);
  expect(await settingsOf(', header: false, delimiter: ";", quotes: true')).toEqual({
    ...pinned,
    header: false,
    delimiter: ";",
    quotes: true,
  });
});
