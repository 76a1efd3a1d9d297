import { constants, isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import { lfsPointerProblem } from "@sweetspot/artifact";

/**
 * Reads a file that must be UTF-8.
 *
 * @returns its content, without a byte order mark
 * @throws Error if it cannot be read; TypeError that gives the line and byte where it is not UTF-8
 */
export async function readTextFile(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`${path}: ${whyUnreadable(cause)}`, { cause });
  });
  if (bytes.length > constants.MAX_STRING_LENGTH) {
    throw new RangeError(
      `${path}: expected at most ${constants.MAX_STRING_LENGTH} bytes, got ${bytes.length}; keep a sample of its rows`,
    );
  }
  const other = otherFormat(bytes);
  if (other !== undefined) throw new TypeError(`${path}: ${other}`);
  if (!isUtf8(bytes)) throw new TypeError(`${path}: ${whereNotUtf8(bytes)}`);
  return new TextDecoder().decode(bytes);
}

/** The first bytes of files that are not text, and what to do with them. */
const packed: readonly (readonly [readonly number[], string])[] = [
  [[0x1f, 0x8b], "is compressed by gzip; unpack it first (gunzip)"],
  [[0x42, 0x5a, 0x68], "is compressed by bzip2; unpack it first (bunzip2)"],
  [[0x28, 0xb5, 0x2f, 0xfd], "is compressed by zstd; unpack it first (unzstd)"],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], "is compressed by xz; unpack it first (unxz)"],
  [
    [0x50, 0x4b, 0x03, 0x04],
    "is a ZIP archive or a spreadsheet; unpack it, or save it as CSV in UTF-8",
  ],
  [[0x50, 0x41, 0x52, 0x31], "is a parquet file; set format to parquet"],
];

/** The problem with bytes that are in another format than UTF-8. */
function otherFormat(bytes: Uint8Array): string | undefined {
  const pointer = lfsPointerProblem(bytes);
  if (pointer !== undefined) return pointer;
  for (const [magic, problem] of packed)
    if (magic.every((byte, i) => bytes[i] === byte)) return problem;
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return "expected UTF-8, got UTF-16; save it as UTF-8";
  // In UTF-16, every other byte of Latin text is 0.
  const zeros = [0, 0];
  const end = Math.min(bytes.length, 4096);
  for (let i = 0; i < end; i++) if (bytes[i] === 0) zeros[i % 2] = (zeros[i % 2] ?? 0) + 1;
  for (const [at, name] of [
    [1, "UTF-16LE"],
    [0, "UTF-16BE"],
  ] as const)
    if ((zeros[at] ?? 0) > end / 6 && (zeros[1 - at] ?? 0) < (zeros[at] ?? 0) / 4)
      return `expected UTF-8, got UTF-16 without a byte order mark; save it as UTF-8 (iconv -f ${name} -t UTF-8)`;
  return undefined;
}

/** Why a file cannot be read, and what to do. */
export function whyUnreadable({ code, message }: NodeJS.ErrnoException): string {
  if (code === "ENOENT") return `no such file (looked from ${process.cwd()})`;
  if (code === "EISDIR") return "expected a file, got a folder";
  if (code === "EACCES") return "permission denied; make it readable";
  if (code === "ERR_FS_FILE_TOO_LARGE")
    return "is over 2 GiB; keep a sample of its rows, or save it as parquet";
  return `cannot be read (${message})`;
}

function whereNotUtf8(bytes: Uint8Array): string {
  const at = firstInvalid(bytes);
  const line = bytes.subarray(0, at).reduce((n, byte) => (byte === 10 ? n + 1 : n), 1);
  const hex = (bytes[at] ?? 0).toString(16).padStart(2, "0");
  return `line ${line}: expected UTF-8, got the byte 0x${hex} at offset ${at}; save it as UTF-8 (from Windows-1252: iconv -f WINDOWS-1252 -t UTF-8)`;
}

/** The offset of the first sequence that is not UTF-8, by bisection. */
function firstInvalid(bytes: Uint8Array): number {
  let good = 0;
  let bad = bytes.length + 1;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (beginsCharacters(bytes.subarray(0, middle))) good = middle;
    else bad = middle;
  }
  // Up to three bytes of an unfinished character.
  while (!isUtf8(bytes.subarray(0, good))) good--;
  return good;
}

/** Whether bytes are UTF-8, where the last character may be cut short. */
function beginsCharacters(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
