import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  batchesByLength,
  type Json,
  type StageContext,
  writeSafetensors,
  type EncodedSplit,
  readSplit,
  type Predictions,
} from "@sweetspot/artifact";
import { allExitLogits, checkTokens, exitsOf } from "./all-exits.ts";
import { type Bundle, openBundle } from "./bundle.ts";
import type { PredictSettings } from "./settings.ts";
import { stageInputs } from "./stage-inputs.ts";

const heldOut = ["calibration", "threshold", "test"] as const;

/**
 * The stage `predict`. Writes `predictions.json` and, for each held-out split (and `train`, if asked), `SPLIT.safetensors`
 * with `logits` float32 `[E, N, K]`, `labels` int32 `[N]` and `lengths` int32 `[N]`.
 *
 * @throws RangeError if a logit is not a finite number, the encoder cannot read a token or the length
 *   of an example, the bundle was made from other data, or has
 *   no files of the precision
 */
export async function runPredict({
  settings,
  inputs,
  output,
  log,
}: StageContext<PredictSettings>): Promise<Record<string, Json>> {
  const { data, exported } = stageInputs("predict", inputs);
  const { device, precision } = settings;
  const bundle = await openBundle(exported.dir, { device, precision });
  try {
    const splits: Record<string, { examples: number }> = {};
    for (const name of settings.training ? [...heldOut, "train" as const] : heldOut) {
      const split = await readSplit(data, name);
      checkTokens(bundle, split, (i) => `predict: example ${i} of ${name}`);
      const logits = await predictSplit(bundle, split, settings.batchSize, (done) =>
        log(`${name} ${done}/${split.labels.length}`),
      );
      const bad = logits.findIndex((x) => !Number.isFinite(x));
      if (bad >= 0) {
        throw new RangeError(
          `predict: the logits of ${name} contain ${logits[bad]}; the weights in ${exported.dir} are not usable, train again with a lower learningRate`,
        );
      }
      const n = split.labels.length;
      const lengths = Int32Array.from(
        { length: n },
        (_, i) => (split.inputIds.offsets[i + 1] ?? 0) - (split.inputIds.offsets[i] ?? 0),
      );
      await writeSafetensors(join(output, `${name}.safetensors`), {
        logits: { shape: [exitsOf(bundle).length, n, bundle.labels.length], data: logits },
        labels: { shape: [n], data: split.labels },
        lengths: { shape: [n], data: lengths },
      });
      splits[name] = { examples: n };
    }
    const { method, labels, layers } = bundle;
    const members = bundle.sessions.map((segments) => ({
      exitLayers: segments.map((s) => s.exitLayer),
    }));
    const description: Predictions = {
      format: "sweetspot-predictions-1",
      method,
      precision,
      labels,
      layers,
      members,
      splits,
    };
    await writeFile(
      join(output, "predictions.json"),
      `${JSON.stringify(description, undefined, 2)}\n`,
    );
    return { method, exits: exitsOf(bundle).length };
  } finally {
    await bundle.dispose();
  }
}

/** The logits `[E, N, K]`, examples in the split's order. */
async function predictSplit(
  bundle: Bundle,
  split: EncodedSplit,
  batchSize: number,
  progress: (done: number) => void,
): Promise<Float32Array> {
  const n = split.labels.length;
  const k = bundle.labels.length;
  const all = new Float32Array(exitsOf(bundle).length * n * k);
  let done = 0;
  let lastReport = performance.now();
  for (const rows of batchesByLength(split.inputIds, [...split.labels.keys()], batchSize)) {
    const logits = await allExitLogits(bundle, split, rows);
    for (const [e, exit] of logits.entries()) {
      for (const [j, i] of rows.entries())
        all.set(exit.subarray(j * k, (j + 1) * k), (e * n + i) * k);
    }
    done += rows.length;
    if (performance.now() - lastReport > 3000 || done === n) {
      progress(done);
      lastReport = performance.now();
    }
  }
  return all;
}
