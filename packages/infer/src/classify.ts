import { inspect } from "node:util";
import { ragged } from "@sweetspot/artifact";
import { type ExitRuleName, exitRuleNames } from "@sweetspot/eval";
import { checkTokens, type EncodedTexts, exitsOf } from "./all-exits.ts";
import type { Bundle } from "./bundle.ts";
import { type Classification, runCascade } from "./run-cascade.ts";

/** A text, or a pair of them. */
export type TextInput = string | readonly [string, string];

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
 * Classifies each text by the first exit whose score reaches the threshold, in batches of texts of similar
 * length. A batch shrinks as its texts leave, and the rest is padded to its own longest text.
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
  return runCascade(
    bundle,
    encodeTexts(bundle, texts),
    { threshold, rule, temperatures },
    batchSize,
  );
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

/** The token ids of texts. @throws as `classify` does for a text */
export function encodeTexts(
  bundle: Pick<Bundle, "maxLength" | "tokenizer" | "pairs" | "vocabSize">,
  texts: readonly TextInput[],
): EncodedTexts {
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
