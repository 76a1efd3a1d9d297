import { sha256, sha256OfFile } from "@sweetspot/artifact";
import type { Repository } from "./repository.ts";

/** The files of a repository that a stage may read: definitions, weights, texts. */
const read = /\.(json|txt|model|safetensors|bin|parquet|csv|tsv|jsonl|ndjson)$/;

/**
 * The hash of a repository's files, their paths and their bytes, in hexadecimal. Files that no stage
 * reads, such as a README, do not count.
 */
export async function repositorySha256(repository: Repository): Promise<string> {
  const lines: string[] = [];
  for (const file of await repository.files()) {
    if (!read.test(file)) continue;
    lines.push(`${file} ${await sha256OfFile(await repository.path(file))}`);
  }
  return sha256(lines.join("\n"));
}
