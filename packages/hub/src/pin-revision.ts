import { datasetInfo, modelInfo } from "@huggingface/hub";
import { cachedRef, placeOf, rememberRef } from "./transfer/cache.ts";
import { connect, type HubOptions, libraryFetch } from "./transfer/client.ts";
import { isOffline } from "./transfer/environment.ts";
import { describe, type Subject } from "./transfer/hub-error.ts";
import { checkReference, type HubReference, isCommit } from "./repository-reference.ts";

/**
 * The current commit of a branch or tag, 40 hex digits, so that later reads give the same content. A
 * commit is returned as it is. With `HF_HUB_OFFLINE` set, the last commit that this library or Python's
 * tools saw.
 *
 * @throws Error that names the repository and the fix if there is no such repository or revision, it
 *   needs a token, or the Hub cannot be reached
 */
export async function pinRevision(source: HubReference, options: HubOptions = {}): Promise<string> {
  checkReference(source);
  const { type, name, revision = "main" } = source;
  if (isCommit(revision)) return revision;
  const place = placeOf(source);
  const subject: Subject = { type, name, revision, to: "read" };
  if (isOffline()) {
    const commit = await cachedRef(place, revision);
    if (commit !== undefined && isCommit(commit)) return commit;
    throw new Error(
      `${describe(subject)}: HF_HUB_OFFLINE is set, and the cache (${place.folder}) does not know which commit "${revision}" is; run once without HF_HUB_OFFLINE, or give the path of a folder`,
    );
  }
  const client = await connect(options);
  const fetch = libraryFetch(client, subject);
  const asked = { name, revision, hubUrl: client.endpoint, fetch };
  const info: Promise<{ sha?: unknown }> =
    type === "model"
      ? modelInfo({ ...asked, additionalFields: ["sha"] })
      : datasetInfo({ ...asked, additionalFields: ["sha"] });
  const { sha } = await info.catch((error: unknown) => {
    // The library's error names no repository where an answer is not an object.
    if (error instanceof TypeError) return { sha: undefined };
    throw error;
  });
  if (typeof sha !== "string" || !isCommit(sha))
    throw new Error(
      `${describe(subject)}: expected a commit from ${client.endpoint}, got ${JSON.stringify(sha)?.slice(0, 80) ?? "none"}; check HF_ENDPOINT`,
    );
  // Only runs without a network read it, so a cache that cannot be written is no error here.
  await rememberRef(place, revision, sha).catch(() => undefined);
  return sha;
}
