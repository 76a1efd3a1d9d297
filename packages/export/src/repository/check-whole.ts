import { basename } from "node:path";
import type { PaddedBatch } from "@sweetspot/artifact";
import type { Graph } from "@sweetspot/compile";
import type { Checkpoint } from "@sweetspot/model";
import { Tensor } from "@sweetspot/runtime";
import type { Feeds } from "../calibration.ts";
import { type CheckedSentences, checkLogits } from "../check-member.ts";
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
  sentences: CheckedSentences,
): Promise<number> {
  const where = basename(file);
  return checkLogits(checkpoint, [file], sentences, where, async ([session], batch) => {
    const inputs = (session?.inputNames ?? []).map((name) => ({ name }));
    const got = await session?.run(wholeFeeds({ inputs }, batch));
    return checkpoint.exitLayers.map((layer) => {
      const name = logitsName(checkpoint.exitLayers, layer);
      return [`${where}: ${name}`, (got?.[name]?.data ?? []) as Float32Array]; // what the graph gives
    });
  });
}

/** A batch as the inputs of a whole model's graph. */
export function wholeFeeds(
  { inputs }: { inputs: readonly Pick<Graph["inputs"][number], "name">[] },
  { batchSize, length, inputIds, attentionMask, tokenTypeIds }: PaddedBatch,
): Feeds {
  const int64 = (values: ArrayLike<number>) =>
    new Tensor("int64", BigInt64Array.from(Array.from(values), BigInt), [batchSize, length]);
  return {
    input_ids: int64(inputIds),
    attention_mask: int64(attentionMask),
    ...(inputs.some((i) => i.name === "token_type_ids") && {
      token_type_ids: int64(tokenTypeIds),
    }),
  };
}
