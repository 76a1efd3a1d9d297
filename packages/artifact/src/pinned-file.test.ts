import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256 } from "./folder/hash.ts";
import { resolvePinnedFile } from "./pinned-file.ts";

let folder = "";
let from = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pinned-"));
  from = pathToFileURL(join(folder, "src", "deep", "user.js")).href;
  for (const name of ["words", "@scope/words"]) {
    await mkdir(join(folder, "node_modules", name, "model"), { recursive: true });
    // Nothing but its main file may be imported; the files are there all the same.
    await writeFile(
      join(folder, "node_modules", name, "package.json"),
      JSON.stringify({ name, exports: "./index.js" }),
    );
    await writeFile(join(folder, "node_modules", name, "model", "vocab.txt"), "a\nb\n");
  }
});
afterAll(() => rm(folder, { recursive: true }));

describe("resolvePinnedFile", () => {
  it.each(["words", "@scope/words"])(
    "finds a file of %s, above its user, past exports",
    async (name) => {
      const pin = { package: name, path: "model/vocab.txt", sha256: sha256("a\nb\n") };
      expect(await resolvePinnedFile(pin, from)).toBe(
        join(folder, "node_modules", name, "model", "vocab.txt"),
      );
    },
  );

  it("refuses different content", async () => {
    const pin = { package: "words", path: "model/vocab.txt", sha256: sha256("a\nc\n") };
    await expect(resolvePinnedFile(pin, from)).rejects.toThrow(
      `vocab.txt: expected sha256 ${sha256("a\nc\n")}, got ${sha256("a\nb\n")}; run npm ci to bring the pinned version back`,
    );
  });

  it("says what is missing", async () => {
    const sha = sha256("");
    await expect(
      resolvePinnedFile({ package: "words", path: "model/none", sha256: sha }, from),
    ).rejects.toThrow(/none: cannot be read; run npm ci/);
    await expect(
      resolvePinnedFile({ package: "no-such-package", path: "a", sha256: sha }, from),
    ).rejects.toThrow("no-such-package: not installed; run npm ci (looked from ");
    const wanted = { package: "no-such-package", version: "3.1.4", path: "a", sha256: sha };
    await expect(resolvePinnedFile(wanted, from)).rejects.toThrow(
      "no-such-package: not installed; run npm install no-such-package@3.1.4 (looked from ",
    );
  });
});
