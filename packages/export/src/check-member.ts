import { basename } from "node:path";
import { padRows, type PaddedBatch, type Ragged, ragged, row, rowCount } from "@sweetspot/artifact";
import type { NamedTensors, TensorSpecs } from "@sweetspot/compile";
import { compile } from "@sweetspot/compile/session";
import { type Checkpoint, encoderParams, exitLogits } from "@sweetspot/model";
import type * as tf from "@tensorflow/tfjs";
import { type InferenceSession, openSession, Tensor } from "@sweetspot/runtime";

/** Real text to check a member on. */
export interface CheckedSentences {
  inputIds: Ragged;
  /** With the same offsets as `inputIds`. */
  tokenTypeIds: Ragged;
}

/** Logits of a trained classifier are around 10. */
const absurd = 1000;

/** The largest allowed difference of logits. */
export const tolerance = 1e-4;

/** How many sentences a member is checked on. */
const checked = 8;

/** The sentences to check a member on: the shortest, the longest and some in between, spread evenly by length. */
export function checkedSentences({ inputIds, tokenTypeIds }: CheckedSentences): CheckedSentences {
  const length = (i: number) => row(inputIds, i).length;
  const sorted = Array.from({ length: rowCount(inputIds) }, (_, i) => i).sort(
    (a, b) => length(a) - length(b) || a - b,
  );
  const last = sorted.length - 1;
  const places = Array.from({ length: checked }, (_, k) => Math.round((k * last) / (checked - 1)));
  const rows = [...new Set(places)].map((place) => sorted[place] ?? 0);
  const chosen = (r: Ragged) => ragged(rows.map((i) => row(r, i)));
  return { inputIds: chosen(inputIds), tokenTypeIds: chosen(tokenTypeIds) };
}

/**
 * Runs a member's ONNX files one after another, and the training definition, compiled as in training, on
 * the same text: as one padded batch, and the first sentence alone.
 *
 * @param files the files of its segments, in order
 * @param folder the checkpoint's folder, for the errors
 * @returns the largest difference between the logits
 * @throws RangeError, naming folder and file, if it is above 1e-4, or the definition's logits are not
 *   finite
 */
export async function checkMember(
  checkpoint: Checkpoint,
  files: readonly string[],
  { inputIds, tokenTypeIds }: CheckedSentences,
  folder = "checkpoint",
): Promise<number> {
  const sessions: InferenceSession[] = [];
  const definition = await openDefinition(checkpoint);
  try {
    for (const file of files) sessions.push(await openSession(file));
    let worst = 0;
    const all = Array.from({ length: rowCount(inputIds) }, (_, i) => i);
    for (const rows of [all, [0]]) {
      const batch = padRows(inputIds, rows, { tokenTypeIds });
      const expected = await definition.logits(batch);
      for (const [k, layer] of checkpoint.exitLayers.entries())
        checkFinite(`${folder}: the exit after layer ${layer}`, expected[k] ?? []);
      const got = await exportedLogits(sessions, batch);
      for (const [k, file] of files.entries()) {
        const where = `${folder}: ${basename(file)}`;
        worst = Math.max(worst, largestDifference(where, got[k] ?? [], expected[k] ?? []));
      }
    }
    return worst;
  } finally {
    await Promise.all([definition.dispose(), ...sessions.map((s) => s.release())]);
  }
}

/** @throws RangeError if one of the definition's logits is not finite */
export function checkFinite(where: string, logits: ArrayLike<number>): void {
  const bad = Array.from(logits).find((x) => !Number.isFinite(x));
  if (bad === undefined) return;
  throw new RangeError(
    `${where}: expected finite logits, got ${bad}; its training diverged, train again with a lower learningRate`,
  );
}

/** @throws RangeError if a difference is above 1e-4 */
export function largestDifference(
  where: string,
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
): number {
  let largest = 0;
  for (let i = 0; i < Math.max(got.length, expected.length); i++) {
    const difference = Math.abs((got[i] ?? NaN) - (expected[i] ?? NaN));
    if (!(difference <= tolerance)) {
      const fix =
        Math.abs(expected[i] ?? NaN) > absurd
          ? "; a logit this large comes from a training that diverged, train again with a lower learningRate"
          : "";
      throw new RangeError(
        `${where}: logit ${i} must be within ${tolerance} of the training definition's ${expected[i]}, got ${got[i]}${fix}`,
      );
    }
    largest = Math.max(largest, difference);
  }
  return largest;
}

/** The training definition of a checkpoint, ready to run. The caller disposes of it. */
export interface Definition {
  /** Each exit's, `[B, K]`. */
  logits(batch: PaddedBatch): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

/** The training definition without dropout, as one graph that takes the weights as inputs. */
export async function openDefinition({
  config,
  exitLayers,
  pooling,
  weights,
}: Checkpoint): Promise<Definition> {
  const parameters = Object.keys(weights);
  const ids = { dtype: "int32", shape: ["B", "T"] } as const;
  const specs: TensorSpecs = {
    inputIds: ids,
    tokenTypeIds: ids,
    attentionMask: { dtype: "float32", shape: ["B", "T"] },
    ...Object.fromEntries(
      Object.entries(weights).map(([name, { shape }]) => [name, { dtype: "float32", shape }]),
    ),
  };
  const session = await compile((tensors: NamedTensors) => {
    const tensor = (name: string) => tensors[name] as tf.Tensor;
    const inputs = {
      inputIds: tensor("inputIds") as tf.Tensor2D,
      tokenTypeIds: tensor("tokenTypeIds") as tf.Tensor2D,
      attentionMask: tensor("attentionMask") as tf.Tensor2D,
    };
    const params = encoderParams(
      Object.fromEntries(parameters.map((name) => [name, tensor(name)])),
    );
    const logits = exitLogits(params, inputs, { config, exitLayers, pooling });
    return Object.fromEntries(logits.map((l, k) => [`logits ${k}`, l]));
  }, specs);
  const fed = Object.fromEntries(
    Object.entries(weights).map(([name, { data }]) => [name, data] as const),
  );
  return {
    async logits({ batchSize, length, ...batch }) {
      const inputs = { inputIds: batch.inputIds, tokenTypeIds: batch.tokenTypeIds };
      const { attentionMask } = batch;
      const sizes = { B: batchSize, T: length };
      const results = await session.run({ ...inputs, attentionMask, ...fed }, sizes);
      return exitLayers.map((_, k) => results[`logits ${k}`] as Float32Array);
    },
    dispose: () => session.dispose(),
  };
}

/** The logits of a chain of segments, as infer runs them. */
async function exportedLogits(
  sessions: readonly InferenceSession[],
  batch: PaddedBatch,
): Promise<Float32Array[]> {
  const shape = [batch.batchSize, batch.length];
  const attentionMask = new Tensor("float32", batch.attentionMask, shape);
  let state: Record<string, Tensor> = {
    inputIds: new Tensor("int32", batch.inputIds, shape),
    tokenTypeIds: new Tensor("int32", batch.tokenTypeIds, shape),
  };
  const all: Float32Array[] = [];
  for (const session of sessions) {
    const { logits, nextHidden } = await session.run({ ...state, attentionMask });
    all.push(logits?.data as Float32Array);
    if (nextHidden !== undefined) state = { hidden: nextHidden };
  }
  return all;
}
