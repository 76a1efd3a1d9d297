import { listFiles } from "@huggingface/hub";
import { didYouMean } from "@sweetspot/artifact";
import { cachedFiles, checkFileName, link, placeOf, sizeOf } from "./cache.ts";
import { connect, type HubClient, type HubOptions, libraryFetch } from "./client.ts";
import { download, type HubFile } from "./download.ts";
import { isOffline } from "./environment.ts";
import { describe, pageOf, type Subject } from "./hub-error.ts";
import type { Repository } from "./repository.ts";
import { checkSource, type HubSource, isCommit } from "./source.ts";

/**
 * A repository on the Hub at one commit. Its files lie in the cache that Hugging Face's Python tools
 * share; what is there is used without a network, what is not is fetched when its path is asked for,
 * and is there only once its size and hash are right.
 *
 * @param source its revision a commit: see {@link pinRevision}
 * @throws RangeError if it is not
 */
export function openHub(
  source: HubSource & { revision: string },
  options: HubOptions = {},
): Repository {
  checkSource(source);
  const { type, name, revision } = source;
  if (!isCommit(revision))
    throw new RangeError(
      `openHub: expected the 40 hex digits of a commit of ${name}, got "${revision}"; pinRevision finds them`,
    );
  const subject: Subject = { type, name, revision, to: "read" };
  const where = describe(subject);
  let listing: Promise<HubFile[]> | undefined;
  const list = (client: HubClient) => {
    listing ??= listHub(client, subject).catch((error: unknown) => {
      listing = undefined;
      throw error;
    });
    return listing;
  };
  return {
    name: where,
    async files() {
      if (!isOffline()) return (await list(await connect(options))).map(({ path }) => path);
      const place = placeOf(source);
      const files = await cachedFiles(place, revision);
      if (files !== undefined) return files;
      throw new Error(
        `${where}: HF_HUB_OFFLINE is set, and the cache (${place.folder}) has nothing of this commit; run once without HF_HUB_OFFLINE, or give the path of a folder`,
      );
    },
    async about(file) {
      checkFileName(where, file);
      const cached = await sizeOf(placeOf(source).pointer(revision, file));
      if (cached !== undefined) return { bytes: cached, here: true };
      const client = await connect(options);
      const files = await list(client);
      const found = files.find(({ path }) => path === file);
      if (found === undefined) throw noSuchFile(client, subject, file, files);
      return { bytes: found.size, here: false };
    },
    async path(file) {
      checkFileName(where, file);
      const place = placeOf(source);
      const pointer = place.pointer(revision, file);
      if ((await sizeOf(pointer)) !== undefined) return pointer;
      if (isOffline()) {
        const here = (await cachedFiles(place, revision)) ?? [];
        throw new Error(
          `${where}: ${file}: HF_HUB_OFFLINE is set, and the cache (${place.folder}) has not this file (has: ${here.join(", ") || "none"}); run once without HF_HUB_OFFLINE, or give the path of a folder`,
        );
      }
      const client = await connect(options);
      const files = await list(client);
      const found = files.find(({ path }) => path === file);
      if (found === undefined) throw noSuchFile(client, subject, file, files);
      const blob = place.blob(found.etag);
      if ((await sizeOf(blob)) !== found.size) {
        const parts = file.split("/").map(encodeURIComponent).join("/");
        const url = `${pageOf(client.endpoint, source)}/resolve/${revision}/${parts}`;
        await download(client, url, found, blob, { ...subject, file });
      }
      await link(blob, pointer);
      return pointer;
    },
  };
}

/**
 * All files with their sizes and hashes. (@huggingface/hub's `fileDownloadInfo` would ask for each file,
 * and after the redirect to the store of large files take that store's ETag for the hash.)
 */
async function listHub(client: HubClient, subject: Subject): Promise<HubFile[]> {
  const where = describe(subject);
  const files: HubFile[] = [];
  const entries = listFiles({
    repo: { type: subject.type, name: subject.name },
    recursive: true,
    ...(subject.revision !== undefined && { revision: subject.revision }),
    hubUrl: client.endpoint,
    fetch: libraryFetch(client, subject),
  });
  for await (const { type, path, size, oid, lfs } of entries) {
    if (type !== "file") continue;
    checkFileName(where, path);
    const etag = lfs?.oid ?? oid ?? "";
    // It names a file in the cache.
    if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(etag) || !Number.isSafeInteger(size) || size < 0)
      throw new Error(
        `${where}: expected a size and a hash of ${path} in the Hub's listing, got ${JSON.stringify({ size, etag })}; check HF_ENDPOINT`,
      );
    files.push({ path, size: lfs?.size ?? size, etag });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function noSuchFile(
  client: HubClient,
  subject: Subject,
  file: string,
  files: readonly HubFile[],
): Error {
  const where = describe(subject);
  const page = `${pageOf(client.endpoint, subject)}/tree/${subject.revision}`;
  if (files.length === 0)
    return new Error(`${where}: expected a file ${file}, got no files; see ${page}`);
  const names = files.map(({ path }) => path);
  const known = didYouMean(file, names);
  const short = known.length > 500 ? `${known.slice(0, 500)}…)` : known;
  return new Error(`${where}: expected a file ${file}, ${short}; see ${page}`);
}
