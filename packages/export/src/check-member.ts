import { padRows, type PaddedBatch, type Ragged, rowCount } from "@sweetspot/artifact";
import { bert, bertParams, type Checkpoint } from "@sweetspot/model";
import * as tf from "@tensorflow/tfjs";
import * as ort from "onnxruntime-node";

/** Real text to hold a member against. */
export interface CheckedSentences {
  inputIds: Ragged;
  tokenTypeIds: Ragged;
  /** Which of them. */
  rows: readonly number[];
}

/** What the logits may differ by. */
const tolerance = 1e-4;

/**
 * The rows that a member is checked on: the shortest, the longest and two between, so that the
 * batch is padded. Long ones are left out: the training definition runs on tfjs's `cpu` backend here.
 */
export function checkedRows(inputIds: Ragged): number[] {
  const length = (i: number) => (inputIds.offsets[i + 1] ?? 0) - (inputIds.offsets[i] ?? 0);
  const rows = Array.from({ length: rowCount(inputIds) }, (_, i) => i).sort(
    (a, b) => length(a) - length(b) || a - b,
  );
  const short = rows.filter((i) => length(i) <= 32);
  const from = short.length > 0 ? short : rows.slice(0, 1);
  const at = [0, 1 / 3, 2 / 3, 1].map((q) => from[Math.round(q * (from.length - 1))] ?? 0);
  return [...new Set(at)];
}

/**
 * Runs a member's files one after another, as they were written, and the training definition in
 * tfjs, eagerly, on the same text: as one padded batch, and the first sentence alone.
 *
 * @param files of its segments, in order
 * @returns the largest difference between their logits
 * @throws RangeError if it is above 1e-4
 */
export async function checkMember(
  checkpoint: Checkpoint,
  files: readonly string[],
  sentences: CheckedSentences,
): Promise<number> {
  let worst = 0;
  for (const rows of [sentences.rows, sentences.rows.slice(0, 1)]) {
    const batch = padRows(sentences.inputIds, rows, { tokenTypeIds: sentences.tokenTypeIds });
    const expected = definitionLogits(checkpoint, batch);
    const got = await exportedLogits(files, batch);
    for (const [k, logits] of expected.entries()) {
      for (const [i, x] of logits.entries()) {
        const difference = Math.abs(x - (got[k]?.[i] ?? NaN));
        if (!(difference <= tolerance)) {
          throw new RangeError(
            `${files[k]}: logit ${i} is ${got[k]?.[i]}, the training definition gives ${x}; expected them within ${tolerance}`,
          );
        }
        worst = Math.max(worst, difference);
      }
    }
  }
  return worst;
}

/** Each exit's logits by the definition that training used, without dropout. */
function definitionLogits(checkpoint: Checkpoint, batch: PaddedBatch): Float32Array[] {
  const { config, exitLayers, pooling, weights } = checkpoint;
  const shape: [number, number] = [batch.batchSize, batch.length];
  return tf.tidy(() => {
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
  });
}

async function exportedLogits(files: readonly string[], batch: PaddedBatch) {
  const shape = [batch.batchSize, batch.length];
  const attentionMask = new ort.Tensor("float32", batch.attentionMask, shape);
  let state: Record<string, ort.Tensor> = {
    inputIds: new ort.Tensor("int32", batch.inputIds, shape),
    tokenTypeIds: new ort.Tensor("int32", batch.tokenTypeIds, shape),
  };
  const all: Float32Array[] = [];
  for (const file of files) {
    const session = await ort.InferenceSession.create(file);
    try {
      const { logits, nextHidden } = await session.run({ ...state, attentionMask });
      all.push(logits?.data as Float32Array);
      if (nextHidden !== undefined) state = { hidden: nextHidden };
    } finally {
      await session.release();
    }
  }
  return all;
}
