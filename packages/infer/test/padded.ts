import { padRows, type PaddedBatch } from "@sweetspot/artifact";
import type { EncodedTexts } from "../src/all-exits.ts";
import type { Bundle } from "../src/bundle.ts";
import type { HiddenState } from "../src/segment.ts";

/** Some texts as one batch, padded to `extra` tokens more than the longest has. */
export function paddedBatch(
  texts: EncodedTexts,
  rows: readonly number[],
  extra: number,
): PaddedBatch {
  const batch = padRows(texts.inputIds, rows, { tokenTypeIds: texts.tokenTypeIds });
  const length = batch.length + extra;
  const wider = <A extends Int32Array | Float32Array>(values: A, into: A): A => {
    for (let i = 0; i < batch.batchSize; i++)
      into.set(values.subarray(i * batch.length, (i + 1) * batch.length), i * length);
    return into;
  };
  const size = batch.batchSize * length;
  return {
    ...batch,
    length,
    inputIds: wider(batch.inputIds, new Int32Array(size)),
    tokenTypeIds: wider(batch.tokenTypeIds, new Int32Array(size)),
    attentionMask: wider(batch.attentionMask, new Float32Array(size)),
  };
}

/** The logits of every exit for a batch, one after another: `[E][B, K]`. */
export async function logitsOf(
  { sessions }: Pick<Bundle, "sessions">,
  tokens: PaddedBatch,
): Promise<number[][]> {
  const logits: number[][] = [];
  for (const segments of sessions) {
    let hidden: HiddenState | undefined;
    for (const segment of segments) {
      const { attentionMask } = tokens;
      const output = await segment.run(
        hidden === undefined ? { tokens } : { hidden, attentionMask },
      );
      logits.push([...output.logits]);
      hidden = output.hidden;
    }
  }
  return logits;
}
