import { constants, isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";

/**
 * Reads a file that must be UTF-8.
 *
 * @returns its content, without the byte order mark that it may begin with
 * @throws Error if it cannot be read; TypeError that tells the line and byte where it is not UTF-8
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
  if (!isUtf8(bytes)) throw new TypeError(`${path}: ${whereNotUtf8(bytes)}`);
  return new TextDecoder().decode(bytes);
}

/** Why a file cannot be read, and what to do. */
export function whyUnreadable({ code, message }: NodeJS.ErrnoException): string {
  if (code === "ENOENT") return `no such file (looked from ${process.cwd()})`;
  if (code === "EISDIR") return "expected a file, got a folder";
  if (code === "EACCES") return "permission denied; make it readable";
  return `cannot be read (${message})`;
}

function whereNotUtf8(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return "expected UTF-8, got UTF-16; save it as UTF-8";
  const at = firstInvalid(bytes);
  const line = bytes.subarray(0, at).reduce((n, byte) => (byte === 10 ? n + 1 : n), 1);
  const hex = (bytes[at] ?? 0).toString(16).padStart(2, "0");
  return `line ${line}: expected UTF-8, got the byte 0x${hex} at offset ${at}; save it as UTF-8 (from Windows-1252: iconv -f WINDOWS-1252 -t UTF-8)`;
}

/** Where the first sequence that is not UTF-8 begins, by bisection. */
function firstInvalid(bytes: Uint8Array): number {
  let good = 0;
  let bad = bytes.length + 1;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (beginsCharacters(bytes.subarray(0, middle))) good = middle;
    else bad = middle;
  }
  // Up to three bytes of a character that is not finished.
  while (!isUtf8(bytes.subarray(0, good))) good--;
  return good;
}

/** Whether bytes are UTF-8, the last character perhaps cut short. */
function beginsCharacters(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
