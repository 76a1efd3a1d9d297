const beginning = "version https://git-lfs.github.com/spec/v1\n";

/**
 * The problem with a file that holds a Git LFS pointer instead of its content, as a clone without
 * `git lfs` leaves it; undefined for any other file. Errors put it after the file's name.
 *
 * @param bytes the file's first 100 bytes or more
 * Source: the Git LFS specification, version 1 (a pointer's first line is its version).
 */
export function lfsPointerProblem(bytes: Uint8Array): string | undefined {
  // One more, for a Windows line end.
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, beginning.length + 1));
  if (!text.replace("\r\n", "\n").startsWith(beginning)) return undefined;
  return "is a Git LFS pointer, not the file itself; run git lfs pull where it was cloned, or download the file";
}
