import type { Repository } from "./repository.ts";

/** Which of a repository's files have to be fetched: name -> bytes. */
export async function downloadsOf(
  repository: Repository,
  files: readonly string[],
): Promise<Record<string, number>> {
  const downloads: Record<string, number> = {};
  for (const file of files) {
    const { bytes, here } = await repository.about(file);
    if (!here) downloads[`${repository.name}/${file}`] = bytes;
  }
  return downloads;
}
