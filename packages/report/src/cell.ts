import { readFile } from "node:fs/promises";
import { type Artifact, parse, SafetensorsFile } from "@sweetspot/artifact";
import { z } from "zod";
import type { ReportCell } from "./stage.ts";

/** A low and a high end, both in the unit of what they enclose. */
export type Interval = [low: number, high: number];

/** Milliseconds per example at batch 1 and 32. */
export interface Milliseconds {
  "1": number;
  "32": number;
}

/** A cascade at one threshold. Shares and accuracies lie in `[0, 1]`; a cost of 1 is the full model's. */
export interface CurvePoint {
  threshold: number;
  cost: number;
  ms: Milliseconds;
  accuracy: number;
  exitShares: number[];
}

/** What the report reads of a cell's `results.json`. */
export interface CellResults {
  method: string;
  labels: string[];
  layers: number;
  examples: number;
  testSha256: string;
  confidence: number;
  majority: { label: string; share: number };
  exits: {
    exitLayer: number;
    layers: number;
    accuracy: number;
    correct: number;
    n: number;
    interval: Interval;
    ms: Milliseconds;
  }[];
  curve: CurvePoint[];
  grid: CurvePoint[];
  atBudget: (CurvePoint & { budget: number; correct: number; interval: Interval })[];
  timing: { machine: Machine; batches: TimedBatch[] };
}

export interface Machine {
  cpu: string;
  cores: number;
  platform: string;
  node: string;
  onnxruntime: string;
  threads: number;
}

export interface TimedBatch {
  batchSize: number;
  examples: number;
  segments: {
    member: number;
    segment: number;
    exitLayer: number;
    layers: number;
    medianMs: number;
    p10Ms: number;
    p90Ms: number;
  }[];
}

/** A cell: which it is, what came out, and which test examples it answers rightly. */
export interface Cell extends ReportCell {
  results: CellResults;
  right: RightAnswers;
}

/** 1 where the answer is right: of each exit alone, `[E][N]`, and of the cascade at each budget, `[B][N]`. */
export interface RightAnswers {
  exits: Int32Array[];
  atBudget: Int32Array[];
}

const share = z.number().min(0).max(1);
const milliseconds = z.object({ "1": z.number(), "32": z.number() });
const interval = z.tuple([share, share]);
const count = z.int().nonnegative();
const point = z.object({
  threshold: z.number(),
  cost: z.number().positive(),
  ms: milliseconds,
  accuracy: share,
  exitShares: z.array(share).min(1),
});

const resultsSchema: z.ZodType<CellResults> = z.object({
  format: z.literal("sweetspot-results-1"),
  method: z.string(),
  labels: z.array(z.string()),
  layers: z.int().positive(),
  examples: z.int().positive(),
  testSha256: z.string(),
  confidence: z.number().gt(0).lt(1),
  majority: z.object({ label: z.string(), share }),
  exits: z
    .array(
      z.object({
        exitLayer: count,
        layers: count,
        accuracy: share,
        correct: count,
        n: z.int().positive(),
        interval,
        ms: milliseconds,
      }),
    )
    .min(1),
  curve: z.array(point).min(1),
  grid: z.array(point),
  atBudget: z.array(point.extend({ budget: z.number(), correct: count, interval })),
  timing: z.object({
    machine: z.object({
      cpu: z.string(),
      cores: count,
      platform: z.string(),
      node: z.string(),
      onnxruntime: z.string(),
      threads: count,
    }),
    batches: z.array(
      z.object({
        batchSize: count,
        examples: count,
        segments: z.array(
          z.object({
            member: count,
            segment: count,
            exitLayer: count,
            layers: count,
            medianMs: z.number(),
            p10Ms: z.number(),
            p90Ms: z.number(),
          }),
        ),
      }),
    ),
  }),
});

/**
 * Reads an eval artefact.
 *
 * @throws Error, TypeError or RangeError that names the file: not JSON, another schema, a method
 *   other than `cell` says, or right answers of another shape
 */
export async function readCell(cell: ReportCell, artifact: Artifact): Promise<Cell> {
  const file = artifact.path("results.json");
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new Error(`${file}: not JSON (${(cause as Error).message}); run the stage eval again`, {
      cause,
    });
  }
  const results = parse(resultsSchema, json, file);
  if (results.method !== cell.method) {
    throw new RangeError(
      `${file}: the settings say that ${cell.input} is ${cell.method}, it holds ${results.method}`,
    );
  }
  const answers = await SafetensorsFile.open(artifact.path("right-answers.safetensors"));
  try {
    const rows = async (name: string, count: number) => {
      const n = results.examples;
      const { data } = await answers.read(name, [count, n]);
      return Array.from({ length: count }, (_, i) =>
        Int32Array.from(data.subarray(i * n, i * n + n)),
      );
    };
    const right = {
      exits: await rows("exits", results.exits.length),
      atBudget: await rows("atBudget", results.atBudget.length),
    };
    return { ...cell, results, right };
  } finally {
    await answers.close();
  }
}
