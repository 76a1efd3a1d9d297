import { type CellResults, type GradientConflict } from "@sweetspot/artifact";
import { exampleTiming } from "@sweetspot/artifact/testing";
import { evaluate, rightAnswers } from "@sweetspot/eval";
import { expectedCalibrationError, reliability, type ReliabilityBin } from "@sweetspot/statistics";
import type { StudyCell } from "../src/cell.ts";
import { uniform } from "@sweetspot/report/testing";

const exitLayers = [1, 2, 3, 5];
const layers = 5;

export interface StudyCellOptions {
  task: string;
  method: string;
  seed?: number;
  /** The accuracy of each of four exits alone, at layers 1, 2, 3 and 5 of 5. */
  accuracies: number[];
  examples?: number;
  /** How well confidences separate right answers from wrong ones, in `[0, 1]`. */
  sharpness?: number;
  regime?: string;
  chosen?: boolean;
  /** Adds gradients; each pair conflicts in this share of the steps. */
  conflicts?: number;
}

/**
 * A cell with everything that a study reads. An exit is right on exactly its accuracy's share of the
 * examples (to the nearest whole number), easier ones first, apart from some randomness of the seed.
 */
export function studyCell({
  task,
  method,
  seed = 1,
  accuracies,
  examples: n = 211,
  sharpness = 0.3,
  regime,
  chosen,
  conflicts,
}: StudyCellOptions): StudyCell {
  const ease = uniform([...task].reduce((sum, c) => 31 * sum + c.charCodeAt(0), 7));
  const hardness = Array.from({ length: n }, ease);
  const luck = uniform(101 * seed + 7 * method.length + method.charCodeAt(0));
  const labels = Int32Array.from(hardness, (_, i) => (i % 5 < 3 ? 0 : 1));
  const correct = accuracies.map((accuracy) => {
    const order = hardness
      .map((h, i) => ({ i, h: h + 0.35 * luck() }))
      .sort((a, b) => a.h - b.h)
      .slice(0, Math.round(accuracy * n));
    const row = new Uint8Array(n);
    for (const { i } of order) row[i] = 1;
    return row;
  });
  const confidences = correct.map((row) =>
    Float64Array.from(row, (right) => 0.5 + 0.5 * (luck() * (1 - sharpness) + right * sharpness)),
  );
  const several = method === "multi-model";
  const test = {
    labels,
    predicted: correct.map((row) => labels.map((label, i) => (row[i] === 1 ? label : 1 - label))),
    confidences,
    correct,
    sha256: `${task} ${n}`,
  };
  const members = several ? exitLayers.map((l) => ({ exitLayers: [l] })) : [{ exitLayers }];
  const results: CellResults = {
    ...evaluate(
      {
        format: "sweetspot-predictions-1",
        precision: "fp32",
        method,
        labels: ["no", "yes"],
        layers,
        members,
        splits: {},
      },
      test,
      exampleTiming(
        members.map((m) => m.exitLayers),
        layers,
      ),
      { thresholds: [0.5, 0.75, 1], confidence: 0.95 },
    ),
    calibration: exitLayers.map((exitLayer, e) => ({
      exitLayer,
      temperature: 1.3,
      before: binned(confidences[e] ?? [], correct[e] ?? []),
      after: binned(
        (confidences[e] ?? new Float64Array()).map((c) => 0.9 * c),
        correct[e] ?? [],
      ),
    })),
    promises: [
      {
        promise: { agree: 0.98 },
        confidence: 0.95,
        threshold: 0.93,
        onThreshold: { cost: 0.7, accuracy: 0.81, agreement: 0.991 },
        onTest: { cost: 0.71, accuracy: 0.8, agreement: 0.987 },
      },
      { promise: { lose: 1 }, confidence: 0.95, threshold: null, why: "it takes 299 examples" },
      {
        promise: { spend: 0.4 },
        confidence: 0.95,
        threshold: 0.6,
        onThreshold: { cost: 0.37, accuracy: 0.75, agreement: 0.9 },
        onTest: { cost: 0.38, accuracy: 0.74, agreement: 0.89 },
      },
    ],
    ...(conflicts === undefined ? {} : { conflict: [gradients(conflicts, method === "sweet")] }),
    baseline: { accuracy: 0.65, correct: Math.round(0.65 * n), n, regularisation: 0.001 },
    training: { exits: accuracies.map((a) => Math.min(1, a + 0.1)) },
  };
  const curve = results.curve.filter((_, i, all) => i % 3 === 0 || i === all.length - 1);
  results.rules = (["max-probability", "patience"] as const).map((rule, r) => ({
    rule,
    atBudget: results.atBudget.map(
      ({ budget, threshold, cost, ms, accuracy, exitShares, correct, interval }) => ({
        budget,
        threshold,
        cost,
        ms,
        accuracy,
        exitShares,
        correct,
        interval,
      }),
    ),
    area: 0.75 - 0.02 * r,
    curve: curve.slice(-101),
  }));
  results.oracle = { cost: 0.5, accuracy: 0.95 };
  return {
    input: [task, method, regime, seed].filter((part) => part !== undefined).join("."),
    task,
    encoder: "minilm",
    method,
    seed,
    ...(regime === undefined ? {} : { regime }),
    ...(chosen === undefined ? {} : { chosen }),
    results,
    right: rightAnswers(results, test),
    outcomes: { confidences, correct, exitLayers: results.exits.map((e) => e.layers), layers },
  };
}

