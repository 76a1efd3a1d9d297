import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dropWeights, openArtifact, writeArtifact } from "./folder.ts";
import { sha256 } from "./hash.ts";
import { identityOf, ownIdentity } from "../lock/process-identity.ts";
import { recoverFolder } from "./replace-folder.ts";

let parent = "";
let dir = "";
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "artifact-"));
  dir = join(parent, "made");
});
afterEach(() => rm(parent, { recursive: true, force: true }));

const about = { stage: "test", settings: { seed: 1 }, inputs: { data: "0".repeat(64) } };

/** An artifact of one file. */
function make(text = "hello"): ReturnType<typeof writeArtifact> {
  return writeArtifact(dir, about, async (folder) => {
    await writeFile(join(folder, "a.txt"), text);
    return { length: text.length };
  });
}

/** The number of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await new Promise((resolve) => child.once("exit", resolve));
  return child.pid ?? 0;
}

describe("writeArtifact", () => {
  it("leaves a folder that openArtifact reads: files, hashes, facts", async () => {
    const written = await writeArtifact(join(parent, "deep", "er"), about, async (folder) => {
      await mkdir(join(folder, "sub", "empty"), { recursive: true });
      await writeFile(join(folder, "sub", "b.bin"), Uint8Array.of(1, 2, 3));
      await writeFile(join(folder, "a.txt"), "hello");
      return { rows: 3, shares: [0.5, 0.5], of: { nested: null } };
    });
    const opened = await openArtifact(written.dir);
    expect(opened.manifest).toEqual(written.manifest);
    expect(opened.manifest).toEqual({
      format: "sweetspot-artifact-1",
      ...about,
      files: {
        "a.txt": { bytes: 5, sha256: sha256("hello") },
        "sub/b.bin": { bytes: 3, sha256: sha256(Uint8Array.of(1, 2, 3)) },
      },
      facts: { rows: 3, shares: [0.5, 0.5], of: { nested: null } },
    });
    expect(await readFile(opened.path("sub/b.bin"))).toEqual(Buffer.of(1, 2, 3));
    expect(opened.sha256).toBe(sha256(await readFile(join(opened.dir, "manifest.json"))));
    expect(await readdir(join(parent, "deep"))).toEqual(["er"]);
  });

  it("gives the same bytes for the same content, whatever order it was written in", async () => {
    const first = await writeArtifact(join(parent, "one"), about, async (folder) => {
      for (const name of ["b", "a", "c"]) await writeFile(join(folder, name), name);
      return {};
    });
    const second = await writeArtifact(join(parent, "two"), about, async (folder) => {
      for (const name of ["c", "a", "b"]) await writeFile(join(folder, name), name);
      return {};
    });
    expect(second.sha256).toBe(first.sha256);
    expect(Object.keys(first.manifest.files)).toEqual(["a", "b", "c"]);
  });

  it("replaces the artifact that was there, whole", async () => {
    await writeArtifact(dir, about, async (folder) => {
      await writeFile(join(folder, "old.txt"), "old");
      return {};
    });
    const artifact = await make("new");
    expect(Object.keys(artifact.manifest.files)).toEqual(["a.txt"]);
    expect((await readdir(dir)).toSorted()).toEqual(["a.txt", "manifest.json"]);
    expect(await readdir(parent)).toEqual(["made"]);
  });

  it("leaves the old artifact, and nothing else, if the write throws", async () => {
    const failing = () =>
      writeArtifact(dir, about, async (folder) => {
        await writeFile(join(folder, "half.txt"), "half");
        throw new RangeError("no such label");
      });
    await expect(failing()).rejects.toThrow(new RangeError("no such label"));
    expect(await readdir(parent)).toEqual([]);
    const before = await make("first");
    await expect(failing()).rejects.toThrow("no such label");
    expect(await readdir(parent)).toEqual(["made"]);
    expect((await openArtifact(dir)).sha256).toBe(before.sha256);
  });

  it("says what to do when the disk is full, whichever call fails", async () => {
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), {
      code: "ENOSPC",
    });
    await expect(writeArtifact(dir, about, () => Promise.reject(full))).rejects.toThrow(
      `cannot write ${dir}: no space left on the disk; free some, then run again`,
    );
    expect(await readdir(parent)).toEqual([]);
  });

  it("says what to do where the path leads through a file", async () => {
    await writeFile(join(parent, "file"), "");
    for (const [name, fix] of [
      ["file/made", "a file has the name of a folder that has to be made; choose another path"],
      ["file/deep/made", "part of the path is a file, not a folder"],
    ] as const) {
      dir = join(parent, name);
      const message = await make().then(String, (error: unknown) => (error as Error).message);
      expect(message.startsWith(`cannot write ${dir}`)).toBe(true);
      expect(message.endsWith(`: ${fix}`)).toBe(true);
    }
  });

  it("does not replace what is not an artifact", async () => {
    await mkdir(dir);
    await writeFile(join(dir, "thesis.tex"), "years of work");
    await expect(make()).rejects.toThrow(
      `cannot write ${dir}: it holds other files and no manifest.json; choose another folder, or empty it`,
    );
    expect(await readFile(join(dir, "thesis.tex"), "utf8")).toBe("years of work");
    await rm(dir, { recursive: true });
    await writeFile(dir, "a file");
    await expect(make()).rejects.toThrow(`cannot write ${dir}: it is a file; choose another name`);
    expect(await readFile(dir, "utf8")).toBe("a file");
    await rm(dir);
    await mkdir(dir);
    expect((await make()).manifest.facts).toEqual({ length: 5 });
  });

  it("refuses a file called manifest.json, and links", async () => {
    await expect(
      writeArtifact(dir, about, async (folder) => {
        await writeFile(join(folder, "manifest.json"), "{}");
        return {};
      }),
    ).rejects.toThrow("the name manifest.json is taken by the manifest");
    await expect(
      writeArtifact(dir, about, async (folder) => {
        await symlink("/etc/hosts", join(folder, "link"));
        return {};
      }),
    ).rejects.toThrow("link is neither a file nor a folder");
    expect(await readdir(parent)).toEqual([]);
  });
});

describe("after a kill", () => {
  it("the next writer removes unfinished folders, and leaves other processes' folders alone", async () => {
    const { place, pid, start } = await ownIdentity();
    // A dead process's, an earlier one's that had this process's id, and an earlier call's of this one.
    const left = [
      `${place}-${await deadPid()}-1-0`,
      `${place}-${pid}-1-3`,
      `${place}-${pid}-${start}-77`,
    ];
    for (const name of left.map((writer) => `made.tmp-${writer}`)) {
      await mkdir(join(parent, name));
      await writeFile(join(parent, name, "half.txt"), "half");
    }
    const others = ["made-too.tmp-1x", `made2.tmp-${left[0]}`, "made.txt", "made.tmp-abc"];
    for (const name of others) await mkdir(join(parent, name));
    await make();
    expect((await readdir(parent)).toSorted()).toEqual([...others, "made"].toSorted());
  });

  it("a running process's folder stays, and one from another machine stays for a day", async () => {
    const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"]);
    try {
      const { place, pid, start } = await identityOf(child.pid ?? 0);
      const theirs = [`${place}-${pid}-${start}-0`, `abcdef012345-${pid}-${start}-0`];
      for (const writer of theirs) await mkdir(join(parent, `made.tmp-${writer}`));
      await make();
      for (const writer of theirs)
        expect(existsSync(join(parent, `made.tmp-${writer}`))).toBe(true);
      // Of another machine's processes nobody knows; a day is enough.
      const [, foreign = ""] = theirs.map((writer) => join(parent, `made.tmp-${writer}`));
      await recoverFolder(dir);
      expect(existsSync(foreign)).toBe(true);
      const longAgo = new Date(Date.now() - 25 * 3600_000);
      await utimes(foreign, longAgo, longAgo);
      await make();
      expect(existsSync(foreign)).toBe(false);
      // Nor is there any doubt where a lock keeps others away.
      await mkdir(foreign);
      await recoverFolder(dir, true);
      expect(existsSync(foreign)).toBe(false);
      expect(existsSync(join(parent, `made.tmp-${theirs[0]}`))).toBe(true);
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("a reader, and a writer that fails, put the old artifact back", async () => {
    const before = await make("first");
    const aside = `${dir}.old-${(await ownIdentity()).place}-${await deadPid()}-1-0`;
    await rename(dir, aside);
    expect((await openArtifact(dir)).sha256).toBe(before.sha256);
    await rename(dir, aside);
    await expect(writeArtifact(dir, about, () => Promise.reject(new Error("no")))).rejects.toThrow(
      "no",
    );
    expect((await openArtifact(dir)).sha256).toBe(before.sha256);
    expect(await readdir(parent)).toEqual(["made"]);
  });

  it("the old artifact is removed if its successor is in place", async () => {
    const artifact = await make("second");
    await mkdir(`${dir}.old-${(await ownIdentity()).place}-${await deadPid()}-1-0`);
    await make("third");
    expect(await readdir(parent)).toEqual(["made"]);
    expect((await openArtifact(dir)).sha256).not.toBe(artifact.sha256);
  });

  it("at any moment there is a whole artifact or none", async () => {
    // Writes one artifact after another, each with its number in both files.
    const script = `
      import { writeFile } from "node:fs/promises";
      import { join } from "node:path";
      import { writeArtifact } from ${JSON.stringify(new URL("./folder.ts", import.meta.url).href)};
      for (let i = 0; ; i++) {
        await writeArtifact(${JSON.stringify(dir)}, ${JSON.stringify(about)}, async (folder) => {
          await writeFile(join(folder, "a"), String(i));
          await writeFile(join(folder, "b"), String(i));
          return { i };
        });
        console.log(i);
      }`;
    let seen = -1;
    for (const delayMs of [0, 5, 11]) {
      const child = spawn(process.execPath, [
        "--import",
        "tsx",
        "--input-type=module",
        "-e",
        script,
      ]);
      const first = new Promise<number>((resolve) =>
        child.stdout.once("data", (line: Buffer) => resolve(Number(String(line).split("\n")[0]))),
      );
      const ended = new Promise((resolve) => child.once("exit", resolve));
      expect(await first).toBe(0);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      child.kill("SIGKILL");
      await ended;
      const artifact = await openArtifact(dir);
      const [a, b] = [
        await readFile(artifact.path("a"), "utf8"),
        await readFile(artifact.path("b"), "utf8"),
      ];
      expect([a, b]).toEqual([String(artifact.manifest.facts["i"]), a]);
      seen = Math.max(seen, Number(a));
    }
    expect(seen).toBeGreaterThanOrEqual(0);
  });
});

describe("weights", () => {
  /** An artifact with weights in one folder. */
  const trained = () =>
    writeArtifact(
      dir,
      about,
      async (folder) => {
        await mkdir(join(folder, "member-1"));
        await writeFile(join(folder, "member-1", "model.bin"), "weights");
        await writeFile(join(folder, "member-1", "metrics.txt"), "metrics");
        await writeFile(join(folder, "model.bin"), "no weights");
        return {};
      },
      ["member-*/model.bin"],
    );

  it("are marked in the manifest, and can go: the artifact stays whole, with the same hash", async () => {
    const { sha256: before, manifest, missing } = await trained();
    expect(missing).toEqual([]);
    expect(Object.keys(manifest.files).filter((f) => manifest.files[f]?.weights)).toEqual([
      "member-1/model.bin",
    ]);
    expect(await dropWeights(dir)).toBe("weights".length);
    const opened = await openArtifact(dir);
    expect([opened.sha256, opened.missing]).toEqual([before, ["member-1/model.bin"]]);
    expect(opened.path("model.bin")).toBe(join(dir, "model.bin"));
    expect(() => opened.path("member-1/model.bin")).toThrow(
      /model\.bin: is missing\. A pipeline deletes weights once .* --filter=CELL,/,
    );
    expect(await dropWeights(dir)).toBe(0);
  });

  it("are checked if they are there", async () => {
    await trained();
    await writeFile(join(dir, "member-1", "model.bin"), "waights");
    await expect(openArtifact(dir)).rejects.toThrow(/its sha256 no longer matches/);
  });
});

