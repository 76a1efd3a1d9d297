import { batchesByLength, padRows, rowCount } from "@sweetspot/artifact";
import { argmax, confidence, type ExitRuleName, exitRules, leaves, softmax } from "@sweetspot/eval";
import { type EncodedTexts, exitsOf } from "./all-exits.ts";
import type { Bundle } from "./bundle.ts";
import type { HiddenState, Segment } from "./segment.ts";

/** The classification of a text. */
export interface Classification {
  label: string;
  /** One for each label, in the bundle's order. */
  probabilities: number[];
  /** The largest of them. */
  confidence: number;
  /** The layer of the exit that answered, counted from 1. */
  exitLayer: number;
  /** How many layers ran for this text, including a multi-model's earlier members. */
  layersRun: number;
}

/** The rule by which texts leave. */
export interface Leaving {
  /** A text leaves at the first exit whose score reaches it; at Infinity none leaves before the last. */
  threshold: number;
  rule: ExitRuleName;
  /** Each exit's, over all members; by default 1. */
  temperatures: readonly number[];
}

/** The part of a bundle that answers. */
export type Cascade = Pick<Bundle, "sessions" | "labels">;

/**
 * Runs a cascade on texts, in batches of similar length. A batch shrinks as its texts leave, and the rest
 * is padded to its own longest text.
 *
 * @param batchSize how many texts go through a segment together
 * @returns one classification for each text, in their order
 * @throws Error that names the file if a segment fails
 */
export async function runCascade(
  cascade: Cascade,
  texts: EncodedTexts,
  leaving: Leaving,
  batchSize: number,
): Promise<Classification[]> {
  const results: Classification[] = [];
  const rows = Array.from({ length: rowCount(texts.inputIds) }, (_, i) => i);
  for (const batch of batchesByLength(texts.inputIds, rows, batchSize))
    await runBatch(cascade, texts, batch, leaving, results);
  return results;
}

/** Classifies the texts `asked` and writes each answer to its place in `results`. */
async function runBatch(
  bundle: Cascade,
  encoded: EncodedTexts,
  asked: readonly number[],
  leaving: Leaving,
  results: Classification[],
): Promise<void> {
  const exits = exitsOf(bundle).length;
  let waiting = [...asked];
  /** Each exit's logits so far for the texts that have not left, each `[rows, K]`. */
  let seen: Float32Array[] = [];
  let layersRun = 0;
  for (const member of bundle.sessions) {
    // A multi-model's next member starts over from the tokens.
    let batch = padRows(encoded.inputIds, waiting, { tokenTypeIds: encoded.tokenTypeIds });
    let hidden: HiddenState | undefined;
    for (const segment of member) {
      if (waiting.length === 0) return;
      const output = await segment.run(
        hidden === undefined ? { tokens: batch } : { hidden, attentionMask: batch.attentionMask },
      );
      layersRun += segment.layers;
      seen.push(output.logits);
      const scores = scoresAt(seen, exits, bundle.labels.length, leaving);
      const last = seen.length === exits;
      const places: number[] = [];
      for (const [j, row] of waiting.entries()) {
        if (last || leaves(scores[j] ?? NaN, leaving.threshold)) {
          const temperature = leaving.temperatures[seen.length - 1] ?? 1;
          const answer = answerOf(bundle, segment, output.logits, j, temperature);
          results[row] = { ...answer, layersRun };
        } else places.push(j);
      }
      const before = batch.length;
      waiting = places.map((j) => waiting[j] ?? -1);
      seen = seen.map((logits) => rowsOf(logits, places, bundle.labels.length));
      batch = padRows(encoded.inputIds, waiting, { tokenTypeIds: encoded.tokenTypeIds });
      hidden = output.hidden && shrink(output.hidden, places, Math.min(before, batch.length));
    }
  }
}

/** The score of the last exit that ran, for each row. */
function scoresAt(
  seen: readonly Float32Array[],
  exits: number,
  classes: number,
  { rule, temperatures }: Leaving,
): ArrayLike<number> {
  const input = { logits: seen, exits, classes, ...(temperatures.length > 0 && { temperatures }) };
  return exitRules[rule](input, { ...input, labels: [] }).at(-1) ?? [];
}

/** An exit's answer for one row. */
function answerOf(
  { labels }: Cascade,
  { exitLayer }: Segment,
  logits: Float32Array,
  row: number,
  temperature: number,
): Omit<Classification, "layersRun"> {
  const k = labels.length;
  const own = logits.subarray(row * k, (row + 1) * k);
  return {
    label: labels[argmax(own)] ?? "",
    probabilities: Array.from(softmax(own, temperature)),
    confidence: confidence(own, 0, k, temperature),
    exitLayer,
  };
}

/** Some rows of `[rows, width]`. */
function rowsOf(values: Float32Array, places: readonly number[], width: number): Float32Array {
  const kept = new Float32Array(places.length * width);
  for (const [i, j] of places.entries())
    kept.set(values.subarray(j * width, (j + 1) * width), i * width);
  return kept;
}

/** Keeps some rows of a hidden state `[B, T, C]`, cut to `length` tokens. */
function shrink(
  { data, shape: [, t, c] }: HiddenState,
  places: readonly number[],
  length: number,
): HiddenState {
  const kept = new Float32Array(places.length * length * c);
  for (const [i, j] of places.entries())
    kept.set(data.subarray(j * t * c, (j * t + length) * c), i * length * c);
  return { data: kept, shape: [places.length, length, c] };
}
