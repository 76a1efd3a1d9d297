import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, type FileHandle, mkdir, open, rename, rm, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { diskError, sha256OfFile, withLock } from "@sweetspot/artifact";
import { sizeOf } from "./cache.ts";
import { bodyOf, type HubClient } from "./client.ts";
import { describe, HubError, PassingError, type Subject } from "./hub-error.ts";
import { isBroken, persist, watch } from "./persist.ts";
import { progressLines } from "./progress.ts";

/** A file in the Hub's listing. */
export interface HubFile {
  path: string;
  size: number;
  /** Its hash: sha256 if it is in the store for large files, else git's blob sha1. Its name in the cache. */
  etag: string;
}

/** A broken transfer counts as progress from this many new bytes on. */
const goodPiece = 1 << 20;

/** The downloads in progress in this process, by blob; a second request waits for the first. */
const fetching = new Map<string, Promise<void>>();

/**
 * Fetches a file into the cache, whole or not at all.
 *
 * @huggingface/hub's `downloadFileToCacheDir` does not: it starts over after a break, accepts whatever
 * bytes arrive, and lets two processes write to one file. Its `downloadFile` fetches large files in
 * pieces (xet), which cannot be checked before all have arrived; every file's `resolve` URL gives the
 * same bytes and can resume.
 *
 * @param blob the path to write
 * @throws Error that names the repository, the file and the fix
 */
export function download(
  client: HubClient,
  url: string,
  file: HubFile,
  blob: string,
  subject: Subject,
): Promise<void> {
  const running = fetching.get(blob);
  if (running !== undefined) return running;
  const started = locked({ client, url, file, subject }, blob)
    .catch((error: unknown) => {
      throw diskError(`${describe(subject)}: cannot write ${blob}`, error);
    })
    .finally(() => fetching.delete(blob));
  fetching.set(blob, started);
  return started;
}

/** What is fetched, and from where. */
interface Transfer {
  client: HubClient;
  url: string;
  file: HubFile;
  subject: Subject;
}

async function locked(transfer: Transfer, blob: string): Promise<void> {
  const { client, file, subject } = transfer;
  await mkdir(dirname(blob), { recursive: true });
  const waiting = () =>
    client.log(`${describe(subject)}: waiting for another process that is fetching it`);
  // Python's tools write to `<etag>.incomplete`, under a lock that Node cannot take. So as not to share
  // that file with them, this program has its own, which starts as a copy of theirs.
  const incomplete = `${blob}.sweetspot.incomplete`;
  await withLock(`${incomplete}.lock`, waiting, async () => {
    if ((await sizeOf(blob)) === file.size) return;
    const theirs = `${blob}.incomplete`;
    if ((await sizeOf(incomplete)) === undefined && (await sizeOf(theirs)) !== undefined)
      await copyFile(theirs, incomplete);
    await checkSpace(file.size - ((await sizeOf(incomplete)) ?? 0), blob, subject);
    for (let again = false; ; again = true) {
      const problem = (await fetchAll(transfer, incomplete)) ?? (await wrongHash(incomplete, file));
      if (problem === undefined) break;
      await rm(incomplete, { force: true });
      const message = `${describe(subject)}: ${problem}`;
      if (again)
        throw new Error(
          `${message}, twice; nothing was kept: a proxy may change what passes through it, or the Hub's copy is broken`,
        );
      client.log(`${message}; fetching it again`);
    }
    await rename(incomplete, blob);
  });
}

/** Checks for space before the disk is full: a listing may claim any size. */
async function checkSpace(bytes: number, blob: string, subject: Subject): Promise<void> {
  const disk = await statfs(dirname(blob)).catch(() => undefined);
  // Some file systems do not report it.
  if (disk === undefined || disk.blocks === 0) return;
  const free = disk.bavail * disk.bsize;
  if (bytes > free)
    throw new Error(
      `${describe(subject)}: needs ${bytes} bytes, but the disk of ${dirname(blob)} has ${free}; free some, or set HF_HOME to a folder on another disk`,
    );
}

