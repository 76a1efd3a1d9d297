import type { Json, Stage } from "@sweetspot/artifact";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { checkPipelineFile } from "../file/pipeline-file.ts";
import { type Cell, type KnownStage, planCells } from "./plan.ts";
import { type Choices, choiceKey } from "./runs.ts";
import { type StageEntry, stages } from "./stages.ts";
import { parseYaml } from "../file/yaml-source.ts";

const shapes: Record<string, [reads: Stage<unknown>["reads"], settings: z.ZodType]> = {
  data: [
    [],
    z.strictObject({ task: z.json(), encoder: z.string(), trainSize: z.int().default(7) }),
  ],
  probe: [["data"], z.strictObject({ encoder: z.string(), exitLayers: z.array(z.int()) })],
  train: [
    ["data"],
    z.strictObject({
      encoder: z.string(),
      heads: z.enum(["random", "probe"]).default("random"),
      method: z.enum(["early-exit", "sweet", "sweet-distilled"]),
      exitLayers: z.array(z.int()),
      seed: z.int(),
      epochs: z.int().positive().default(3),
      learningRate: z.number().default(0.5),
    }),
  ],
  export: [["data", "train"], z.strictObject({})],
  predict: [["data", "export"], z.strictObject({ training: z.boolean().default(true) })],
  time: [["data", "export"], z.strictObject({})],
  eval: [["predict", "time"], z.strictObject({ confidence: z.number().default(0.95) })],
  choose: [
    "any",
    z.strictObject({ encoder: z.string(), method: z.string(), cells: z.array(z.json()) }),
  ],
  report: ["any", z.strictObject({ title: z.string(), cells: z.array(z.json()) })],
};

/** The real stages, with schemas made for this test. */
const known: Record<string, KnownStage> = Object.fromEntries(
  Object.entries(stages).flatMap(([name, entry]: [string, StageEntry]) => {
    if (entry.optional) return [];
    const [reads, settings] = shapes[name] ?? [[], z.never()];
    const stage: Stage<unknown> = { name, reads, settings, run: async () => ({}) };
    if (name === "train") {
      stage.mayRead = ["teacher", "probe"];
      stage.wants = (of) => {
        const { method, heads } = of as { method: string; heads: string }; // as the schema has them
        return [
          ...(method.endsWith("-distilled") ? ["teacher"] : []),
          ...(heads === "probe" ? ["probe"] : []),
        ];
      };
    }
    return [[name, { ...entry, stage }]];
  }),
);

async function plan(
  text: string,
  sources: Record<string, Json> = { a: "a", b: "b" },
  stages: Record<string, KnownStage> = known,
  choices?: Choices,
): Promise<Cell[]> {
  const file = checkPipelineFile(parseYaml(text, "p.yaml"), stages, "p");
  const encoders = Object.fromEntries(Object.keys(file.encoders).map((name) => [name, name]));
  return planCells(file, stages, sources, encoders, choices);
}

function settingsOf(cells: readonly Cell[], id: string): Json | undefined {
  return cells.find((c) => c.id === id)?.settings;
}

const small = `
tasks: { a: {}, b: {} }
encoders: { e: {} }
methods: { early-exit: {}, sweet: {} }
exitLayers: [1, 2]
`;