describe("openArtifact", () => {
  it("refuses a file whose hash has changed", async () => {
    await make("hello");
    await writeFile(join(dir, "a.txt"), "hallo");
    await expect(openArtifact(dir)).rejects.toThrow(
      `${join(dir, "a.txt")}: its sha256 no longer matches the manifest (expected ${sha256("hello")}, got ${sha256("hallo")}); delete ${dir} and run its stage again`,
    );
  });

  it("refuses a file that has grown, and a missing one", async () => {
    await make("hello");
    await appendFile(join(dir, "a.txt"), "!");
    await expect(openArtifact(dir)).rejects.toThrow(
      `${join(dir, "a.txt")}: expected 5 bytes as the manifest says, got 6; delete ${dir} and run its stage again`,
    );
    await rm(join(dir, "a.txt"));
    await expect(openArtifact(dir)).rejects.toThrow(
      `${join(dir, "a.txt")}: listed in the manifest, but missing; delete`,
    );
  });

  it("refuses a folder without a manifest", async () => {
    await expect(openArtifact(dir)).rejects.toThrow(
      `${join(dir, "manifest.json")}: cannot be read, so ${dir} is not an artifact; run the stage that makes it`,
    );
    await mkdir(dir);
    await expect(openArtifact(dir)).rejects.toThrow("is not an artifact");
  });

  it("says what is wrong with a manifest", async () => {
    const artifact = await make();
    const file = join(dir, "manifest.json");
    const change = (to: object) => writeFile(file, JSON.stringify({ ...artifact.manifest, ...to }));
    await writeFile(file, "{");
    await expect(openArtifact(dir)).rejects.toThrow(`${file}: expected JSON, got `);
    await change({ format: "sweetspot-artifact-2" });
    await expect(openArtifact(dir)).rejects.toThrow(`${file}: format: `);
    await change({ stagee: "x" });
    await expect(openArtifact(dir)).rejects.toThrow('unknown key "stagee", did you mean "stage"?');
    await change({ files: { "a.txt": { bytes: 5, sha256: "abc" } } });
    await expect(openArtifact(dir)).rejects.toThrow(`${file}: files.a.txt.sha256: `);
    await writeFile(join(parent, "outside"), "hello");
    for (const name of ["../outside", "sub/../../outside", "/etc/hosts", "./a.txt"]) {
      await change({ files: { [name]: artifact.manifest.files["a.txt"] } });
      await expect(openArtifact(dir)).rejects.toThrow(
        `${file}: lists "${name}", which is not inside`,
      );
    }
  });

  it("gives the paths of listed files only", async () => {
    const artifact = await make();
    expect(artifact.path("a.txt")).toBe(join(dir, "a.txt"));
    for (const name of ["b.txt", "manifest.json", "toString", "../a.txt"])
      expect(() => artifact.path(name)).toThrow(`no file "${name}" in the manifest (has a.txt)`);
  });
});
