import { basename } from "node:path";
import { padRows, type PaddedBatch, type Ragged, ragged, row, rowCount } from "@sweetspot/artifact";
import type { NamedTensors, TensorSpecs } from "@sweetspot/compile";
import { compile } from "@sweetspot/compile/session";
import { type Checkpoint, type EncoderInputs, encoderParams, exitLogits } from "@sweetspot/model";
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
  const sorted = [...Array(rowCount(inputIds)).keys()].sort(
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
  sentences: CheckedSentences,
  folder = "checkpoint",
): Promise<number> {
  return checkLogits(checkpoint, files, sentences, folder, async (sessions, batch) => {
    const logits = await exportedLogits(sessions, batch);
    return logits.map((of, k) => [`${folder}: ${basename(files[k] ?? "")}`, of]);
  });
}

/**
 * Runs ONNX files of a checkpoint and its training definition, compiled as in training, on the same text: as
 * one padded batch, and the first sentence alone.
 *
 * @param where what to call the checkpoint in errors
 * @param run each exit's logits, and what to call them in errors
 * @returns the largest difference between the logits
 * @throws RangeError if it is above 1e-4, or the definition's logits are not finite
 */
export async function checkLogits(
  checkpoint: Checkpoint,
  files: readonly string[],
  { inputIds, tokenTypeIds }: CheckedSentences,
  where: string,
  run: (
    sessions: readonly InferenceSession[],
    batch: PaddedBatch,
  ) => Promise<[where: string, logits: Float32Array][]>,
): Promise<number> {
  const sessions: InferenceSession[] = [];
  const definition = await openDefinition(checkpoint);
  try {
    for (const file of files) sessions.push(await openSession(file));
    let worst = 0;
    for (const rows of [[...Array(rowCount(inputIds)).keys()], [0]]) {
      const batch = padRows(inputIds, rows, { tokenTypeIds });
      const expected = await definition.logits(batch);
      for (const [k, layer] of checkpoint.exitLayers.entries())
        checkFinite(`${where}: the exit after layer ${layer}`, expected[k] ?? []);
      for (const [k, [of, got]] of (await run(sessions, batch)).entries())
        worst = Math.max(worst, largestDifference(of, got, expected[k] ?? []));
    }
    return worst;
  } finally {
    await Promise.all([definition.dispose(), ...sessions.map((s) => s.release())]);
  }
}

/** @throws RangeError if one of the definition's logits is not finite */
function checkFinite(where: string, logits: ArrayLike<number>): void {
  const bad = Array.from(logits).find((x) => !Number.isFinite(x));
  if (bad === undefined) return;
  throw new RangeError(
    `${where}: expected finite logits, got ${bad}; its training diverged, train again with a lower learningRate`,
  );
}

/** @throws RangeError if a difference is above 1e-4 */
function largestDifference(
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

/**
 * The training definition of a checkpoint without dropout, as one graph that takes the weights as inputs,
 * ready to run. The caller disposes of it.
 */
async function openDefinition({ config, exitLayers, pooling, weights }: Checkpoint) {
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
    const { inputIds, tokenTypeIds, attentionMask, ...byName } = tensors;
    const inputs = { inputIds, tokenTypeIds, attentionMask } as EncoderInputs; // as the specs have them
    const options = { config, exitLayers, pooling };
    const logits = exitLogits(encoderParams(byName), inputs, options);
    return Object.fromEntries(logits.map((l, k) => [`logits ${k}`, l]));
  }, specs);
  const fed = Object.fromEntries(
    Object.entries(weights).map(([name, { data }]) => [name, data] as const),
  );
  return {
    /** Each exit's, `[B, K]`. */
    async logits({ batchSize, length, ...batch }: PaddedBatch): Promise<Float32Array[]> {
      const results = await session.run({ ...batch, ...fed }, { B: batchSize, T: length });
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
