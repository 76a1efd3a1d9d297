import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { repositoryTokenizerJson } from "../files/repository-tokenizer.ts";
import { textTokenizer } from "../tokenizer.ts";
import { folderFiles, minilmTokenizerJson } from "./folder-files.ts";

const reference = new URL("../../reference/", import.meta.url);

/** The folder of a tokenizer in `reference/encoders`. */
export function encoderFolder(name: string): string {
  return fileURLToPath(new URL(`encoders/${name}/`, reference));
}

/** The strings on which tokenizers are compared. */
export const strings: readonly string[] = lines("strings.jsonl").map((line) => line as string);

/** How far after a string the second of its pair is; see `reference/train_tokenizers.py`. */
const pairStep = 701;

/** The definitions of the tokenizers of `reference/encoders`, by name. */
export const tokenizers: Readonly<Record<string, () => Promise<Record<string, unknown>>>> = {
  minilm: async () => minilmTokenizerJson(),
  "wordpiece-uncased": () => ofFolder("wordpiece-uncased"),
  "wordpiece-cased": () => ofFolder("wordpiece-cased"),
  roberta: () => ofFolder("roberta"),
  deberta: () => ofFolder("deberta"),
  "deberta-v2": () => ofFolder("deberta-v2"),
  "deberta-v2-composed": async () => ({ ...(await ofFolder("deberta-v2")), normalizer: composing }),
  "xlm-roberta": () => ofFolder("xlm-roberta"),
};

/** What transformers 5.23's class for DeBERTa's second version uses instead of the charsmap. */
const composing = {
  type: "Sequence",
  normalizers: [
    { type: "Replace", pattern: { Regex: String.raw`\s{2,}|[\n\r\t]` }, content: " " },
    { type: "NFC" },
    { type: "Strip", strip_left: false, strip_right: true },
  ],
};

/** A string whose ids, or whose pair's ids and types, differ from Hugging Face's. */
export interface Mismatch {
  line: number;
  text: string;
  /** Only if the string alone differs. */
  expected?: number[];
  got: number[];
}

/** How a tokenizer compares with Hugging Face's, over all strings, alone and in truncated pairs. */
export interface Parity {
  tokenizer: string;
  strings: number;
  mismatches: Mismatch[];
}

/** Compares one of `tokenizers` with Hugging Face's ids. */
export async function tokenizerParity(name: string): Promise<Parity> {
  const definition = await tokenizers[name]?.();
  const tokenizer = textTokenizer(definition);
  // As train_tokenizers.py writes them, after a line that says how they were made.
  const expected = lines(`encoders/${name}.jsonl`).slice(1) as [string, string][];
  const mismatches = expected.flatMap(([packed, checksum], i): Mismatch[] => {
    const text = strings[i] ?? "";
    const line = i + 1;
    const ids = unpacked(packed);
    const alone = tokenizer.encode(text, undefined, { maxLength: 10_000 });
    if (alone.inputIds.join() !== ids.join() || alone.tokenTypeIds.some((t) => t !== 0)) {
      return [{ line, text, expected: ids, got: alone.inputIds }];
    }
    const second = strings[(i + pairStep) % strings.length];
    const pair = tokenizer.encode(text, second, { maxLength: 8 + (i % 37) });
    if (checksumOf(pair) === checksum) return [];
    return [{ line, text: `${text} | ${second}`, got: pair.inputIds }];
  });
  return { tokenizer: name, strings: expected.length, mismatches };
}

/** The strings joined as in `long_string` of `reference/train_tokenizers.py`, without lone surrogates. */
export const longStrings: readonly string[] = (() => {
  const separators = [" ", "\n", "", "\r\n\r\n", "   ", "\t", " \u2014 ", "\u0301"];
  const whole = strings.map((text) => text.replace(/[\ud800-\udfff]/gu, "\ufffd"));
  return Array.from({ length: 500 }, (_, k) =>
    Array.from({ length: 4 + ((k * k) % 97) }, (__, i) => whole[(31 * k + 17 * i) % 2000]).join(
      separators[k % separators.length],
    ),
  );
})();

/** The indices of `longStrings` whose ids, or whose pair's, differ from Hugging Face's. */
export async function longParity(name: string): Promise<number[]> {
  const tokenizer = textTokenizer(await tokenizers[name]?.());
  const rows = lines("encoders/long.jsonl").slice(1) as [string, ...string[]][];
  const [, ...expected] = rows.find(([of]) => of === name) ?? [name];
  return longStrings.flatMap((text, k) => {
    const alone = tokenizer.encode(text, undefined, { maxLength: 1_000_000 });
    const next = longStrings[(k + 1) % longStrings.length];
    const pair = tokenizer.encode(text, next, { maxLength: 64 + k });
    const got = `${alone.inputIds.length} ${checksumOf(alone)} ${checksumOf(pair)}`;
    return got === expected[k] ? [] : [k];
  });
}

async function ofFolder(name: string): Promise<Record<string, unknown>> {
  return await repositoryTokenizerJson(folderFiles(encoderFolder(name)));
}

function lines(file: string): unknown[] {
  const text = readFileSync(new URL(file, reference), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

/** Decodes ids from their differences: zigzag, LEB128, base64. */
function unpacked(packed: string): number[] {
  const ids: number[] = [];
  let last = 0;
  let step = 0;
  let shift = 0;
  for (const byte of Buffer.from(packed, "base64")) {
    step |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte >= 0x80) continue;
    last += step & 1 ? -(step >>> 1) - 1 : step >>> 1;
    ids.push(last);
    step = 0;
    shift = 0;
  }
  return ids;
}

function checksumOf(pair: { inputIds: number[]; tokenTypeIds: number[] }): string {
  const text = `${pair.inputIds.join()};${pair.tokenTypeIds.join()}`;
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
