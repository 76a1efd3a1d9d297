import { basename } from "node:path";
import { padRows, rowCount } from "@sweetspot/artifact";
import type { Checkpoint } from "@sweetspot/model";
import { openSession, Tensor } from "@sweetspot/runtime";
import {
  type CheckedSentences,
  checkFinite,
  largestDifference,
  openDefinition,
} from "./check-member.ts";
import { logitsName } from "./whole-graph.ts";

/**
 * Runs the ONNX file of a whole model and the training definition on the same text, as `checkMember` does
 * with segments.
 *
 * @returns the largest difference between the logits of any exit
 * @throws RangeError, naming the file and the output, if it is above 1e-4, or the definition's logits
 *   are not finite
 */
export async function checkWhole(
  checkpoint: Checkpoint,
  file: string,
  { inputIds, tokenTypeIds }: CheckedSentences,
): Promise<number> {
  const { exitLayers } = checkpoint;
  const definition = await openDefinition(checkpoint);
  try {
    const session = await openSession(file);
    try {
      let worst = 0;
      const all = Array.from({ length: rowCount(inputIds) }, (_, i) => i);
      for (const rows of [all, [0]]) {
        const batch = padRows(inputIds, rows, { tokenTypeIds });
        const expected = await definition.logits(batch);
        const int64 = (values: ArrayLike<number>) =>
          new Tensor("int64", BigInt64Array.from(Array.from(values), BigInt), [
            batch.batchSize,
            batch.length,
          ]);
        const fed: Record<string, Tensor> = {
          input_ids: int64(batch.inputIds),
          attention_mask: int64(batch.attentionMask),
        };
        if (session.inputNames.includes("token_type_ids"))
          fed["token_type_ids"] = int64(batch.tokenTypeIds);
        const got = await session.run(fed);
        for (const [k, layer] of exitLayers.entries()) {
          const name = logitsName(exitLayers, layer);
          const wanted = expected[k] ?? [];
          checkFinite(`${basename(file)}: the exit after layer ${layer}`, wanted);
          const data = (got[name]?.data ?? []) as Float32Array; // what the graph gives
          const where = `${basename(file)}: ${name}`;
          worst = Math.max(worst, largestDifference(where, data, wanted));
        }
      }
      return worst;
    } finally {
      await session.release();
    }
  } finally {
    await definition.dispose();
  }
}
