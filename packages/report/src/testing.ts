import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type CellResults,
  type CurvePoint,
  type Outcomes,
  writeArtifact,
  writeOutcomes,
  writeRightAnswers,
} from "@sweetspot/artifact";
import { exampleTiming } from "@sweetspot/artifact/testing";
import { confusionMatrix, evaluateMetrics, type MetricName } from "@sweetspot/eval";
import { wilson } from "@sweetspot/statistics";
import type { ReportedCell } from "./cell.ts";

/** Uniform numbers in `[0, 1)`, the same for the same seed. */
export function uniform(seed: number): () => number {
  let state = (seed * 0x9e3779b9) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The settings of a fake cell. */
export interface FakeCell {
  task?: string;
  encoder?: string;
  method?: "early-exit" | "sweet" | "multi-model";
  seed?: number;
  examples?: number;
  exitLayers?: number[];
  labels?: string[];
  thresholds?: number[];
  /** The metric that the task is judged by. */
  metric?: MetricName;
  /** Added to the accuracy at every exit, by exit. */
  gain?: number[];
}

const gains = {
  "early-exit": [-0.04, -0.01, 0.01, 0.01],
  sweet: [0.03, 0.02, -0.01, -0.02],
  "multi-model": [0, 0.01, 0.015, 0.015],
};

/** A cell with random predictions: deeper exits are more accurate and more confident, less so on hard examples. */
export function fakeCell({
  task = "reviews",
  encoder = "minilm",
  method = "early-exit",
  seed = 1,
  examples: n = 400,
  exitLayers = [1, 2, 4, 6],
  labels = ["negative", "positive"],
  thresholds = Array.from({ length: 11 }, (_, i) => i / 10),
  metric = "accuracy",
  gain = gains[method],
}: FakeCell = {}): ReportedCell {
  const hardness = uniform(1234);
  const hard = Array.from({ length: n }, hardness);
  const draw = uniform(17 * seed + method.length);
  const layers = exitLayers.at(-1) ?? 1;
  const best = exitLayers.map(
    (layer, e) => 0.72 + 0.2 * (layer / layers) ** 0.6 + (gain[e] ?? 0) + 0.01 * (draw() - 0.5),
  );
  const right = best.map((p) =>
    Int32Array.from(hard, (h) => Number((draw() < 0.8 ? h : draw()) < p)),
  );
  const floor = 1 / labels.length;
  const confidences = best.map((p, e) =>
    hard.map((h, i) => {
      const sure = (2.2 * p - h) * 3 + (right[e]?.[i] ? 0.7 : -1.2) + 2 * draw() - 1;
      return floor + (1 - floor) / (1 + Math.exp(-sure));
    }),
  );
  const several = method === "multi-model";
  const cumulative = exitLayers.map((l, e) =>
    several ? exitLayers.slice(0, e + 1).reduce((a, b) => a + b, 0) : l,
  );
  const alone = (l: number) => ({ "1": 0.9 * l, "8": 0.5 * l, "32": 0.4 * l });
  const ms = cumulative.map((l) => ({ "1": 0.9 * l + 0.05 * draw(), "8": 0.5 * l, "32": 0.4 * l }));

  const exitsAt = (threshold: number): number[] =>
    hard.map((_, i) => {
      const e = confidences.slice(0, -1).findIndex((row) => (row[i] ?? 0) >= threshold);
      return e === -1 ? exitLayers.length - 1 : e;
    });
  const pointAt = (threshold: number): CurvePoint & { correct: number; right: Int32Array } => {
    const exits = exitsAt(threshold);
    const exitShares = exitLayers.map((_, e) => exits.filter((x) => x === e).length / n);
    const mean = (costs: number[]) => exitShares.reduce((s, p, e) => s + p * (costs[e] ?? 0), 0);
    const answers = Int32Array.from(exits, (e, i) => right[e]?.[i] ?? 0);
    const correct = answers.reduce((a, b) => a + b, 0);
    return {
      threshold,
      cost: mean(cumulative.map((l) => l / layers)),
      ms: {
        "1": mean(ms.map((m) => m["1"])),
        "8": mean(ms.map((m) => m["8"])),
        "32": mean(ms.map((m) => m["32"])),
      },
      accuracy: correct / n,
      exitShares,
      correct,
      right: answers,
    };
  };
  const distinct = [...new Set(confidences.slice(0, -1).flat())].sort((a, b) => a - b).concat(1.1);
  const curve = distinct.map(pointAt).filter((p, i, all) => p.cost !== all[i + 1]?.cost);
  const budgets = [0.25, 0.5, 0.75].flatMap((budget) => {
    const point = curve.findLast((p) => p.cost <= budget);
    return point === undefined ? [] : [{ budget, ...point }];
  });
  const bare = ({ threshold, cost, ms, accuracy, exitShares }: CurvePoint): CurvePoint => ({
    threshold,
    cost,
    ms,
    accuracy,
    exitShares,
  });
  // Two of each class in turn; a wrong answer is the next class.
  const classes = hard.map((_, i) => Math.floor(i / 2) % labels.length);
  const metricsOf = (answered: ArrayLike<number>) =>
    evaluateMetrics(
      confusionMatrix(
        classes,
        classes.map((k, i) => (answered[i] === 1 ? k : (k + 1) % labels.length)),
        labels.length,
      ),
      0.95,
    );
  const { machine, batches: timed } = exampleTiming(
    several ? exitLayers.map((l) => [l]) : [[...exitLayers]],
    layers,
  );
  const results: CellResults & { format: string } = {
    format: "sweetspot-results-3",
    method,
    precision: "fp32",
    labels,
    layers,
    examples: n,
    testSha256: `${task} ${n}`,
    confidence: 0.95,
    metric,
    majority: { label: labels[0] ?? "", share: 0.504 },
    exits: exitLayers.map((exitLayer, e) => {
      const correct = right[e]?.reduce((a, b) => a + b, 0) ?? 0;
      return {
        exitLayer,
        layers: cumulative[e] ?? 0,
        accuracy: correct / n,
        correct,
        n,
        interval: wilson(correct, n),
        ms: alone(exitLayer),
        metrics: metricsOf(right[e] ?? []),
      };
    }),
    curve: curve.map(bare),
    grid: thresholds.map((t) => bare(pointAt(t))),
    atBudget: budgets.map((b) => ({
      ...bare(b),
      budget: b.budget,
      correct: b.correct,
      interval: wilson(b.correct, n),
      metrics: metricsOf(b.right),
    })),
    timing: { machine, batches: timed.fp32 ?? [] },
  };
  return {
    input: `${task}-${encoder}-${method}-${seed}`,
    task,
    encoder,
    method,
    seed,
    results,
    right: { exits: right, atBudget: budgets.map((b) => b.right) },
  };
}

/** The three methods with the same settings. */
export function threeMethods(settings: Omit<FakeCell, "method" | "gain"> = {}): ReportedCell[] {
  return (["early-exit", "sweet", "multi-model"] as const).map((method) =>
    fakeCell({ ...settings, method }),
  );
}

/** Writes a cell to disk as the stage `eval` does; returns the folder. */
export async function writeCell(
  folder: string,
  { input, results, right, outcomes, mistakes }: ReportedCell & { outcomes?: Outcomes },
): Promise<string> {
  const dir = join(folder, input);
  await writeArtifact(dir, { stage: "eval", settings: {}, inputs: {} }, async (to) => {
    await writeFile(join(to, "results.json"), JSON.stringify(results));
    await writeRightAnswers(join(to, "right-answers.safetensors"), right);
    if (mistakes !== undefined) {
      await writeFile(join(to, "mistakes.json"), JSON.stringify(mistakes));
      await writeFile(join(to, "predictions.csv"), `text\r\n${input}\r\n`);
    }
    if (outcomes !== undefined) await writeOutcomes(join(to, "outcomes.safetensors"), outcomes);
    return {};
  });
  return dir;
}

/** Writes several cells into a folder. @returns each cell's folder, by the name of its input */
export async function writeCells(
  folder: string,
  cells: readonly ReportedCell[],
): Promise<Record<string, string>> {
  const inputs: Record<string, string> = {};
  for (const cell of cells) inputs[cell.input] = await writeCell(folder, cell);
  return inputs;
}
