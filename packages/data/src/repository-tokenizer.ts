import { readFile } from "node:fs/promises";
import type { Repository } from "@sweetspot/hub";

export async function repositoryTokenizerJson(
  repository: Repository,
): Promise<Record<string, unknown>> {
  const text = await readFile(await repository.path("tokenizer.json"), "utf8");
  return { ...(JSON.parse(text) as Record<string, unknown>), padding: null, truncation: null };
}

/** The files that a repository's tokenizer is made of. */
export async function tokenizerFiles(repository: Repository): Promise<string[]> {
  return (await repository.files()).filter((file) => file === "tokenizer.json");
}