/**
 * Fetches the missing rest of a file, with retries.
 *
 * @returns the problem, if the bytes cannot be part of the file
 */
async function fetchAll(transfer: Transfer, path: string): Promise<string | undefined> {
  const { client, file, subject } = transfer;
  // Not "a", which always writes at the current end.
  const handle = await open(path, "r+").catch(() => open(path, "w+"));
  try {
    let have = (await handle.stat()).size;
    const beginAnew = async () => {
      if (have > 0) await handle.truncate();
      have = 0;
    };
    if (have > file.size) await beginAnew();
    const report = progressLines({ label: describe(subject), size: file.size, have }, client.log);
    // The furthest of all attempts: a server that cuts and starts over forever makes no progress.
    let furthest = have;
    const passing = (what: string, more: { cause?: unknown; afterMs?: number } = {}) => {
      const progress = have - furthest >= goodPiece;
      if (progress) furthest = have;
      const message = `${describe(subject)}: ${what}`;
      return new PassingError(message, "run again: it goes on from there", { ...more, progress });
    };
    const attempt = async () => {
      if (have === file.size) return undefined;
      const stall = watch(client.stallMs);
      try {
        const response = await askFrom(transfer, have, stall.signal);
        if (response === undefined) {
          await beginAnew();
          const what = "the server cannot resume the transfer, so it starts over";
          throw passing(what, { afterMs: 0 });
        }
        // 200: the server ignores Range.
        if (response.status !== 206) await beginAnew();
        for await (const chunk of bodyOf(response)) {
          if (have + chunk.length > file.size) return `expected ${file.size} bytes, got more`;
          await writeAt(handle, chunk, have);
          have += chunk.length;
          stall.touch(chunk.length);
          report(have);
        }
      } catch (error) {
        if (!isBroken(error)) throw error;
        const why = error.cause instanceof Error ? error.cause.message : error.message;
        const what = `the transfer broke off after ${have} of ${file.size} bytes (${why})`;
        throw passing(what, { cause: error });
      } finally {
        stall.stop();
      }
      if (have < file.size) throw passing(`the transfer ended after ${have} of ${file.size} bytes`);
      return undefined;
    };
    const problem = await persist(client, attempt);
    if (problem !== undefined) return problem;
    await handle.sync();
    return undefined;
  } finally {
    await handle.close();
  }
}

/** Requests a file from byte `have` on; undefined if the server cannot resume there. */
async function askFrom(
  { client, url, subject }: Transfer,
  have: number,
  signal: AbortSignal,
): Promise<Response | undefined> {
  const headers = {
    // In a compressed answer the offsets would be different.
    "Accept-Encoding": "identity",
    ...(have > 0 && { Range: `bytes=${have}-` }),
  };
  const response = await client
    .exchange(url, { headers, signal }, subject)
    .catch((error: unknown) => {
      if (have > 0 && error instanceof HubError && error.status === 416) return undefined;
      throw error;
    });
  if (response?.status !== 206) return response;
  const [, from] = /^bytes (\d+)-/.exec(response.headers.get("Content-Range") ?? "") ?? [];
  if (Number(from) === have) return response;
  await response.body?.cancel();
  return undefined;
}

async function writeAt(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    const left = chunk.length - done;
    done += (await handle.write(chunk, done, left, position + done)).bytesWritten;
  }
}

/** The problem if the bytes do not have the file's hash. */
async function wrongHash(path: string, { etag, size }: HubFile): Promise<string | undefined> {
  const large = etag.length === 64;
  const actual = large ? await sha256OfFile(path) : await gitHash(path, size);
  return actual === etag
    ? undefined
    : `expected ${large ? "sha256" : "git's sha1"} ${etag}, got ${actual}`;
}

/** Git's hash of a file: sha1 of `blob SIZE`, a zero byte, and the content. */
async function gitHash(path: string, size: number): Promise<string> {
  const hash = createHash("sha1").update(`blob ${size}\0`);
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
