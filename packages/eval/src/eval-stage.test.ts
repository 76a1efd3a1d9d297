import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type HostTensor,
  type Json,
  cellResultsSchema,
  mistakesSchema,
  parse,
  readJsonAs,
  readOutcomes,
  readSafetensors,
  runStage,
  writeArtifact,
  writeSafetensors,
} from "@sweetspot/artifact";
import { exampleTiming } from "@sweetspot/artifact/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exitRuleNames } from "./exit-rules/exit-rules.ts";
import { meanAccuracy, resampledCurve } from "./curves/area-between.ts";
import { stage } from "./stage.ts";

let folder = "";
let cells = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sweetspot-eval-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const logit = (p: number) => Math.log(p / (1 - p));

/** Probability of class 1, by exit, of three test examples; their true classes are 0, 1, 1. */
const early = [
  [0.1, 0.4, 0.7],
  [0.8, 0.95, 0.9],
];

function predictions(members: number[][]) {
  return {
    format: "sweetspot-predictions-1",
    method: members.length > 1 ? "multi-model" : "early-exit",
    labels: ["bad", "good"],
    layers: 6,
    members: members.map((exitLayers) => ({ exitLayers })),
    splits: {
      calibration: { examples: 4 },
      threshold: { examples: 4 },
      test: { examples: 3 },
    } as Record<string, { examples: number }>,
  };
}

const timing = (members: number[][]) => exampleTiming(members, 6);

interface Cell {
  members: number[][];
  predictionsJson?: unknown;
  timingJson?: unknown;
  tensors?: Parameters<typeof writeSafetensors>[1];
  settings?: unknown;
  /** The facts and files of an artifact of `data`; none is given if absent. */
  data?: { facts?: Record<string, Json>; files?: Record<string, string> };
}

const tensors = {
  logits: {
    shape: [2, 3, 2],
    data: Float32Array.from(early.flat().flatMap((p) => [0, logit(p)])),
  },
  labels: { shape: [3], data: Int32Array.of(0, 1, 1) },
  lengths: { shape: [3], data: Int32Array.of(5, 7, 11) },
};

/** Three of each exit's four answers are right; softmax of the logits d and 0 is 3/4 at a temperature of d / log 3. */
const calibration = {
  logits: {
    shape: [2, 4, 2],
    data: Float32Array.from([5, 2].flatMap((d) => [d, 0, d, 0, d, 0, d, 0])),
  },
  labels: { shape: [4], data: Int32Array.of(0, 0, 0, 1) },
  lengths: { shape: [4], data: Int32Array.of(2, 3, 2, 3) },
};

async function run(cell: Cell) {
  const dir = join(folder, String(cells++));
  const about = { settings: {}, inputs: {} };
  await writeArtifact(join(dir, "predict"), { stage: "predict", ...about }, async (to) => {
    const json = cell.predictionsJson ?? predictions(cell.members);
    await writeFile(join(to, "predictions.json"), JSON.stringify(json));
    await writeSafetensors(join(to, "test.safetensors"), cell.tensors ?? tensors);
    for (const split of ["calibration", "threshold", "train"]) {
      await writeSafetensors(join(to, `${split}.safetensors`), calibration);
    }
    return {};
  });
  await writeArtifact(join(dir, "time"), { stage: "time", ...about }, async (to) => {
    await writeFile(
      join(to, "timing.json"),
      JSON.stringify(cell.timingJson ?? timing(cell.members)),
    );
    return {};
  });
  const { data } = cell;
  if (data !== undefined) {
    await writeArtifact(join(dir, "data"), { stage: "data", ...about }, async (to) => {
      for (const [name, text] of Object.entries(data.files ?? {}))
        await writeFile(join(to, name), text);
      return data.facts ?? {};
    });
  }
  const artifact = await runStage(stage, {
    settings: cell.settings ?? {},
    inputs: {
      predict: join(dir, "predict"),
      time: join(dir, "time"),
      ...(data && { data: join(dir, "data") }),
    },
    output: join(dir, "eval"),
  });
  const text = await readFile(artifact.path("results.json"), "utf8");
  return {
    results: parse(cellResultsSchema, JSON.parse(text), "results.json"),
    text,
    right: await readSafetensors(artifact.path("right-answers.safetensors")),
    artifact,
  };
}

