import { padRows, type Ragged, ragged, row, rowCount } from "@sweetspot/artifact";
import {
  activationRanges,
  type ActivationRanges,
  type Graph,
  observeActivations,
  onnxBytes,
  type QuantiseOptions,
} from "@sweetspot/compile";
import { openSession, Tensor } from "@sweetspot/runtime";
import { calibrationTexts } from "./calibration-size.ts";
import type { CheckedSentences } from "./check-member.ts";

/** At most this many tokens show how large activations get. */
const mostTokens = 1 << 14;

/** What stays float32 in int8: the exits' heads, and every table but the word embeddings. */
export const quantiseOptions: QuantiseOptions = {
  keepFloat: (name) =>
    name.startsWith("exits.") ||
    (name.endsWith("embeddings.weight") && name !== "embeddings.word_embeddings.weight"),
};

/**
 * Texts to calibrate on, spread evenly over a split, which may be sorted: 256, or fewer if these have more
 * than 16,384 tokens, and at least one.
 */
export function calibrationSentences({
  inputIds,
  tokenTypeIds,
}: CheckedSentences): CheckedSentences {
  const all = rowCount(inputIds);
  const spread = (count: number) =>
    Array.from({ length: count }, (_, i) => Math.floor((i * all) / count));
  const tokensOf = (rows: readonly number[]) =>
    rows.reduce((sum, i) => sum + row(inputIds, i).length, 0);
  let rows = spread(calibrationTexts(all));
  while (rows.length > 1 && tokensOf(rows) > mostTokens) rows = spread(rows.length >> 1);
  const chosen = (r: Ragged) => ragged(rows.map((i) => row(r, i)));
  return { inputIds: chosen(inputIds), tokenTypeIds: chosen(tokenTypeIds) };
}

/** A text's inputs of a graph, by their names. */
export type Feeds = Readonly<Record<string, Tensor>>;

/** The inputs of a model's first segment for each text alone, so that no padding is seen. */
export function firstFeeds({ inputIds, tokenTypeIds }: CheckedSentences): Feeds[] {
  return Array.from({ length: rowCount(inputIds) }, (_, i) => {
    const { batchSize, length, ...tokens } = padRows(inputIds, [i], { tokenTypeIds });
    const shape = [batchSize, length];
    return {
      inputIds: new Tensor("int32", tokens.inputIds, shape),
      tokenTypeIds: new Tensor("int32", tokens.tokenTypeIds, shape),
      attentionMask: new Tensor("float32", tokens.attentionMask, shape),
    };
  });
}

/**
 * Runs a float32 graph on texts, one at a time, and watches its activations.
 *
 * @param graph as `optimiseInference` made it
 * @param texts the graph's inputs for each
 * @returns `ranges` for `quantise`; `next`: the inputs of the segment after it, if the graph has one
 * @throws ONNX Runtime's own error if it refuses the graph
 */
export async function calibrate(
  graph: Graph,
  texts: readonly Feeds[],
): Promise<{ ranges: ActivationRanges; next: Feeds[] }> {
  // One thread: the same ranges whatever else the machine does.
  const bytes = onnxBytes(observeActivations(graph, quantiseOptions));
  const session = await openSession(bytes, { threads: 1 });
  try {
    const runs: Record<string, Tensor>[] = [];
    const next: Feeds[] = [];
    for (const feeds of texts) {
      const { nextHidden, ...outputs } = await session.run(feeds);
      runs.push(outputs);
      const { attentionMask } = feeds;
      if (nextHidden !== undefined && attentionMask !== undefined)
        next.push({ hidden: nextHidden, attentionMask });
    }
    return { ranges: activationRanges(runs), next };
  } finally {
    await session.release();
  }
}
