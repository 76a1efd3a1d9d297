import { inspect } from "node:util";
import { padRows, ragged } from "@sweetspot/artifact";
import {
  argmax,
  confidence,
  type ExitRuleName,
  exitRuleNames,
  exitRules,
  leaves,
  softmax,
} from "@sweetspot/eval";
import { checkTokens, type EncodedTexts, exitsOf } from "./all-exits.ts";
import type { Bundle } from "./bundle.ts";
import type { HiddenState, Segment } from "./segment.ts";

/** A text, or a pair of them. */
export type TextInput = string | readonly [string, string];

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

/** Options of `classify`. */
export interface ClassifyOptions {
  /** A text leaves at the first exit whose score reaches this, in [0, 1]; 1 requires certainty. */
  threshold: number;
  /** The exit rule; by default the largest probability. `learned` is not available: a bundle does not contain its regressions. */
  rule?: Exclude<ExitRuleName, "learned">;
  /** Divide each exit's logits, over all members, such as those of `results.json`; by default 1. */
  temperatures?: readonly number[];
  /** How many texts go through a segment together. */
  batchSize?: number;
}

/**
 * Classifies each text by the first exit whose score reaches the threshold. A batch shrinks as its texts
 * leave, and the rest is padded to its own longest text.
 *
 * @returns one classification for each text, in their order
 * @throws TypeError if the texts are not an array of strings or of pairs, whichever the bundle reads, or
 *   the threshold is not a number; RangeError if the threshold is outside [0, 1], the rule does not
 *   exist, the temperatures are not one above 0 for each exit, the batch size is not a positive whole
 *   number, or there is no text; RangeError that names the text, by its index, if it is empty (training
 *   leaves such texts out) or has a token that the encoder does not have; Error that names the file if a
 *   segment fails
 */
export async function classify(
  bundle: Bundle,
  texts: readonly TextInput[],
  options: ClassifyOptions,
): Promise<Classification[]> {
  checkTypes(texts, options);
  const { threshold, rule = "max-probability", batchSize = 32, temperatures = [] } = options;
  if (!(threshold >= 0 && threshold <= 1))
    throw new RangeError(`classify: threshold must be within [0, 1], got ${threshold}`);
  const rules = exitRuleNames.filter((name) => name !== "learned");
  if (!rules.includes(rule))
    throw new RangeError(`classify: rule must be one of ${rules.join(", ")}, got ${String(rule)}`);
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new RangeError(`classify: batchSize must be a positive whole number, got ${batchSize}`);
  const exits = exitsOf(bundle).length;
  if (temperatures.length > 0 && temperatures.length !== exits)
    throw new RangeError(
      `classify: temperatures must be one for each of ${exits} exits, got ${temperatures.length}`,
    );
  const bad = temperatures.find((t) => !(t > 0 && Number.isFinite(t)));
  if (bad !== undefined) throw new RangeError(`classify: temperatures must be above 0, got ${bad}`);
  if (texts.length === 0) throw new RangeError("classify: expected at least one text, got none");
  const encoded = encode(bundle, texts);
  const results = new Map<number, Classification>();
  const rows = [...texts.keys()];
  for (let begin = 0; begin < rows.length; begin += batchSize) {
    const asked = rows.slice(begin, begin + batchSize);
    await classifyBatch(bundle, encoded, asked, { threshold, rule, temperatures }, results);
  }
  return rows.map((i) => {
    const result = results.get(i);
    if (result === undefined) throw new Error(`classify: text ${i} got no answer`);
    return result;
  });
}

/** JavaScript callers have no compiler that checks these types. */
function checkTypes(texts: unknown, options: unknown): void {
  const threshold = (options as Partial<ClassifyOptions> | null | undefined)?.threshold;
  if (typeof threshold !== "number")
    throw new TypeError(
      `classify: expected options with a threshold, a number within [0, 1], got ${inspected(options)}`,
    );
  if (!Array.isArray(texts))
    throw new TypeError(`classify: expected an array of texts, got ${inspected(texts)}`);
  for (const [i, text] of texts.entries()) {
    const parts: unknown[] = Array.isArray(text) && text.length === 2 ? text : [text];
    if (!parts.every((part) => typeof part === "string"))
      throw new TypeError(
        `classify: text ${i} must be a string or a pair of strings, got ${inspected(text)}`,
      );
  }
}

function inspected(value: unknown): string {
  return inspect(value, { breakLength: Infinity }).slice(0, 80);
}

/** The rule by which texts leave. */
interface Leaving {
  threshold: number;
  rule: ExitRuleName;
  temperatures: readonly number[];
}

async function classifyBatch(
  bundle: Bundle,
  encoded: EncodedTexts,
  asked: readonly number[],
  leaving: Leaving,
  results: Map<number, Classification>,
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
          results.set(row, { ...answer, layersRun });
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
  { labels }: Bundle,
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

function encode(bundle: Bundle, texts: readonly TextInput[]): EncodedTexts {
  const { maxLength, tokenizer } = bundle;
  const rows = texts.map((text, i) => {
    const single = typeof text === "string";
    if (single === bundle.pairs)
      throw new TypeError(
        `classify: text ${i} must be ${single ? "a pair of strings" : "one string"}, as in training, got ${inspected(text)}`,
      );
    const [first, second] = single ? [text, undefined] : text;
    const encoded = tokenizer.encode(first, second, { maxLength });
    if (encoded.empty)
      throw new RangeError(
        `classify: text ${i} is empty: it has no token, got ${inspected(text)}; training leaves such texts out, leave it out here too`,
      );
    return encoded;
  });
  const encoded = {
    inputIds: ragged(rows.map((r) => r.inputIds)),
    tokenTypeIds: ragged(rows.map((r) => r.tokenTypeIds)),
  };
  checkTokens(bundle, encoded, (i) => `classify: text ${i}`);
  return encoded;
}
