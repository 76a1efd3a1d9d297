import { type FileHandle, open } from "node:fs/promises";
import { lfsPointerProblem } from "../lfs-pointer.ts";
import { readFully } from "./read-values.ts";

/**
 * Opens a file of weights and passes it to `read`, with its size and its first 100 bytes. If that fails,
 * the file is closed again.
 *
 * @param kind what the file should be, such as `safetensors`
 * @throws Error, naming the file, if it cannot be opened; TypeError if it is a folder or a Git LFS
 *   pointer; what `read` throws
 */
export async function openWeightFile<T>(
  path: string,
  kind: string,
  read: (handle: FileHandle, size: number, first: Buffer) => Promise<T>,
): Promise<T> {
  const handle = await open(path, "r").catch((cause: unknown) => {
    throw new Error(`${path}: cannot be opened (${(cause as Error).message})`, { cause });
  });
  try {
    const about = await handle.stat();
    if (about.isDirectory()) throw new TypeError(`${path}: expected a ${kind} file, got a folder`);
    const first = Buffer.alloc(Math.min(about.size, 100));
    await readFully(path, handle, first, 0);
    const pointer = lfsPointerProblem(first);
    if (pointer !== undefined) throw new TypeError(`${path}: ${pointer}`);
    return await read(handle, about.size, first);
  } catch (error) {
    await handle.close();
    throw error;
  }
}
