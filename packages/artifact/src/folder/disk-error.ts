const fixes: Record<string, string> = {
  ENOSPC: "no space left on the disk; free some, then run again",
  EDQUOT: "the disk quota is used up; free some space, then run again",
  EROFS: "the file system is read-only; choose a folder that you can write to",
  EACCES: "permission denied; choose a folder that you can write to, or change its owner",
  EPERM: "the operation is not permitted; choose a folder that you can write to",
  ENOTDIR: "part of the path is a file, not a folder",
  EEXIST: "a file has the name of a folder that has to be made; choose another path",
  EFBIG:
    "the file would be larger than the file system or the limit on files allows; choose a folder on another disk, or raise the limit (ulimit -f)",
  EIO: "the disk failed; check it, or choose a folder on another",
  EMFILE: "too many files are open; raise the limit (ulimit -n), or run less at once",
  ENFILE: "too many files are open on this machine; close some programs",
  ENAMETOOLONG: "a name in the path is too long; choose a shorter one",
  ELOOP: "the links in the path form a loop; choose another path",
  EBUSY: "another program has the file open; close it, then run again",
  EISDIR: "the path is a folder, not a file",
};

/** Where a parent folder cannot be made, Node's recursive mkdir reports ENOENT, never EROFS. */
const noParent =
  "the folder cannot be made: the file system is read-only, or a link in the path leads nowhere; choose a folder that you can write to";

/** Turns a file system's error into one that says what was being done and, if known, how to fix it. */
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
