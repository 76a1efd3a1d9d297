import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { diskError } from "./disk-error.ts";
import { sha256, sha256OfFile } from "./hash.ts";

describe("diskError", () => {
  // As root nothing is read-only by its mode, so what the file system would say is made up here.
  it.each([
    ["ENOSPC", "no space left on the disk; free some, then run again"],
    ["EDQUOT", "the disk quota is used up; free some space, then run again"],
    ["EROFS", "the file system is read-only; choose a folder that you can write to"],
    ["EACCES", "permission denied; choose a folder that you can write to, or change its owner"],
    ["EPERM", "the operation is not permitted; choose a folder that you can write to"],
    ["ENOTDIR", "part of the path is a file, not a folder"],
    ["EEXIST", "a file has the name of a folder that has to be made; choose another path"],
    [
      "EFBIG",
      "the file would be larger than the file system or the limit on files allows; choose a folder on another disk, or raise the limit (ulimit -f)",
    ],
    ["EIO", "the disk failed; check it, or choose a folder on another"],
    ["EMFILE", "too many files are open; raise the limit (ulimit -n), or run less at once"],
    ["ENAMETOOLONG", "a name in the path is too long; choose a shorter one"],
    ["EISDIR", "the path is a folder, not a file"],
  ])("says what to do about %s", (code, fix) => {
    const cause = Object.assign(new Error(`${code}: the system says so`), {
      code,
      path: "/there/x",
    });
    const error = diskError("cannot write /there", cause);
    expect(error.message).toBe(`cannot write /there (/there/x): ${fix}`);
    expect(error.cause).toBe(cause);
    expect(diskError("cannot write /there/x", cause).message).toBe(`cannot write /there/x: ${fix}`);
  });

  it("knows the ENOENT that Node's recursive mkdir gives on a read-only file system", () => {
    const enoent = (syscall: string) =>
      Object.assign(new Error(`ENOENT: no such file or directory, ${syscall} '/there'`), {
        code: "ENOENT",
        syscall,
        path: "/there",
      });
    expect(diskError("cannot write /there/x", enoent("mkdir")).message).toBe(
      "cannot write /there/x: the folder cannot be made: the file system is read-only, or a link in the path leads nowhere; choose a folder that you can write to",
    );
    const other = enoent("open");
    expect(diskError("cannot write /there/x", other)).toBe(other);
  });

  it("returns other errors unchanged, and wraps what is not an error", () => {
    const other = new RangeError("no such label");
    expect(diskError("cannot write x", other)).toBe(other);
    expect(diskError("cannot write x", "why not").message).toBe("cannot write x: why not");
  });
});

describe("sha256", () => {
  it("matches the published hash, for text, bytes and files", async () => {
    // FIPS 180-4's example.
    const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    expect(sha256("abc")).toBe(abc);
    expect(sha256(Uint8Array.of(97, 98, 99))).toBe(abc);
    const folder = await mkdtemp(join(tmpdir(), "hash-"));
    await writeFile(join(folder, "abc"), "abc");
    expect(await sha256OfFile(join(folder, "abc"))).toBe(abc);
    await expect(sha256OfFile(join(folder, "none"))).rejects.toThrow("ENOENT");
    await rm(folder, { recursive: true });
  });
});
