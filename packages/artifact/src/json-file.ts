import { readFile, stat } from "node:fs/promises";
import type { z } from "zod";
import { lfsPointerProblem } from "./lfs-pointer.ts";
import { parse } from "./parse.ts";

/** Deeper than any model or data file, and far from overflowing the stack. */
const mostDepth = 500;

/** Above this V8 cannot make a string, so a clear error comes first. */
const mostBytes = 1 << 29;

/**
 * Parses JSON from outside.
 *
 * @param where names the file, and the place in it, in errors
 * @throws TypeError if it is not JSON; RangeError if arrays and objects are nested more than 500 deep,
 *   which would overflow the stack of code that walks them
 */
export function parseJson(text: string, where: string): unknown {
  if (isDeeper(text, mostDepth))
    throw new RangeError(
      `${where}: expected JSON of at most ${mostDepth} levels of arrays and objects, got more`,
    );
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { message } = cause as Error;
    throw new TypeError(`${where}: expected JSON, got ${message}`, { cause });
  }
}

/**
 * Reads a JSON file in UTF-8; a byte order mark is skipped.
 *
 * @param most how many bytes it may have
 * @throws Error that names the file if it cannot be read; TypeError if it is a Git LFS pointer, not UTF-8
 *   or not JSON; RangeError if it is larger than `most`, or nested as `parseJson` refuses
 */
export async function readJson(path: string, most: number = mostBytes): Promise<unknown> {
  const bytes = await readBytes(path, most);
  const pointer = lfsPointerProblem(bytes);
  if (pointer !== undefined) throw new TypeError(`${path}: ${pointer}`);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new TypeError(`${path}: expected JSON in UTF-8, got other bytes`, { cause });
  }
  return parseJson(text, path);
}

/** Reads a JSON file as `readJson` does, and checks it. @throws as `readJson` and `parse` do */
export async function readJsonAs<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  return parse(schema, await readJson(path), path);
}

async function readBytes(path: string, most: number): Promise<Uint8Array> {
  const unreadable = (cause: unknown) => {
    throw new Error(`${path}: cannot be read (${(cause as Error).message})`, { cause });
  };
  const { size } = await stat(path).catch(unreadable);
  if (size > most)
    throw new RangeError(`${path}: expected JSON of at most ${most} bytes, got ${size}`);
  return readFile(path).catch(unreadable);
}

/** Whether brackets outside strings are nested more than `most` deep. */
function isDeeper(text: string, most: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 0x5c) i++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > most) return true;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return false;
}
