import { type ListFileEntry, listFiles } from "@huggingface/hub";
import { didYouMean, diskError } from "@sweetspot/artifact";
import { cachedFiles, checkFileName, link, placeOf, sizeOf } from "./transfer/cache.ts";
import { connect, type HubClient, type HubOptions, libraryFetch } from "./transfer/client.ts";
import { download, type HubFile } from "./transfer/download.ts";
import { isOffline } from "./transfer/environment.ts";
import { describe, pageOf, type Subject } from "./transfer/hub-error.ts";
import type { Repository } from "./repository.ts";
import { checkReference, type HubReference, isCommit } from "./repository-reference.ts";

/**
 * Opens a repository on the Hub at one commit. Its files are kept in the cache that Hugging Face's
 * Python tools share. Cached files need no network; others are fetched when `path` asks for them, and
 * appear only once their size and hash are right.
 *
 * @param source its revision must be a commit: see {@link pinRevision}
 * @throws RangeError if the revision is not a commit
 */
export function openHub(
  source: HubReference & { revision: string },
  options: HubOptions = {},
): Repository {
  checkReference(source);
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
  const find = async (client: HubClient, file: string) => {
    const files = await list(client);
    const found = files.find(({ path }) => path === file);
    if (found === undefined) throw noSuchFile(client, subject, file, files);
    return { found, files };
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
      const { found } = await find(await connect(options), file);
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
          `${where}: ${file}: HF_HUB_OFFLINE is set, and the cache (${place.folder}) does not have this file (it has: ${here.join(", ") || "none"}); run once without HF_HUB_OFFLINE, or give the path of a folder`,
        );
      }
      const client = await connect(options);
      const { found, files } = await find(client, file);
      checkCase(where, file, files);
      const blob = place.blob(found.etag);
      if ((await sizeOf(blob)) !== found.size) {
        const parts = file.split("/").map(encodeURIComponent).join("/");
        const url = `${pageOf(client.endpoint, source)}/resolve/${revision}/${parts}`;
        await download(client, url, found, blob, { ...subject, file });
      }
      await link(blob, pointer).catch((cause: unknown) => {
        throw diskError(`${where}: ${file}: cannot write ${pointer}`, cause);
      });
      return pointer;
    },
  };
}

/** The most files in a listing; the Hub advises at most 100,000. */
const mostFiles = 500_000;
const mostPages = 2000;
/** How long a listing may take, in multiples of `stallMs`: 10 minutes by default. */
const longestListing = 20;

/**
 * A fetch that ends a listing: the server names each next page and could go on forever.
 */
function pagesOf(client: HubClient, subject: Subject): typeof fetch {
  const asked = new Set<string>();
  const started = performance.now();
  const get = libraryFetch(client, subject);
  return (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const got = asked.has(url)
      ? "the same page again"
      : asked.size === mostPages
        ? `${mostPages} pages and more`
        : performance.now() - started > longestListing * client.stallMs
          ? `${asked.size} pages in ${Math.round((longestListing * client.stallMs) / 1000)} s and more`
          : undefined;
    if (got !== undefined)
      throw new Error(
        `${describe(subject)}: expected a listing of its files that ends, got ${got}; check HF_ENDPOINT`,
      );
    asked.add(url);
    return get(input, init);
  };
}

/** On a disk that treats both names as one, the second file would be read as the first. */
function checkCase(where: string, file: string, files: readonly HubFile[]): void {
  if (process.platform !== "win32" && process.platform !== "darwin") return;
  const folded = (path: string) => path.normalize("NFC").toLowerCase();
  const other = files.find(({ path }) => path !== file && folded(path) === folded(file));
  if (other === undefined) return;
  throw new Error(
    `${where}: ${file}: the repository also has ${other.path}, which is the same name on this disk; give the path of a folder that has only one of them`,
  );
}

/**
 * All files with their sizes and hashes. (@huggingface/hub's `fileDownloadInfo` makes a request for each
 * file and, after the redirect to the store for large files, uses the store's ETag as the hash.)
 */
async function listHub(client: HubClient, subject: Subject): Promise<HubFile[]> {
  const where = describe(subject);
  const files: HubFile[] = [];
  const entries = listFiles({
    repo: { type: subject.type, name: subject.name },
    recursive: true,
    ...(subject.revision !== undefined && { revision: subject.revision }),
    hubUrl: client.endpoint,
    fetch: pagesOf(client, subject),
  });
  for await (const entry of checked(entries, where)) {
    const { type, path, size, oid, lfs } = entry;
    if (type !== "file") continue;
    checkFileName(where, path);
    const etag: unknown = lfs?.oid ?? oid;
    const bytes: unknown = lfs?.size ?? size;
    // The hash becomes a file name in the cache.
    const hash = typeof etag === "string" && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(etag);
    if (!hash || typeof bytes !== "number" || !Number.isSafeInteger(bytes) || bytes < 0)
      throw new Error(
        `${where}: expected a size and a hash of ${path} in the Hub's listing, got ${JSON.stringify({ size: bytes, etag }).slice(0, 200)}; check HF_ENDPOINT`,
      );
    files.push({ path, size: bytes, etag });
    if (files.length > mostFiles)
      throw new RangeError(
        `${where}: expected at most ${mostFiles} files, got more; check HF_ENDPOINT`,
      );
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  const twice = files.find(({ path }, i) => path === files[i - 1]?.path);
  if (twice !== undefined)
    throw new Error(
      `${where}: expected each file once in the Hub's listing, got ${twice.path} twice; check HF_ENDPOINT`,
    );
  return files;
}

/**
 * The entries of a listing as they arrive, checked. The library trusts the server, and where an answer
 * is not a list its error names no repository.
 */
async function* checked(
  entries: AsyncIterable<ListFileEntry>,
  where: string,
): AsyncGenerator<ListFileEntry> {
  const wrong = (got: string, cause?: unknown) =>
    new Error(
      `${where}: expected a list of files in the Hub's listing, got ${got}; check HF_ENDPOINT`,
      { cause },
    );
  try {
    for await (const entry of entries) {
      const { path } = (entry ?? {}) as Partial<ListFileEntry>;
      if (typeof path !== "string") throw wrong(JSON.stringify(entry).slice(0, 80));
      yield entry;
    }
  } catch (error) {
    throw error instanceof TypeError ? wrong(`other JSON (${error.message})`, error) : error;
  }
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
