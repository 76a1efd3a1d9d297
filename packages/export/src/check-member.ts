import { basename } from "node:path";
import { padRows, type PaddedBatch, type Ragged, ragged, row, rowCount } from "@sweetspot/artifact";
import { bert, bertParams, type Checkpoint } from "@sweetspot/model";
import * as tf from "@tensorflow/tfjs";
import * as ort from "onnxruntime-node";

/** Real text to hold a member against. */
export interface CheckedSentences {
  inputIds: Ragged;
  /** Of the same offsets as `inputIds`. */
  tokenTypeIds: Ragged;
}

/** Logits of a trained classifier are of the order of 10. */
const absurd = 1000;

/** What logits may differ by. */
export const tolerance = 1e-4;

/**
 * The sentences that a member is checked on: of all by length, the shortest, the longest and two
 * between, cut to 5, 10, 15 and 20 tokens, so that the batch is padded and yet short. (The training
 * definition runs on tfjs's `cpu` backend here, which takes its time.)
 */
export function checkedSentences({ inputIds, tokenTypeIds }: CheckedSentences): CheckedSentences {
  const length = (i: number) => row(inputIds, i).length;
  const sorted = Array.from({ length: rowCount(inputIds) }, (_, i) => i).sort(
    (a, b) => length(a) - length(b) || a - b,
  );
  const last = sorted.length - 1;
  const rows = new Set([0, 1, 2, 3].map((k) => sorted[Math.round((k * last) / 3)] ?? 0));
  const cut = (r: Ragged) =>
    ragged([...rows].map((i, k) => row(r, i).subarray(0, Math.round((20 * (k + 1)) / rows.size))));
  return { inputIds: cut(inputIds), tokenTypeIds: cut(tokenTypeIds) };
}

/**
 * Runs a member's files one after another, as they were written, and the training definition in
 * tfjs, eagerly, on the same text: as one padded batch, and the first sentence alone.
 *
 * @param files of its segments, in order
 * @param folder the checkpoint's, for the errors
 * @returns the largest difference between their logits
 * @throws RangeError, naming folder and file, if it is above 1e-4, or the definition's logits are not
 *   finite
 */
export async function checkMember(
  checkpoint: Checkpoint,
  files: readonly string[],
  { inputIds, tokenTypeIds }: CheckedSentences,
  folder = "checkpoint",
): Promise<number> {
  const sessions: ort.InferenceSession[] = [];
  try {
    for (const file of files)
      sessions.push(await ort.InferenceSession.create(file, { logSeverityLevel: 3 }));
    let worst = 0;
    const all = Array.from({ length: rowCount(inputIds) }, (_, i) => i);
    for (const rows of [all, [0]]) {
      const batch = padRows(inputIds, rows, { tokenTypeIds });
      const expected = definitionLogits(checkpoint, batch);
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
    await Promise.all(sessions.map((s) => s.release()));
  }
}

function checkFinite(where: string, logits: ArrayLike<number>): void {
  const bad = Array.from(logits).find((x) => !Number.isFinite(x));
  if (bad === undefined) return;
  throw new RangeError(
    `${where}: expected finite logits, got ${bad}; its training diverged, train again with a lower learningRate`,
  );
}

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
          ? "; a logit this large comes of a training that diverged, train again with a lower learningRate"
          : "";
      throw new RangeError(
        `${where}: logit ${i} must be within ${tolerance} of the training definition's ${expected[i]}, got ${got[i]}${fix}`,
      );
    }
    largest = Math.max(largest, difference);
  }
  return largest;
}

/** Each exit's logits by the definition that training used, without dropout. */
function definitionLogits(checkpoint: Checkpoint, batch: PaddedBatch): Float32Array[] {
  const { config, exitLayers, pooling, weights } = checkpoint;
  const shape: [number, number] = [batch.batchSize, batch.length];
  return withoutGreeting(() =>
    tf.tidy(() => {
      const tensors = Object.entries(weights).map(
        ([name, { data, shape: s }]) => [name, tf.tensor(data, [...s], "float32")] as const,
      );
      const inputs = {
        inputIds: tf.tensor2d(batch.inputIds, shape, "int32"),
        tokenTypeIds: tf.tensor2d(batch.tokenTypeIds, shape, "int32"),
        attentionMask: tf.tensor2d(batch.attentionMask, shape, "float32"),
      };
      const options = { config, exitLayers, pooling };
      const { logits } = bert(bertParams(Object.fromEntries(tensors)), inputs, options);
      return logits.map((l) => l.dataSync<"float32">());
    }),
  );
}

/**
 * tfjs greets the first use of its `cpu` backend and recommends another. Nothing depends on its speed
 * here, so the person who waits is spared that; `PROD` silences tfjs's notices and does nothing else.
 */
function withoutGreeting<T>(compute: () => T): T {
  const env = tf.env();
  const before = env.getBool("PROD");
  env.set("PROD", true);
  try {
    return compute();
  } finally {
    env.set("PROD", before);
  }
}

/** The logits of a chain of segments, as infer runs them. */
async function exportedLogits(
  sessions: readonly ort.InferenceSession[],
  batch: PaddedBatch,
): Promise<Float32Array[]> {
  const shape = [batch.batchSize, batch.length];
  const attentionMask = new ort.Tensor("float32", batch.attentionMask, shape);
  let state: Record<string, ort.Tensor> = {
    inputIds: new ort.Tensor("int32", batch.inputIds, shape),
    tokenTypeIds: new ort.Tensor("int32", batch.tokenTypeIds, shape),
  };
  const all: Float32Array[] = [];
  for (const session of sessions) {
    const { logits, nextHidden } = await session.run({ ...state, attentionMask });
    all.push(logits?.data as Float32Array);
    if (nextHidden !== undefined) state = { hidden: nextHidden };
  }
  return all;
}
