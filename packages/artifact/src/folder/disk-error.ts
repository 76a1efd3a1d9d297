const fixes: Record<string, string> = {
  ENOSPC: "no space left on the disk; free some, then run again",
  EDQUOT: "the disk quota is used up; free some space, then run again",
  EROFS: "the file system is read-only; choose a folder that can be written",
  EACCES: "permission denied; choose a folder that you may write, or change its owner",
  EPERM: "the operation is not permitted; choose a folder that you may write",
  ENOTDIR: "a part of the path is a file, not a folder",
  EEXIST: "a file has the name of a folder that is needed; choose another path",
  EFBIG:
    "the file would be larger than the file system or the limit on files allows; choose a folder on another disk, or raise the limit (ulimit -f)",
  EIO: "the disk failed; check it, or choose a folder on another",
  EMFILE: "too many files are open; raise the limit (ulimit -n), or run less at once",
  ENFILE: "too many files are open on this machine; close some programs",
  ENAMETOOLONG: "a name in the path is too long; choose a shorter one",
  ELOOP: "links in the path lead in a circle; choose another path",
  EBUSY: "another program has the file open; close it, then run again",
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
