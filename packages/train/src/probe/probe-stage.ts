import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type HostTensor,
  type Json,
  type LayerProbe,
  type Predictions,
  type ProbeFile,
  probeTensors,
  readSplit,
  type StageContext,
  writeSafetensors,
} from "@sweetspot/artifact";
import { checkExitLayers, pretrainedEncoder } from "@sweetspot/model";
import { checkSplit, checkTokenizer, readLabels, rowLengths } from "../data-input.ts";
import type { ProbeSettings } from "../settings.ts";
import { type FittedProbe, fitProbe } from "./fit-probe.ts";
import { type FrozenEncoder, openFrozenEncoder, probePoolings } from "./layer-features.ts";

const heldOut = ["calibration", "threshold", "test"] as const;
/** Probes are fitted on at most this many examples; more would take longer and help little. */
const mostExamples = 10_000;

/** A probe and where it reads. */
type Fitted = FittedProbe & Pick<LayerProbe, "exitLayer" | "pooling">;

/**
 * The stage `probe`. Fits linear classifiers on each exit's layer of the frozen encoder, on the training
 * split (its first 10,000 examples, if there are more), and predicts the held-out splits with them. Writes
 * `probe.json` (`ProbeFile`), `heads.safetensors`, `predictions.json` and a file of logits for each
 * held-out split, in the format of the stage `predict`.
 *
 * @throws RangeError if the data were tokenized for another encoder, or the encoder cannot read a text
 */
export async function runProbe({
  settings,
  inputs,
  output,
  log,
}: StageContext<ProbeSettings>): Promise<Record<string, Json>> {
  const { data } = inputs;
  if (data === undefined) throw new RangeError("probe: no input data");
  // A probe is fitted for each pooling, whichever suits the encoder.
  const encoder = await pretrainedEncoder(settings.encoder, log, "mean");
  const { exitLayers } = settings;
  checkExitLayers(exitLayers, encoder.config.numHiddenLayers);
  const labels = await readLabels(data);
  await checkTokenizer(data, settings.encoder);
  const frozen = await openFrozenEncoder(encoder, exitLayers, settings.device);
  try {
    const read = async (name: string) => {
      const split = await readSplit(data, name);
      checkSplit(split, encoder.config, labels.length, `probe: ${name}`);
      return split;
    };
    const train = await read("train");
    const examples = [...train.labels.keys()].slice(0, mostExamples);
    const features = await frozen.features(train, examples, progress(log, "train", examples));
    const probes = exitLayers.flatMap((exitLayer, e): Fitted[] =>
      probePoolings.flatMap((pooling) => {
        const rows = features[e]?.[pooling];
        if (rows === undefined) return [];
        const fitted = fitProbe(rows, train.labels.subarray(0, examples.length), labels.length);
        log(
          `layer ${exitLayer}, ${pooling}: ${(100 * fitted.crossValidation.accuracy).toFixed(1)}% in cross-validation`,
        );
        return { ...fitted, exitLayer, pooling };
      }),
    );
    await writeProbes(output, probes, examples.length);
    const best = exitLayers.map((layer) => bestOf(probes.filter((p) => p.exitLayer === layer)));
    const splits: Predictions["splits"] = {};
    for (const name of heldOut) {
      const split = await read(name);
      const n = split.labels.length;
      const logits = await predict(frozen, split, best, progress(log, name, [...Array(n).keys()]));
      await writeSafetensors(join(output, `${name}.safetensors`), {
        logits: { shape: [best.length, n, labels.length], data: logits },
        labels: { shape: [n], data: split.labels },
        lengths: { shape: [n], data: Int32Array.from(rowLengths(split.inputIds)) },
      });
      splits[name] = { examples: n };
    }
    const predictions: Predictions = {
      format: "sweetspot-predictions-1",
      precision: "fp32",
      method: "probe",
      labels,
      layers: exitLayers.at(-1) ?? 0,
      members: [{ exitLayers }],
      splits,
    };
    await writeJson(join(output, "predictions.json"), predictions);
    return { examples: examples.length, probes: probes.length };
  } finally {
    await frozen.dispose();
  }
}

/** Of one layer's probes, the one with the lowest loss in cross-validation. */
function bestOf(probes: readonly Fitted[]): Fitted {
  return probes.reduce((best, other) =>
    other.crossValidation.loss < best.crossValidation.loss ? other : best,
  );
}

/** The logits of some probes, one for each exit's layer, `[E, N, K]`. */
async function predict(
  frozen: FrozenEncoder,
  split: Parameters<FrozenEncoder["features"]>[0],
  probes: readonly Fitted[],
  report: (done: number) => void,
): Promise<Float32Array> {
  const n = split.labels.length;
  const features = await frozen.features(split, [...Array(n).keys()], report);
  const classes = probes[0]?.bias.length ?? 0;
  const logits = new Float32Array(probes.length * n * classes);
  for (const [e, { pooling, weight, bias }] of probes.entries()) {
    const rows = features[e]?.[pooling];
    if (rows === undefined) throw new RangeError(`probe: no features of exit ${e + 1}`);
    for (let i = 0; i < n; i++)
      for (let k = 0; k < classes; k++) {
        let score = bias[k] ?? 0;
        for (let c = 0; c < rows.width; c++)
          score += (rows.values[i * rows.width + c] ?? 0) * (weight[k * rows.width + c] ?? 0);
        logits[(e * n + i) * classes + k] = score;
      }
  }
  return logits;
}

/** Writes `probe.json` and `heads.safetensors`. */
async function writeProbes(
  output: string,
  probes: readonly Fitted[],
  examples: number,
): Promise<void> {
  const file: ProbeFile = {
    format: "sweetspot-probe-1",
    examples,
    probes: probes.map(({ exitLayer, pooling, penalty, crossValidation }) => ({
      exitLayer,
      pooling,
      penalty,
      crossValidation,
    })),
  };
  await writeJson(join(output, "probe.json"), file);
  const tensors: Record<string, HostTensor> = {};
  for (const probe of probes) {
    const names = probeTensors(probe);
    const classes = probe.bias.length;
    const width = probe.weight.length / classes;
    tensors[names.weight] = { shape: [classes, width], data: probe.weight };
    tensors[names.bias] = { shape: [classes], data: probe.bias };
  }
  await writeSafetensors(join(output, "heads.safetensors"), tensors);
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

/** Logs `NAME done/all` at most every three seconds, and at the end. */
function progress(
  log: (line: string) => void,
  name: string,
  { length }: readonly number[],
): (done: number) => void {
  let last = performance.now();
  return (done) => {
    if (performance.now() - last < 3000 && done < length) return;
    log(`${name} ${done}/${length}`);
    last = performance.now();
  };
}