describe("planCells", () => {
  test("makes one data cell per task and encoder, one of the rest per method and seed, one report", async () => {
    const ids = (await plan(`${small}seeds: [3, 5]`)).map((c) => c.id);
    const count = (stage: string) => ids.filter((id) => id.split(".")[0] === stage).length;
    expect(Object.keys(known).map((s) => [s, count(s)])).toEqual([
      ["data", 2],
      ["probe", 2],
      ["train", 8],
      ["export", 8],
      ["predict", 8],
      ["time", 4],
      ["eval", 8],
      ["choose", 0],
      ["report", 1],
    ]);
    expect(ids).toContain("data.b.e");
    expect(ids).toContain("time.b.e.early-exit");
  });

  test("each cell reads the cells of its own task, encoder, method and seed", async () => {
    const cells = await plan(`${small}seeds: [3, 5]`);
    const inputs = (id: string) => cells.find((c) => c.id === id)?.inputs;
    expect(inputs("export.b.e.sweet.5")).toEqual({ data: "data.b.e", train: "train.b.e.sweet.5" });
    expect(inputs("eval.a.e.early-exit.3")).toEqual({
      predict: "predict.a.e.early-exit.3",
      time: "time.a.e.early-exit",
    });
    expect(Object.keys(inputs("report") ?? {})).toHaveLength(8);
  });

  test("a cell has an optional input only if its settings want it", async () => {
    const cells = await plan(`
tasks: [a]
encoders: [e]
methods: { early-exit: {}, sweet: { train: { heads: probe } } }
exitLayers: [1, 2]
`);
    const inputs = (id: string) => cells.find((c) => c.id === id)?.inputs;
    expect(inputs("train.a.e.sweet.1")).toEqual({ data: "data.a.e", probe: "probe.a.e" });
    expect(inputs("train.a.e.early-exit.1")).toEqual({ data: "data.a.e" });
    expect(settingsOf(cells, "probe.a.e")).toEqual({ encoder: "e", exitLayers: [1, 2] });
  });

  test("methods with names of their own share an objective", async () => {
    const cells = await plan(`
tasks: [a]
encoders: [e]
methods: { sweet: {}, fast: { from: sweet, train: { learningRate: 2 } } }
exitLayers: [1, 2]
`);
    expect(settingsOf(cells, "train.a.e.fast.1")).toMatchObject({
      method: "sweet",
      learningRate: 2,
    });
    expect(settingsOf(cells, "train.a.e.sweet.1")).toMatchObject({
      method: "sweet",
      learningRate: 0.5,
    });
    expect(settingsOf(cells, "report")).toMatchObject({
      cells: [{ method: "sweet" }, { method: "fast", objective: "sweet" }],
    });
  });

  test("fills in the settings that follow from the place, and the stages' defaults", async () => {
    const cells = await plan(small, { a: { file: "r.csv", sha256: "0" }, b: "b" });
    expect(settingsOf(cells, "data.a.e")).toEqual({
      task: { file: "r.csv", sha256: "0" },
      encoder: "e",
      trainSize: 7,
    });
    expect(settingsOf(cells, "train.b.e.sweet.1")).toEqual({
      encoder: "e",
      heads: "random",
      method: "sweet",
      exitLayers: [1, 2],
      seed: 1,
      epochs: 3,
      learningRate: 0.5,
    });
    expect(settingsOf(cells, "report")).toMatchObject({
      title: "p",
      cells: [
        { input: "eval.a.e.early-exit.1", task: "a", encoder: "e", method: "early-exit", seed: 1 },
        { input: "eval.a.e.sweet.1" },
        { input: "eval.b.e.early-exit.1" },
        { input: "eval.b.e.sweet.1" },
      ],
    });
  });

  test("of file, encoder, task and method, the last one that has a setting wins", async () => {
    const layers = [
      "train: { epochs: 11, learningRate: 11 }",
      "encoders: { e: { train: { epochs: 12 } } }",
      "tasks: { a: { train: { epochs: 13 } }, b: {} }",
      "methods: { sweet: { train: { epochs: 14 } }, early-exit: {} }",
    ];
    const text = (n: number) =>
      [...layers.slice(0, n), ...small.split("\n").slice(1)]
        .filter(
          (line, i, all) => all.findIndex((l) => l.split(":")[0] === line.split(":")[0]) === i,
        )
        .join("\n");
    const plans = await Promise.all([1, 2, 3, 4].map((n) => plan(text(n))));
    const epochs = plans.map((cells) => settingsOf(cells, "train.a.e.sweet.1"));
    expect(epochs).toMatchObject([{ epochs: 11 }, { epochs: 12 }, { epochs: 13 }, { epochs: 14 }]);
    const cells = await plan(text(4));
    expect(settingsOf(cells, "train.b.e.early-exit.1")).toMatchObject({
      epochs: 12,
      learningRate: 11,
    });
  });

  test("an encoder may have its own exit layers", async () => {
    const cells = await plan(small.replace("{ e: {} }", "{ e: { exitLayers: [4, 8] }, f: {} }"));
    expect(settingsOf(cells, "train.a.e.sweet.1")).toMatchObject({ exitLayers: [4, 8] });
    expect(settingsOf(cells, "train.a.f.sweet.1")).toMatchObject({ exitLayers: [1, 2] });
  });

  test.each([
    [
      "an unknown setting",
      `${small}train: { epoch: 3 }`,
      /^p\.yaml:6: train: unknown key "epoch", did you mean "epochs"/,
    ],
    [
      "a task's wrong setting",
      small.replace("b: {}", "\n  b: { train: {\n epochs: 0 } }"),
      /^p\.yaml:4: train: epochs: /,
    ],
    [
      "a setting that follows from the place",
      `${small}train:\n  epochs: 1\n  seed: 3`,
      /^p\.yaml:8: train\.seed: follows from seeds; remove it here/,
    ],
    [
      "an unknown method",
      small.replace("{ early-exit: {}, sweet: {} }", "\n  sweet: {}\n  swet: {}"),
      /^p\.yaml:6: train: method: .*"swet"/,
    ],
    [
      "two names that make the same cell",
      small.replace("{ e: {} }", "{ x/y: {}, x_y: {} }"),
      /^p\.yaml: two cells would be called data\.a\.x_y/,
    ],
    [
      "two names that differ only in case",
      small.replace("{ e: {} }", "{ mini: {}, Mini: {} }"),
      /^p\.yaml: two cells would be called data\.a\.mini and data\.a\.Mini, the same folder on many/,
    ],
  ])("%s is an error with its line", async (_, text, message) => {
    await expect(plan(text)).rejects.toThrow(message);
  });

  describe("asks each stage's own check", () => {
    const asked: unknown[] = [];
    const wrong: Record<string, string> = { e: "encoder", long: "exitLayers", slow: "epochs" };
    const checking: Record<string, KnownStage> = {
      ...known,
      train: {
        ...(known["train"] as KnownStage),
        stage: {
          ...(known["train"] as KnownStage).stage,
          async check(settings) {
            asked.push(settings);
            const setting = wrong[(settings as { encoder: string }).encoder];
            return setting === undefined ? undefined : { setting, message: "not allowed" };
          },
        },
      },
    };

    test.each([
      ["the entry that gave it", small, /^p\.yaml:3: encoders: not allowed$/],
      ["the file's own", small.replace("e:", "long:"), /^p\.yaml:5: exitLayers: not allowed$/],
      [
        "an encoder's own",
        small.replace("e: {}", "long: {\n  exitLayers: [1, 9] }"),
        /^p\.yaml:4: encoders\.long\.exitLayers: not allowed$/,
      ],
      [
        "a section's",
        `${small.replace("e:", "slow:")}train:\n  epochs: 7`,
        /^p\.yaml:7: train\.epochs: not allowed$/,
      ],
      [
        "the stage's default",
        small.replace("e:", "slow:"),
        /^p\.yaml: train\.epochs: not allowed$/,
      ],
    ])("and starts the error with the setting's line: %s", async (_, text, message) => {
      await expect(plan(text, undefined, checking)).rejects.toThrow(message);
    });

    test("with its defaults filled in, once for equal settings", async () => {
      asked.length = 0;
      await plan(small.replace("e:", "good:"), undefined, checking);
      expect(asked).toMatchObject([
        { encoder: "good", method: "early-exit", epochs: 3 },
        { encoder: "good", method: "sweet", epochs: 3 },
      ]);
    });
  });

  test("another seed changes only its own cells and the report", async () => {
    const seeds = fc.uniqueArray(fc.nat(99), { minLength: 2, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(seeds, async (all) => {
        const before = await plan(`${small}seeds: [${all.slice(0, -1).join()}]`);
        const after = await plan(`${small}seeds: [${all.join()}]`);
        for (const cell of before.filter((c) => c.id !== "report")) {
          expect(after.find((c) => c.id === cell.id)).toEqual(cell);
        }
        const added = after.filter((c) => !before.some((b) => b.id === c.id));
        expect(added.every((c) => c.id.endsWith(`.${all.at(-1)}`))).toBe(true);
        expect(added).toHaveLength(4 * 4);
      }),
      { numRuns: 10 },
    );
  });

  test("each cell comes after the cells that it reads", async () => {
    const choices = choicesOf({ "early-exit": "fast", sweet: "slow" });
    for (const cells of [await plan(small), await plan(searching, undefined, known, choices)]) {
      const seen = new Set<string>();
      for (const { id, inputs } of cells) {
        expect(Object.values(inputs).filter((input) => !seen.has(input))).toEqual([]);
        seen.add(id);
      }
    }
  });
});

/** The pupil comes first, so its teacher must be moved before it. */
const searching = `
tasks: { a: {}, b: {} }
encoders: { e: {} }
methods:
  sweet-distilled: { seeds: [5], regimeOf: sweet, teacher: early-exit }
  early-exit: {}
  sweet: {}
seeds: [3, 5]
searchSeeds: [3]
regimes:
  slow: { train: { learningRate: 0.25 } }
  fast: { train: { epochs: 7 } }
exitLayers: [1, 2]
`;

function choicesOf(chosen: Record<string, string>): Choices {
  return new Map(Object.entries(chosen).map(([method, r]) => [choiceKey("e", method), r]));
}

describe("a search over regimes", () => {
  const trained = (cells: readonly Cell[]) =>
    cells.filter((c) => c.stage === "train" && c.id.includes(".a.")).map((c) => c.id);

  test("tries every regime with the search's seeds, for each method without regimeOf, and ends with the choices", async () => {
    const cells = await plan(searching);
    expect(trained(cells)).toEqual([
      "train.a.e.early-exit.slow.3",
      "train.a.e.early-exit.fast.3",
      "train.a.e.sweet.slow.3",
      "train.a.e.sweet.fast.3",
    ]);
    expect(cells.filter((c) => c.stage === "report")).toEqual([]);
    expect(cells.find((c) => c.id === "choose.e.sweet")?.settings).toEqual({
      encoder: "e",
      method: "sweet",
      cells: ["a", "b"].flatMap((task) =>
        ["slow", "fast"].map((regime) => ({
          input: `eval.${task}.e.sweet.${regime}.3`,
          task,
          regime,
          seed: 3,
        })),
      ),
    });
    expect(settingsOf(cells, "train.b.e.sweet.slow.3")).toMatchObject({
      learningRate: 0.25,
      epochs: 3,
    });
    expect(settingsOf(cells, "train.b.e.sweet.fast.3")).toMatchObject({
      learningRate: 0.5,
      epochs: 7,
    });
  });

  test("then plans every method under its own or another's choice, with its own seeds, and keeps the search's cells", async () => {
    const search = await plan(searching);
    const choices = choicesOf({ "early-exit": "fast", sweet: "slow" });
    const cells = await plan(searching, undefined, known, choices);
    for (const cell of search) expect(cells.find((c) => c.id === cell.id)).toEqual(cell);
    const added = cells.filter((c) => !search.some((s) => s.id === c.id));
    expect(trained(added).sort()).toEqual([
      "train.a.e.early-exit.fast.5",
      "train.a.e.sweet-distilled.slow.5",
      "train.a.e.sweet.slow.5",
    ]);
    expect(cells.filter((c) => c.stage === "choose")).toHaveLength(2);
    const report = settingsOf(cells, "report") as { cells: Record<string, Json>[] };
    expect(report.cells).toHaveLength(2 * (2 * 2 + 1));
    expect(report.cells.every((c) => c["chosen"] === true)).toBe(true);
    const entry = stages["study"];
    const [reads, settings] = shapes["report"] ?? [];
    if (entry === undefined || reads === undefined || settings === undefined)
      throw new Error("no study");
    const stage = { name: "study", reads, settings, run: async () => ({}) };
    const withStudy = { ...known, study: { ...entry, stage } };
    const planned = await plan(`${searching}study: {}`, undefined, withStudy, choices);
    const study = settingsOf(planned, "study") as typeof report;
    expect(study.cells).toHaveLength(2 * (2 * 2 + 2 + 1));
    expect(study.cells).toContainEqual({
      input: "eval.b.e.sweet.fast.3",
      task: "b",
      encoder: "e",
      method: "sweet",
      regime: "fast",
      seed: 3,
      chosen: false,
    });
    expect(study.cells.filter((c) => c["chosen"] === true)).toHaveLength(2 * (2 * 2 + 1));
  });

  test("a pupil reads its teacher's predictions for the same task and seed, under the teacher's choice", async () => {
    const choices = choicesOf({ "early-exit": "fast", sweet: "slow" });
    const cells = await plan(searching, undefined, known, choices);
    expect(cells.find((c) => c.id === "train.b.e.sweet-distilled.slow.5")?.inputs).toEqual({
      data: "data.b.e",
      teacher: "predict.b.e.early-exit.fast.5",
    });
  });

  test.each([
    [
      "a method that needs a teacher and has none",
      small.replace("sweet: {}", "sweet-distilled: {}"),
      /^p\.yaml:4: methods\.sweet-distilled: needs a teacher: name one, as in \{ teacher: multi-model \}$/,
    ],
    [
      "a method that has a teacher and does not use it",
      small.replace("sweet: {}", "sweet: { teacher: early-exit }"),
      /^p\.yaml:4: methods\.sweet\.teacher: sweet does not use a teacher; remove it$/,
    ],
    [
      "a teacher that does not predict the training split",
      `${small.replace("sweet: {}", "sweet-distilled: { teacher: early-exit }")}predict: { training: false }`,
      /^p\.yaml:6: predict\.training: must be true because train\.a\.e\.sweet-distilled\.1 learns from predict\.a\.e\.early-exit\.1$/,
    ],
  ])("%s is an error with its line", async (_, text, message) => {
    await expect(plan(text)).rejects.toThrow(message);
  });

  test("without regimes a pupil reads its teacher's predictions for the same seed", async () => {
    const cells = await plan(
      small.replace("sweet: {}", "sweet-distilled: { teacher: early-exit }"),
    );
    expect(cells.find((c) => c.id === "train.a.e.sweet-distilled.1")?.inputs).toEqual({
      data: "data.a.e",
      teacher: "predict.a.e.early-exit.1",
    });
  });
});
