import { sha256, sha256OfFile } from "@sweetspot/artifact";
import type { Repository } from "./repository.ts";

/** What a stage may read of a repository: its definitions, its weights, its texts. */
const read = /\.(json|txt|model|safetensors|bin|parquet|csv|tsv|jsonl|ndjson)$/;

/**
 * One hash of a repository's files: of their paths and their bytes, in hexadecimal. Files that no
 * stage reads, such as a README, do not count.
 */
export async function repositorySha256(repository: Repository): Promise<string> {
  const lines: string[] = [];
  for (const file of await repository.files()) {
    if (!read.test(file)) continue;
    lines.push(`${file} ${await sha256OfFile(await repository.path(file))}`);
  }
  return sha256(lines.join("\n"));
}
