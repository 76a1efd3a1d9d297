import { padRows, type Ragged, row, rowCount } from "@sweetspot/artifact";
import type { Bundle } from "./bundle.ts";
import type { HiddenState, Segment, SegmentOutput } from "./segment.ts";

/** Token ids of many texts. */
export interface EncodedTexts {
  inputIds: Ragged;
  /** With the same offsets as `inputIds`. */
  tokenTypeIds: Ragged;
}

/**
 * The logits of every exit for some examples, without early exits: in order over all members, each
 * `[rows, K]`, row-major.
 *
 * @param rows which examples; padded to the longest of them
 */
export async function allExitLogits(
  bundle: Pick<Bundle, "sessions">,
  texts: EncodedTexts,
  rows: readonly number[],
): Promise<Float32Array[]> {
  const tokens = padRows(texts.inputIds, rows, { tokenTypeIds: texts.tokenTypeIds });
  const logits: Float32Array[] = [];
  for (const segments of bundle.sessions) {
    let hidden: HiddenState | undefined;
    for (const segment of segments) {
      const output: SegmentOutput = await segment.run(
        hidden === undefined ? { tokens } : { hidden, attentionMask: tokens.attentionMask },
      );
      logits.push(output.logits);
      hidden = output.hidden;
    }
  }
  return logits;
}

/**
 * Checks that a bundle's encoder can read every text; ONNX Runtime's own error for a token or position
 * outside the tables does not name the text.
 *
 * @param nameOf names a text in errors
 * @throws RangeError for the first text with an id outside the vocabulary, or with more tokens than
 *   `maxLength`
 */
export function checkTokens(
  { vocabSize = Infinity, maxLength }: Pick<Bundle, "vocabSize" | "maxLength">,
  { inputIds }: EncodedTexts,
  nameOf: (index: number) => string,
): void {
  for (let i = 0; i < rowCount(inputIds); i++) {
    const ids = row(inputIds, i);
    if (ids.length > maxLength)
      throw new RangeError(
        `${nameOf(i)}: has ${ids.length} tokens, but the bundle's encoder reads at most ${maxLength}; run the stage data with this maxLength, then train again`,
      );
    const past = ids.find((id) => id < 0 || id >= vocabSize);
    if (past !== undefined)
      throw new RangeError(
        `${nameOf(i)}: has the token id ${past}, but the bundle's encoder has only ids below ${vocabSize}; its tokenizer.json is another encoder's, train with the encoder's own`,
      );
  }
}

/** The exits of a bundle, in order over all members. */
export function exitsOf(bundle: Pick<Bundle, "sessions">): Segment[] {
  return bundle.sessions.flat();
}
