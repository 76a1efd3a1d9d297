import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CodeDigester, digestCode } from "./code-digest.ts";

describe("digestCode", () => {
  const code = "const a = /x/g, b = `\n ${1 / 2}`; // c\nexport { a, b };\n";

  test("ignores comments and whitespace", () => {
    const same = "/** a */\nconst a = /x/g,\n  b = `\n ${1 / /* half */ 2}`;\n\nexport { a, b };";
    expect(digestCode(same)).toBe(digestCode(code));
  });

  test.each([
    ["a number", code.replace("2", "3")],
    ["whitespace in a string", code.replace("`\n ", "`\n  ")],
    ["something like a comment in a string", code.replace("`\n ", "`/**/\n ")],
    ["a regular expression", code.replace("/g", "/i")],
    ["a name", code.replace("b =", "c =").replace(", b", ", c")],
  ])("changes with %s", (_, other) => {
    expect(digestCode(other)).not.toBe(digestCode(code));
  });
});

describe("CodeDigester", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "code-digest-"));
    await write("node_modules/@s/one/package.json", {
      name: "@s/one",
      version: "1.0.0",
      dependencies: { "@s/two": "1.0.0", heavy: "^4.0.0" },
    });
    await write("node_modules/@s/two/package.json", { name: "@s/two", version: "1.0.0" });
    await write("node_modules/heavy/package.json", { name: "heavy", version: "4.22.0" });
    await write("node_modules/@s/one/dist/stage.js", "export const a = 1;");
    await write("node_modules/@s/two/dist/index.js", "export const b = 1;");
    await write("cell.js", "run();");
  });
  afterEach(() => rm(root, { recursive: true }));

  async function write(path: string, content: unknown): Promise<void> {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(
      join(root, path),
      typeof content === "string" ? content : JSON.stringify(content),
    );
  }

  const two = "node_modules/@s/two/dist";
  const digest = () => new CodeDigester(join(root, "cell.js")).digest("@s/one");

  test("identifies packages in the scope by their code, others by version", async () => {
    const found = await digest();
    expect(Object.keys(found.packages)).toEqual(["@s/one", "@s/two"]);
    expect(found.dependencies).toEqual({ heavy: "4.22.0" });
    expect(found.node).toBe(Number(process.versions.node.split(".")[0]));
  });

  test("stays the same when test helpers change", async () => {
    const before = await digest();
    for (const helper of ["testing.js", "testing/server.js"])
      await write(`${two}/${helper}`, "export const c = 1;");
    expect(await digest()).toEqual(before);
    await write(`${two}/part/testing.js`, "export const c = 1;");
    expect(await digest()).not.toEqual(before);
  });

  test("changes with the code of the package, of a package that it uses, and of the script", async () => {
    const before = await digest();
    await write(`${two}/index.js`, "export const b = 1; // why\n");
    await write(`${two}/index.d.ts`, "export const b = 1;");
    expect(await digest()).toEqual(before);
    await write(`${two}/index.js`, "export const b = 2;");
    const after = await digest();
    expect(after.packages["@s/one"]).toBe(before.packages["@s/one"]);
    expect(after.packages["@s/two"]).not.toBe(before.packages["@s/two"]);
    await write("cell.js", "run(1);");
    expect((await digest()).script).not.toBe(before.script);
  });

  test("changes when a file is renamed, added or removed", async () => {
    const seen = new Set([JSON.stringify(await digest())]);
    await write("node_modules/@s/one/dist/more.js", "export const a = 1;");
    seen.add(JSON.stringify(await digest()));
    await rm(join(root, "node_modules/@s/one/dist/stage.js"));
    seen.add(JSON.stringify(await digest()));
    expect(seen.size).toBe(3);
  });

  test("a package that is not built, or not installed, is an error", async () => {
    await rm(join(root, "node_modules/@s/two/dist"), { recursive: true });
    await expect(digest()).rejects.toThrow(/^@s\/two: not built .*run npm run build$/);
    await rm(join(root, "node_modules/@s/two"), { recursive: true });
    await expect(digest()).rejects.toThrow(/^@s\/two: not installed/);
  });
});