function binned(
  confidences: ArrayLike<number>,
  correct: ArrayLike<number>,
): { ece: number; bins: ReliabilityBin[] } {
  return {
    ece: expectedCalibrationError(confidences, correct),
    bins: reliability(confidences, correct),
  };
}

/** Gradients as measured by a training run of 13 steps; isolated classifiers share no layers. */
function gradients(conflicts: number, isolated: boolean): GradientConflict {
  const reached = Array.from({ length: layers + 1 }, (_, layer) =>
    exitLayers
      .filter((exit, e) => layer <= exit && (!isolated || layer > (exitLayers[e - 1] ?? -1)))
      .map((exit) => ({ layer, exit, cosine: isolated ? 1 : 0.9 - 0.1 * exit })),
  ).flat();
  return {
    format: "sweetspot-gradient-conflict-1",
    steps: 13,
    pairs: reached.flatMap(({ layer, exit }) =>
      reached
        .filter((other) => other.layer === layer && other.exit > exit)
        .map((other) => ({
          layer,
          exits: [exit, other.exit] as [number, number],
          cosine: 0.4 - conflicts,
          conflicts,
        })),
    ),
    alignments: reached,
  };
}

/** Two tasks and a control, five methods, two seeds, and two regimes, one of them chosen. */
export function studyCells(): StudyCell[] {
  const accuracies: Record<string, number[]> = {
    "early-exit": [0.6, 0.7, 0.8, 0.88],
    sweet: [0.68, 0.74, 0.81, 0.87],
    "multi-model": [0.66, 0.73, 0.82, 0.88],
  };
  const further: Record<string, number[]> = {
    projected: [0.64, 0.72, 0.82, 0.88],
    "two-stage": [0.5, 0.6, 0.7, 0.88],
    "sweet-rates": [0.7, 0.75, 0.82, 0.88],
  };
  return ["alpha", "beta", "control"].flatMap((task) => [
    ...Object.entries(accuracies).flatMap(([method, of]) => [
      ...[1, 2].map((seed) =>
        studyCell({
          task,
          method,
          seed,
          accuracies: of,
          regime: "paper",
          chosen: true,
          ...(method === "multi-model" ? {} : { conflicts: 0.3 }),
        }),
      ),
      studyCell({ task, method, accuracies: of, regime: "strong", chosen: false }),
    ]),
    ...Object.entries(further).map(([method, of]) =>
      studyCell({ task, method, accuracies: of, regime: "paper", chosen: true }),
    ),
  ]);
}