describe("the stage eval", () => {
  test("an early-exit cascade's results equal those computed by hand", async () => {
    const { results, right } = await run({ members: [[2, 6]] });
    expect(results.exits.map((e) => [e.exitLayer, e.layers, e.correct, e.n])).toEqual([
      [2, 2, 2, 3],
      [6, 6, 2, 3],
    ]);
    expect(results.exits.map((e) => e.ms)).toEqual([
      { "1": 2, "8": 2 / 8, "32": 2 / 32 },
      { "1": 6, "8": 6 / 8, "32": 6 / 32 },
    ]);
    expect(results.majority).toEqual({ label: "good", share: 2 / 3 });
    // Confidences at exit 1: 0.9, 0.6, 0.7.
    expect(results.curve.map((p) => Number(p.threshold.toFixed(6)))).toEqual([0.6, 0.7, 0.9, 0.9]);
    expect(results.curve.map((p) => p.exitShares[0])).toEqual([1, 2 / 3, 1 / 3, 0]);
    expect(results.curve.map((p) => p.accuracy)).toEqual([2 / 3, 1, 1, 2 / 3]);
    expect(results.curve.map((p) => p.cost)).toEqual([6 / 18, 10 / 18, 14 / 18, 1]);
    // A millisecond a layer.
    for (const { cost, ms } of results.curve) expect(ms["1"]).toBeCloseTo(6 * cost, 12);
    expect(results.grid.map((p) => p.threshold)).toEqual([
      0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1,
    ]);
    expect(results.atBudget.map((b) => [b.budget, b.cost])).toEqual([
      [0.5, 6 / 18],
      [0.75, 10 / 18],
    ]);
    expect(right["exits"]).toEqual({ shape: [2, 3], data: Int32Array.of(1, 0, 1, 0, 1, 1) });
    expect(right["atBudget"]).toEqual({ shape: [2, 3], data: Int32Array.of(1, 0, 1, 1, 1, 1) });
  });

  test("draws every exit rule's curve from the same logits, bounded by the oracle", async () => {
    const { results } = await run({ members: [[2, 6]] });
    expect(results.rules?.map(({ rule }) => rule)).toEqual(exitRuleNames);
    const [byProbability, byEntropy, byMargin, byPatience] = [
      "max-probability",
      "entropy",
      "margin",
      "patience",
    ].map((name) => results.rules?.find(({ rule }) => rule === name));
    expect(byProbability?.curve).toEqual(results.curve);
    expect(results.atBudget).toMatchObject(byProbability?.atBudget ?? [null]);
    // Three thirds of the cost, with means of (2/3, 1), (1, 1) and (1, 2/3).
    expect(byProbability?.area).toBeCloseTo(8 / 9, 12);
    // With two classes, entropy and margin rank examples as the maximum probability does.
    const shown = (curve: typeof results.curve = []) => curve.map((p) => [p.cost, p.accuracy]);
    expect(shown(byEntropy?.curve)).toEqual(shown(results.curve));
    expect(shown(byMargin?.curve)).toEqual(shown(results.curve));
    // At the first of two exits there is no agreement yet: all stay or all leave.
    expect(shown(byPatience?.curve)).toEqual([
      [6 / 18, 2 / 3],
      [1, 2 / 3],
    ]);
    expect(results.oracle).toEqual({ cost: 10 / 18, accuracy: 1 });
    const one = await run({ members: [[2, 6]], settings: { rules: ["margin"] } });
    expect(one.results.rules).toEqual([byMargin]);
  });

  test("measures each exit and each budget by every metric", async () => {
    const { results } = await run({ members: [[2, 6]] });
    // Classes 0, 1, 1; the first exit answers 0, 0, 1, the second 1, 1, 1.
    expect(results.exits.map((e) => e.metrics.confusion)).toEqual([
      [
        [1, 0],
        [1, 1],
      ],
      [
        [0, 1],
        [0, 2],
      ],
    ]);
    const [first, last] = results.exits.map((e) => e.metrics);
    const values = Object.entries(first?.scores ?? {}).map(([name, { value }]) => [name, value]);
    expect(Object.fromEntries(values)).toEqual({
      accuracy: 2 / 3,
      macroF1: 2 / 3,
      mcc: 0.5,
      f1: 2 / 3,
    });
    expect(first?.scores["accuracy"]?.interval).toEqual(results.exits[0]?.interval);
    expect(
      last?.perClass.map((k) => [k.count, k.answered, k.precision.value, k.recall.value]),
    ).toEqual([
      [1, 0, 0, 0],
      [2, 3, 2 / 3, 1],
    ]);
    // At three quarters of the cost the second example goes on, and all answers are right.
    expect(results.atBudget[1]?.metrics.confusion).toEqual([
      [1, 0],
      [0, 2],
    ]);
    expect(results.atBudget[1]?.metrics.scores["mcc"]).toMatchObject({ value: 1 });
  });

  const line = (text: string, label: string) => `${JSON.stringify({ text, label })}\n`;
  const held = line("a", "bad").repeat(3) + line("b", "good");
  const texts = {
    "test.jsonl": line("so, so", "bad") + line('"good"', "good") + line("=1+1", "good"),
    "calibration.jsonl": held,
    "threshold.jsonl": held,
  };

  test("writes what each test example was answered, and the mistakes, if data has the texts", async () => {
    const members = [[2, 6]];
    const { artifact } = await run({ members, data: { files: texts } });
    // At half of the cost all leave at the first exit: bad 0.9, bad 0.6, good 0.7.
    expect(await readFile(artifact.path("predictions.csv"), "utf8")).toBe(
      [
        "text,label,answer,confidence,exitLayer,fullAnswer,fullConfidence",
        '"so, so",bad,bad,0.9,2,good,0.8',
        '"""good""",good,bad,0.6,2,good,0.95',
        "=1+1,good,good,0.7,2,good,0.9",
        "",
      ].join("\r\n"),
    );
    const mistakes = await readJsonAs(artifact.path("mistakes.json"), mistakesSchema);
    expect(mistakes.errors).toMatchObject({
      count: 1,
      first: [{ text: "so, so", label: "bad", answer: "good" }],
    });
    expect(mistakes.labels.of).toBe(11);
    const without = await run({ members });
    expect(Object.keys(without.artifact.manifest.files)).not.toContain("predictions.csv");
    expect(Object.keys(without.artifact.manifest.files)).not.toContain("mistakes.json");
  });

  test("names the pair's column, and shows the full model where no budget reaches the first exit", async () => {
    const pair = (label: string) => `${JSON.stringify({ text: "a", textPair: "b", label })}\n`;
    const files = { ...texts, "test.jsonl": ["bad", "good", "good"].map(pair).join("") };
    const { artifact } = await run({ members: [[5, 6]], data: { files } });
    const [head, first] = (await readFile(artifact.path("predictions.csv"), "utf8")).split("\r\n");
    expect(head).toBe("text,textPair,label,answer,confidence,exitLayer,fullAnswer,fullConfidence");
    expect(first).toBe("a,b,bad,good,0.8,6,good,0.8");
  });

  test("refuses texts of other examples", async () => {
    const members = [[2, 6]];
    const fewer = { ...texts, "test.jsonl": line("x", "bad") };
    await expect(run({ members, data: { files: fewer } })).rejects.toThrow(
      /test\.jsonl: expected the 3 examples of the predictions, got 1; give eval the data/,
    );
    const other = { ...texts, "calibration.jsonl": held.replaceAll("good", "bad") };
    await expect(run({ members, data: { files: other } })).rejects.toThrow(
      /calibration\.jsonl: line 4 must have the label of the predictions, "good", got "bad"/,
    );
  });

  test("the task is judged by the setting, else by what its data say, else by accuracy", async () => {
    const members = [[2, 6]];
    const judged = async (cell: Omit<Cell, "members">) =>
      (await run({ members, ...cell })).results.metric;
    const data = { facts: { metric: "mcc" } };
    expect(await judged({})).toBe("accuracy");
    expect(await judged({ data: {} })).toBe("accuracy");
    expect(await judged({ data })).toBe("mcc");
    expect(await judged({ data, settings: { metric: "macroF1" } })).toBe("macroF1");
    await expect(judged({ data: { facts: { metric: "auc" } } })).rejects.toThrow(
      /data\/manifest\.json: facts\.metric: .*mcc/,
    );
  });

  test("measures calibration on the test split before and after the calibration split's temperature", async () => {
    const { results } = await run({ members: [[2, 6]] });
    const [first, second] = results.calibration ?? [];
    expect([first?.exitLayer, second?.exitLayer]).toEqual([2, 6]);
    expect(first?.temperature).toBeCloseTo(5 / Math.log(3), 8);
    // Each example is in a bin of its own: confidences 0.9, 0.6, 0.7 and 0.8, 0.95, 0.9.
    expect(first?.before.ece).toBeCloseTo((0.1 + 0.6 + 0.3) / 3, 6);
    expect(second?.before.ece).toBeCloseTo((0.8 + 0.05 + 0.1) / 3, 6);
    const softened = [0.9, 0.6, 0.7].map((p) => 1 / (1 + Math.exp((-logit(p) * Math.log(3)) / 5)));
    const inBins = first?.after.bins.reduce((sum, b) => sum + b.count * (b.confidence ?? 0), 0);
    expect(inBins).toBeCloseTo(
      softened.reduce((a, b) => a + b, 0),
      6,
    );
  });

  test("tests promises on the threshold split and reports both splits", async () => {
    const { results } = await run({ members: [[2, 6]] });
    expect(results.calibrationSplit?.exits).toEqual([0.75, 0.75]);
    expect(results.calibrationSplit?.area).toBeCloseTo(0.75, 14);
    expect(results.promises).toEqual([
      {
        promise: { agree: 0.98 },
        confidence: 0.95,
        threshold: null,
        why: "0 of 4 examples have an answer other than the full model's at the safest threshold; 149 examples with none would be enough",
      },
      {
        promise: { lose: 1 },
        confidence: 0.95,
        threshold: null,
        why: "0 of 4 examples lose a right answer of the full model at the safest threshold; 299 examples with none would be enough",
      },
      {
        promise: { spend: 0.4 },
        confidence: 0.95,
        threshold: 0,
        onThreshold: { cost: 2 / 6, accuracy: 0.75, agreement: 1 },
        onTest: { cost: 2 / 6, accuracy: 2 / 3, agreement: 1 - 2 / 3 },
      },
    ]);
    const promises = [{ agree: 0.4, confidence: 0.8 }];
    // None of four differs: a p-value of 0.4^4.
    expect((await run({ members: [[2, 6]], settings: { promises } })).results.promises).toEqual([
      {
        promise: { agree: 0.4 },
        confidence: 0.8,
        // The first exit's confidences on the calibration split are all the same.
        threshold: 1 / (1 + Math.exp(-5)),
        onThreshold: { cost: 2 / 6, accuracy: 0.75, agreement: 1 },
        onTest: { cost: 1, accuracy: 2 / 3, agreement: 1 },
      },
    ]);
  });

  test("reports accuracies on the training split if it was predicted", async () => {
    const without = predictions([[2, 6]]);
    const trained = { ...without, splits: { ...without.splits, train: { examples: 4 } } };
    expect((await run({ members: [[2, 6]] })).results).not.toHaveProperty("training");
    const { results } = await run({ members: [[2, 6]], predictionsJson: trained });
    expect(results.training).toEqual({ exits: [0.75, 0.75] });
  });

  test("outcomes that are read back give the same curve", async () => {
    const { results, artifact } = await run({ members: [[2], [6]] });
    const outcomes = await readOutcomes(artifact, results);
    expect(outcomes.confidences.map((row) => Array.from(row, (c) => c.toFixed(6)))).toEqual([
      ["0.900000", "0.600000", "0.700000"],
      ["0.800000", "0.950000", "0.900000"],
    ]);
    expect(outcomes.correct).toEqual([Int32Array.of(1, 0, 1), Int32Array.of(0, 1, 1)]);
    expect([outcomes.exitLayers, outcomes.layers]).toEqual([[2, 8], 6]);
    const { costs, accuracies } = resampledCurve(outcomes)([1, 1, 1]);
    expect(Array.from(costs)).toEqual(results.curve.map((p) => p.cost));
    expect(Array.from(accuracies)).toEqual(results.curve.map((p) => p.accuracy));
    // The area ends at the full model's cost, which the restart exceeds.
    expect(results.rules?.[0]?.area).toBeCloseTo(
      meanAccuracy({ costs, accuracies }, [1 / 3, 1]),
      12,
    );
    await expect(readOutcomes(artifact, { ...results, examples: 2 })).rejects.toThrow(
      /outcomes\.safetensors: tensor "confidences" must be \[2, 2\], got \[2, 3\]/,
    );
  });

  test("accepts any method name of letters, digits and dashes", async () => {
    const named = (method: string) => ({
      members: [[2, 6]],
      predictionsJson: { ...predictions([[2, 6]]), method },
    });
    expect((await run(named("layer-weighted-2"))).results.method).toBe("layer-weighted-2");
    await expect(run(named("a b"))).rejects.toThrow(
      /predictions\.json: method: must be a name of letters, digits and dashes, got "a b"/,
    );
  });

  test("multi-model pays for its restarts in layers and milliseconds", async () => {
    const { results } = await run({ members: [[2], [6]] });
    expect(results.exits.map((e) => [e.exitLayer, e.layers])).toEqual([
      [2, 2],
      [6, 8],
    ]);
    // An exit alone runs no other model; the cascade starts over.
    expect(results.exits.map((e) => e.ms["1"])).toEqual([2, 6]);
    expect(results.curve.at(-1)?.ms["1"]).toBeCloseTo(8, 12);
    expect(results.curve.at(-1)?.cost).toBe(8 / 6);
  });

  test("fits temperatures on the split named, which change only confidences", async () => {
    const members = [[2, 6]];
    const off = (await run({ members })).results;
    const fitted = (await run({ members, settings: { temperature: "calibration" } })).results;
    expect(off).not.toHaveProperty("temperatures");
    const [first = NaN, second = NaN] = fitted.temperatures ?? [];
    expect(first).toBeCloseTo(5 / Math.log(3), 8);
    expect(second).toBeCloseTo(2 / Math.log(3), 8);
    expect(fitted.exits).toEqual(off.exits);
    // The cascade's decisions depend on the first exit's confidences, here 0.6, 0.7 and 0.9 before.
    const softened = [0.6, 0.7, 0.9].map((p) => 1 / (1 + Math.exp(-logit(p) / first)));
    fitted.curve
      .slice(0, 3)
      .forEach((p, i) => expect(p.threshold).toBeCloseTo(softened[i] ?? NaN, 6));
    expect(fitted.curve.map((p) => p.cost)).toEqual(off.curve.map((p) => p.cost));
    const onTest = (await run({ members, settings: { temperature: "test" } })).results;
    expect(onTest.temperatures).toHaveLength(2);
    expect(onTest.temperatures).not.toEqual(fitted.temperatures);
  });

  test("the same inputs give the same bytes", async () => {
    const [first, second] = [await run({ members: [[2, 6]] }), await run({ members: [[2, 6]] })];
    expect(second.text).toBe(first.text);
  });

  const withTensor = (name: string, tensor: HostTensor) => ({ ...tensors, [name]: tensor });
  const withoutExit = timing([[2, 6]]);
  withoutExit.batches.fp32?.[2]?.exits.pop();
  const otherLayer = timing([[3, 6]]);
  const bad: [string, Cell, RegExp][] = [
    [
      "thresholds outside [0, 1]",
      { members: [[2, 6]], settings: { thresholds: [0, 1.5] } },
      /stage eval: thresholds\.1: must be in \[0, 1\], got 1\.5/,
    ],
    [
      "thresholds that do not rise",
      { members: [[2, 6]], settings: { thresholds: [0.5, 0.5] } },
      /thresholds: must rise/,
    ],
    [
      "an unknown setting",
      { members: [[2, 6]], settings: { treshold: 1 } },
      /unknown key "treshold", did you mean "thresholds"/,
    ],
    [
      "a rule named twice",
      { members: [[2, 6]], settings: { rules: ["margin", "margin"] } },
      /rules: must name each rule once/,
    ],
    [
      "an unknown metric",
      { members: [[2, 6]], settings: { metric: "auc" } },
      /stage eval: metric: .*macroF1/,
    ],
    [
      "a level that takes more resamples than are drawn",
      { members: [[2, 6]], settings: { confidence: 0.9999 } },
      /stage eval: confidence: .*0\.999, got 0\.9999/,
    ],
    [
      "an unknown rule",
      { members: [[2, 6]], settings: { rules: ["margins"] } },
      /rules\.0: .*margin/,
    ],
    [
      "an unknown promise",
      { members: [[2, 6]], settings: { promises: [{ agree: 98 }] } },
      /promises\.0: must be one of agree: a share in \(0, 1\), lose: points/,
    ],
    [
      "a logit that is NaN",
      {
        members: [[2, 6]],
        tensors: withTensor("logits", {
          shape: [2, 3, 2],
          data: Float32Array.from({ length: 12 }, (_, i) => (i === 9 ? NaN : i)),
        }),
      },
      /predict\/test\.safetensors: logits must be finite, got NaN for example 1 at exit 2/,
    ],
    [
      "logits of another shape",
      {
        members: [[2, 6]],
        tensors: withTensor("logits", { shape: [3, 2, 2], data: new Float32Array(12) }),
      },
      /test\.safetensors: tensor "logits" must be float32 \[2, 3, 2\], got float32 \[3, 2, 2\]/,
    ],
    [
      "a label past the classes",
      {
        members: [[2, 6]],
        tensors: withTensor("labels", { shape: [3], data: Int32Array.of(0, 2, 1) }),
      },
      /test\.safetensors: label of example 1 must be below 2, got 2/,
    ],
    [
      "a missing tensor",
      {
        members: [[2, 6]],
        tensors: { logits: tensors.logits, labels: tensors.labels },
      },
      /test\.safetensors: no tensor "lengths"/,
    ],
    [
      "an exit that was not timed",
      { members: [[2, 6]], timingJson: withoutExit },
      /timing\.json: expected the times of exits after layers 2, 6 at batch size 32, .*, got 2;/,
    ],
    [
      "timings of another bundle",
      { members: [[2, 6]], timingJson: otherLayer },
      /timing\.json: expected the times of exits after layers 2, 6 .*, got 3, 6;/,
    ],
    [
      "a batch size that was not timed",
      { members: [[2, 6]], timingJson: { ...timing([[2, 6]]), batches: { fp32: [] } } },
      /timing\.json: expected one entry of batch size 1, got 0/,
    ],
    [
      "a precision that was not timed",
      { members: [[2, 6]], timingJson: { ...timing([[2, 6]]), batches: { int8: [] } } },
      /timing\.json: expected times in fp32, got none/,
    ],
    [
      "predictions without the test split",
      { members: [[2, 6]], predictionsJson: { ...predictions([[2, 6]]), splits: {} } },
      /predictions\.json: no split "test"/,
    ],
    [
      "an exit past the depth",
      { members: [[2, 6]], predictionsJson: predictions([[2, 7]]) },
      /predictions\.json: members: an exit layer is deeper than the model/,
    ],
    [
      "exit layers that do not rise",
      { members: [[2, 6]], predictionsJson: predictions([[2, 2]]) },
      /predictions\.json: members\.0\.exitLayers: must rise/,
    ],
  ];
  test.each(bad)("%s: an error that names the file, and no artifact", async (_, cell, message) => {
    const error: unknown = await run(cell).catch((e: unknown) => e);
    expect((error as Error).message).toMatch(message);
    await expect(stat(join(folder, String(cells - 1), "eval"))).rejects.toThrow("ENOENT");
  });
});
