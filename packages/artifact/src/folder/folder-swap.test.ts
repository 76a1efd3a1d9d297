import type * as fs from "node:fs/promises";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openArtifact, writeArtifact } from "./folder.ts";

/** What the file system refuses, by the call's name and a part of the path. */
const refused = vi.hoisted(() => ({ call: "", path: "", code: "" }));

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof fs>();
  const refusing =
    <Args extends [unknown, ...unknown[]], Result>(
      call: string,
      run: (...args: Args) => Promise<Result>,
    ) =>
    (...args: Args): Promise<Result> =>
      refused.call === call && String(args[0]).includes(refused.path)
        ? Promise.reject(
            Object.assign(new Error(`${refused.code}: made up`), { code: refused.code }),
          )
        : run(...args);
  return {
    ...real,
    rename: refusing("rename", real.rename),
    writeFile: refusing("writeFile", real.writeFile as typeof real.rename),
    open: refusing("open", real.open as never),
  };
});

let parent = "";
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "swap-"));
});
afterEach(async () => {
  Object.assign(refused, { call: "", path: "", code: "" });
  await rm(parent, { recursive: true, force: true });
});

function make(text: string): ReturnType<typeof writeArtifact> {
  const about = { stage: "test", settings: {}, inputs: {} };
  return writeArtifact(join(parent, "made"), about, async (folder) => {
    await writeFile(join(folder, "a.txt"), text);
    return {};
  });
}

describe("where the file system fails in the middle", () => {
  it.each([
    ["when the new folder is to take its name", "rename", ".tmp-", "EPERM", "not permitted"],
    ["when the old folder is to make room", "rename", "made", "EACCES", "permission denied"],
    ["when the manifest is written", "writeFile", "manifest.json", "ENOSPC", "no space left"],
    ["when a file is flushed", "open", "a.txt", "EROFS", "read-only"],
  ])("%s: the old artifact stays, and nothing else", async (_, call, path, code, fix) => {
    const before = await make("first");
    Object.assign(refused, { call, path, code });
    await expect(make("second")).rejects.toThrow(
      new RegExp(`cannot write ${join(parent, "made")}: .*${fix}`),
    );
    Object.assign(refused, { call: "", path: "", code: "" });
    expect(await readdir(parent)).toEqual(["made"]);
    expect((await openArtifact(join(parent, "made"))).sha256).toBe(before.sha256);
    expect((await make("third")).sha256).not.toBe(before.sha256);
  });
});
