import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, runStage, writeArtifact, writeSafetensors } from "@sweetspot/artifact";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cellResultsSchema } from "./results.ts";
import { stage } from "./stage.ts";

let folder = "";
let cells = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sweetspot-eval-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const logit = (p: number) => Math.log(p / (1 - p));

/** Three test examples, two classes: true classes 0, 1, 1. Probability of class 1, by exit. */
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
    splits: { test: { examples: 3 } },
  };
}

function timing(members: number[][]) {
  return {
    format: "sweetspot-timing-1",
    machine: { cpu: "c", cores: 2, platform: "p", node: "v20", onnxruntime: "1", threads: 1 },
    batches: [1, 32].map((batchSize) => ({
      batchSize,
      examples: 64,
      segments: members.flatMap((exitLayers, member) =>
        exitLayers.map((exitLayer, segment) => ({
          member,
          segment,
          exitLayer,
          layers: exitLayer - (exitLayers[segment - 1] ?? 0),
          medianMs: exitLayer / batchSize,
          p10Ms: 0,
          p90Ms: 9,
        })),
      ),
    })),
  };
}

interface Cell {
  members: number[][];
  predictionsJson?: unknown;
  timingJson?: unknown;
  tensors?: Parameters<typeof writeSafetensors>[1];
  settings?: unknown;
}

const tensors = {
  logits: {
    shape: [2, 3, 2],
    data: Float32Array.from(early.flat().flatMap((p) => [0, logit(p)])),
  },
  labels: { shape: [3], data: Int32Array.of(0, 1, 1) },
  lengths: { shape: [3], data: Int32Array.of(5, 7, 11) },
};

async function run(cell: Cell) {
  const dir = join(folder, String(cells++));
  const about = { settings: {}, inputs: {} };
  await writeArtifact(join(dir, "predict"), { stage: "predict", ...about }, async (to) => {
    const json = cell.predictionsJson ?? predictions(cell.members);
    await writeFile(join(to, "predictions.json"), JSON.stringify(json));
    await writeSafetensors(join(to, "test.safetensors"), cell.tensors ?? tensors);
    return {};
  });
  await writeArtifact(join(dir, "time"), { stage: "time", ...about }, async (to) => {
    await writeFile(
      join(to, "timing.json"),
      JSON.stringify(cell.timingJson ?? timing(cell.members)),
    );
    return {};
  });
  const artifact = await runStage(stage, {
    settings: cell.settings ?? {},
    inputs: { predict: join(dir, "predict"), time: join(dir, "time") },
    output: join(dir, "eval"),
  });
  const text = await readFile(artifact.path("results.json"), "utf8");
  return parse(cellResultsSchema, JSON.parse(text), "results.json");
}

describe("the stage eval", () => {
  test("an early-exit cascade is evaluated by hand-computed numbers", async () => {
    const results = await run({ members: [[2, 6]] });
    expect(results.exits.map((e) => [e.exitLayer, e.layers, e.correct, e.n])).toEqual([
      [2, 2, 2, 3],
      [6, 6, 2, 3],
    ]);
    expect(results.exits.map((e) => e.ms)).toEqual([
      { "1": 2, "32": 2 / 32 },
      { "1": 8, "32": 8 / 32 },
    ]);
    expect(results.majority).toEqual({ label: "good", share: 2 / 3 });
    // Confidences at exit 1: 0.9, 0.6, 0.7.
    expect(results.curve.map((p) => Number(p.threshold.toFixed(6)))).toEqual([0.6, 0.7, 0.9, 0.9]);
    expect(results.curve.map((p) => p.exitShares[0])).toEqual([1, 2 / 3, 1 / 3, 0]);
    expect(results.curve.map((p) => p.accuracy)).toEqual([2 / 3, 1, 1, 2 / 3]);
    expect(results.curve.map((p) => p.cost)).toEqual([6 / 18, 10 / 18, 14 / 18, 1]);
    expect(results.curve.map((p) => p.ms["1"])).toEqual([2, 4, 6, 8]);
    expect(results.grid.map((p) => p.threshold)).toEqual([
      0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1,
    ]);
    expect(results.atBudget.map((b) => [b.budget, b.cost])).toEqual([
      [0.5, 6 / 18],
      [0.75, 10 / 18],
    ]);
  });
});
