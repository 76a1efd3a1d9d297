import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import {
  batchesByLength,
  type EncodedSplit,
  type Json,
  readSplit,
  type StageContext,
  type TimedBatch,
  type TimedSegment,
  type Timing,
} from "@sweetspot/artifact";
import { allExitLogits } from "./all-exits.ts";
import { onnxruntimeVersion } from "@sweetspot/runtime";
import { type Bundle, openBundle } from "./bundle.ts";
import type { TimeSettings } from "./settings.ts";
import { stageInputs } from "./stage-inputs.ts";

/**
 * The stage `time`. Writes `timing.json`: the milliseconds of each segment at batch 1 and 32 on test
 * examples. The segments take turns within a round, so that a slow moment of the machine affects all
 * of them equally; the first round warms up and is not counted.
 *
 * @throws RangeError if the bundle was made from other data
 */
export async function runTime({
  settings,
  inputs,
  output,
  log,
}: StageContext<TimeSettings>): Promise<Record<string, Json>> {
  const { data, exported } = stageInputs("time", inputs);
  const split = await readSplit(data, "test");
  const { device } = settings;
  const threads = availableParallelism();
  const bundle = await openBundle(exported.dir, { threads, device });
  try {
    const batches: TimedBatch[] = [];
    for (const batchSize of [1, 32] as const) {
      const timed = await timeSegments(bundle, split, batchSize, settings);
      batches.push({ batchSize, ...timed });
      const total = timed.segments.reduce((sum, s) => sum + s.medianMs, 0);
      log(`batch ${batchSize}: ${total.toFixed(2)} ms per example through every segment`);
    }
    const machine = {
      cpu: cpus()[0]?.model ?? "unknown",
      cores: threads,
      platform: `${process.platform} ${process.arch}`,
      node: process.version,
      onnxruntime: onnxruntimeVersion,
      device,
      threads,
    };
    const timing: Timing = { format: "sweetspot-timing-1", machine, batches };
    await writeFile(join(output, "timing.json"), `${JSON.stringify(timing, undefined, 2)}\n`);
    return { method: bundle.method };
  } finally {
    await bundle.dispose();
  }
}

/**
 * Times every segment on full batches of test examples spread evenly over the split, each batch once
 * per round, after a round that is not counted.
 *
 * @returns `examples`: how many each segment was timed on, over all rounds
 */
export async function timeSegments(
  bundle: Bundle,
  split: EncodedSplit,
  batchSize: number,
  { examples, rounds }: Pick<TimeSettings, "examples" | "rounds">,
): Promise<{ examples: number; segments: TimedSegment[] }> {
  const n = split.labels.length;
  // Full batches only; a small split is used more than once.
  const count = Math.ceil(examples / batchSize) * batchSize;
  const rows = Array.from({ length: count }, (_, i) =>
    count <= n ? Math.floor((i * n) / count) : i % n,
  );
  const batches = batchesByLength(split.inputIds, rows, batchSize);
  const times = bundle.sessions.map((segments) =>
    segments.map(() => batches.map((): number[] => [])),
  );
  for (let round = 0; round <= rounds; round++) {
    for (const [i, batch] of batches.entries()) {
      await allExitLogits(bundle, split, batch, (m, k, ms) => {
        if (round > 0) times[m]?.[k]?.[i]?.push(ms / batchSize);
      });
    }
  }
  const segments = bundle.sessions.flatMap((member, m) =>
    member.map(({ exitLayer, layers }, k): TimedSegment => {
      const at = (q: number) => meanQuantile(times[m]?.[k] ?? [], q);
      return {
        member: m,
        segment: k,
        exitLayer,
        layers,
        medianMs: at(0.5),
        p10Ms: at(0.1),
        p90Ms: at(0.9),
      };
    }),
  );
  return { examples: batches.length * batchSize * rounds, segments };
}

/**
 * A quantile over the rounds of each batch, averaged over the batches: slow moments do not count, and
 * long and short batches both do.
 */
function meanQuantile(batches: readonly (readonly number[])[], q: number): number {
  const quantiles = batches.map((rounds) => {
    const sorted = rounds.toSorted((a, b) => a - b);
    return sorted[Math.round(q * (sorted.length - 1))] ?? NaN;
  });
  return roundMs(quantiles.reduce((a, b) => a + b, 0) / quantiles.length);
}

function roundMs(x: number): number {
  return Math.round(x * 1e4) / 1e4;
}
