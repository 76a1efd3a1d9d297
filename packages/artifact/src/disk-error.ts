const fixes: Record<string, string> = {
  ENOSPC: "no space left on the disk; free some, then run again",
  EDQUOT: "the disk quota is used up; free some space, then run again",
  EROFS: "the file system is read-only; choose a folder that can be written",
  EACCES: "permission denied; choose a folder that you may write, or change its owner",
  EPERM: "the operation is not permitted; choose a folder that you may write",
  ENOTDIR: "a part of the path is a file, not a folder",
  EEXIST: "a file has the name of a folder that is needed; choose another path",
  EISDIR: "the path is a folder, not a file",
};

/** Node's recursive mkdir says ENOENT, and never EROFS, where a folder above cannot be made. */
const noParent =
  "the folder cannot be made: the file system is read-only, or a link in the path leads nowhere; choose a folder that can be written";

/** The error to show for one that the file system gave: what was being done, and the fix when it is known. */
export function diskError(where: string, cause: unknown): Error {
  const { code, path, syscall } = cause as NodeJS.ErrnoException;
  const fix = syscall === "mkdir" && code === "ENOENT" ? noParent : fixes[code ?? ""];
  if (fix === undefined)
    return cause instanceof Error ? cause : new Error(`${where}: ${String(cause)}`);
  return new Error(
    `${where}${path === undefined || where.includes(path) ? "" : ` (${path})`}: ${fix}`,
    { cause },
  );
}
