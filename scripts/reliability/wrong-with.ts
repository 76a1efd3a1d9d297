/** The longest time that reading a damaged file may take. */
const longestMs = 1000;

/** JavaScript's own messages, which say nothing about a file. */
const raw =
  /Maximum call stack|Invalid (typed )?array length|Cannot read propert|is not (a function|iterable)|out of (memory|bounds|range)|Unexpected token|Invalid string length/;

/**
 * What is wrong with how a reader handled a damaged file; undefined if it read the file, or refused it
 * with an error that a person can act on.
 *
 * @param result the error, or undefined if the file was read
 * @param hashed whether the file's hash is known, so that it must be refused
 */
export function wrongWith(
  result: { error: unknown } | undefined,
  about: { file: string; folder: string; ms: number; hashed: boolean },
): string | undefined {
  const { file, folder, ms, hashed } = about;
  if (ms > longestMs) return `it took ${Math.round(ms)} ms`;
  if (result === undefined) return hashed ? "a damaged file was read" : undefined;
  const { error } = result;
  if (!(error instanceof Error)) return `no Error: ${String(error)}`;
  const { message } = error;
  if (!message.includes(folder) && !message.includes(file.split("/").at(-1) ?? file))
    return `names no file: ${error.stack ?? message}`;
  if (raw.test(message) && !/(expected|not) JSON|cannot be read/.test(message))
    return `says no cause: ${error.stack ?? message}`;
  return undefined;
}
