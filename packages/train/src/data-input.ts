import { readFile } from "node:fs/promises";
import { type Artifact, type EncodedSplit, parse, readJson } from "@sweetspot/artifact";
import { encoderTokenizerJson } from "@sweetspot/data";
import { type EncoderConfig, longestText } from "@sweetspot/model";
import { z } from "zod";
import { encoderName, type TrainSettings } from "./settings.ts";

/** The classes' names, in the order of the logits. @throws TypeError that names the file */
export async function readLabels(data: Artifact): Promise<string[]> {
  const file = data.path("labels.json");
  return parse(z.array(z.string()).min(2), await readJson(file), file);
}

/** @throws RangeError if the data were tokenized for another encoder */
export async function checkTokenizer(
  data: Artifact,
  encoder: TrainSettings["encoder"],
): Promise<void> {
  const file = data.path("tokenizer.json");
  const expected = JSON.stringify(await encoderTokenizerJson(encoder));
  if ((await readFile(file, "utf8")).trim() !== expected) {
    throw new RangeError(
      `${file}: expected the tokenizer of the encoder ${encoderName(encoder)}, got another; run the stage data with this encoder`,
    );
  }
}

/**
 * Checks that an encoder reads every text of a split, and that its labels are classes.
 *
 * @param where begins the error
 * @throws RangeError for a text that is too long, an unknown token or an unknown label
 */
export function checkSplit(
  { inputIds, labels }: EncodedSplit,
  config: EncoderConfig,
  classes: number,
  where: string,
): void {
  const longest = rowLengths(inputIds).reduce((a, b) => Math.max(a, b), 0);
  const most = longestText(config);
  if (longest > most) {
    throw new RangeError(
      `${where}: the encoder reads up to ${most} tokens, a text has ${longest}; run the stage data with a lower maxLength`,
    );
  }
  checkIds(inputIds.values, config.vocabSize);
  const wrong = labels.find((label) => label < 0 || label >= classes);
  if (wrong !== undefined) {
    throw new RangeError(
      `${where}: labels must be from 0 to ${classes - 1}, one for each class, got ${wrong}`,
    );
  }
}

/** The tokens of each row. */
export function rowLengths({ offsets }: EncodedSplit["inputIds"]): number[] {
  return Array.from(offsets.subarray(1), (end, i) => end - (offsets[i] ?? 0));
}

/** @throws RangeError for an id outside the vocabulary */
export function checkIds(ids: Int32Array, vocabulary: number): void {
  const wrong = ids.find((id) => id < 0 || id >= vocabulary);
  if (wrong === undefined) return;
  throw new RangeError(
    `token id ${wrong}: outside of the encoder's vocabulary of ${vocabulary}; run the stage data with this encoder`,
  );
}
