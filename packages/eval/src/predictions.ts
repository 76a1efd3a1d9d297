import {
  type Artifact,
  type Outcomes,
  type Predictions,
  predictionsSchema,
  readJsonAs,
  readSafetensors,
  sha256,
} from "@sweetspot/artifact";
import { cascadeExits } from "./curves/exit-cost.ts";
import { predictedClasses } from "./exit-rules/exit-logits.ts";
import { maxProbabilityScores } from "./exit-rules/max-probability.ts";

/** One split's predictions, as classes and confidences. */
export interface PredictedSplit extends Outcomes {
  /** The true classes, `[N]`. */
  labels: Int32Array;
  /** The predicted classes, `[E][N]`. */
  predicted: Int32Array[];
  /** Identifies the examples: sha256 over labels and lengths. Two cascades are compared example by example only if it is the same. */
  sha256: string;
}

/**
 * Reads `predictions.json`.
 * @throws Error or TypeError that names the file
 */
export async function readPredictions(predict: Artifact): Promise<Predictions> {
  return readJsonAs(predict.path("predictions.json"), predictionsSchema);
}

/** One split's logits. */
export interface SplitLogits {
  /** By exit, each `[N, K]`, row-major. */
  logits: Float32Array[];
  /** The true classes, `[N]`. */
  labels: Int32Array;
  /** Tokens of each example, `[N]`. */
  lengths: Int32Array;
}

/**
 * Reads a split's logits.
 *
 * @throws RangeError or TypeError that names the file: a tensor missing or misshapen, a logit that
 *   is not finite, a label past the classes
 */
export async function readLogits(
  predict: Artifact,
  predictions: Predictions,
  split: string,
): Promise<SplitLogits> {
  const n = predictions.splits[split]?.examples;
  if (n === undefined) {
    throw new RangeError(
      `${predict.path("predictions.json")}: no split "${split}" (has ${Object.keys(predictions.splits).join(", ")})`,
    );
  }
  const file = predict.path(`${split}.safetensors`);
  const exits = cascadeExits(predictions.members).length;
  const classes = predictions.labels.length;
  const tensors = await readSafetensors(file);
  const tensor = <T extends Float32Array | Int32Array>(
    name: string,
    shape: number[],
    type: new (length: number) => T,
    dtype: string,
  ): T => {
    const found = tensors[name];
    if (found === undefined) throw new RangeError(`${file}: no tensor "${name}"`);
    if (found.shape.join() !== shape.join() || !(found.data instanceof type)) {
      throw new RangeError(
        `${file}: tensor "${name}" must be ${dtype} [${shape.join(", ")}], got ${found.data instanceof Int32Array ? "int32" : "float32"} [${found.shape.join(", ")}]`,
      );
    }
    return found.data;
  };
  const logits = tensor("logits", [exits, n, classes], Float32Array, "float32");
  const labels = tensor("labels", [n], Int32Array, "int32");
  const lengths = tensor("lengths", [n], Int32Array, "int32");
  const bad = labels.findIndex((label) => label < 0 || label >= classes);
  if (bad >= 0) {
    throw new RangeError(
      `${file}: label of example ${bad} must be below ${classes}, got ${labels[bad]}`,
    );
  }
  const wrong = logits.findIndex((logit) => !Number.isFinite(logit));
  if (wrong >= 0) {
    const row = Math.floor(wrong / classes);
    throw new RangeError(
      `${file}: logits must be finite, got ${logits[wrong]} for example ${row % n} at exit ${Math.floor(row / n) + 1}; the model has diverged: train it again with a lower learning rate`,
    );
  }
  const size = n * classes;
  return {
    logits: Array.from({ length: exits }, (_, e) => logits.subarray(e * size, (e + 1) * size)),
    labels,
    lengths,
  };
}

/**
 * Reduces a split's logits to predicted classes and confidences.
 *
 * @param classes K
 * @param temperatures each exit's, which divides its logits; by default 1
 */
export function predictedSplit(
  { logits, labels, lengths }: SplitLogits,
  classes: number,
  temperatures?: readonly number[],
): PredictedSplit {
  const predicted = predictedClasses({ logits, classes });
  return {
    labels,
    predicted,
    confidences: maxProbabilityScores({ logits, classes, temperatures }),
    correct: predicted.map((row) =>
      Uint8Array.from(labels, (label, i) => Number(label === row[i])),
    ),
    sha256: sha256(JSON.stringify([[...labels], [...lengths]])),
  };
}
