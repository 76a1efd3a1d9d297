/** How long reading a damaged file may take. */
const longestMs = 1000;

/** Messages of the language's own, which say nothing of a file. */
const raw =
  /Maximum call stack|Invalid (typed )?array length|Cannot read propert|is not (a function|iterable)|out of (memory|bounds|range)|Unexpected token|Invalid string length/;

/**
 * What is wrong with how a reader took a damaged file; undefined where it read it, or refused it with an
 * error that a person can act on.
 *
 * @param result the error, or undefined where it was read
 * @param hashed whether the file differs from the one whose hash is known
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
