import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { writeArtifact } from "../folder/folder.ts";
import { readRawSplit } from "./raw-split.ts";

const folder = await mkdtemp(join(tmpdir(), "sweetspot-raw-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

function data(name: string, text: string) {
  const about = { stage: "data", settings: {}, inputs: {} };
  return writeArtifact(join(folder, name), about, async (to) => {
    await writeFile(join(to, "test.jsonl"), text);
    return {};
  });
}

describe("readRawSplit", () => {
  test("reads the examples in order, without their groups", async () => {
    const examples = [
      { text: "a\nb\u2028c", label: "x", group: "g" },
      { text: "", textPair: "é", label: "y" },
    ];
    const lines = examples.map((example) => `${JSON.stringify(example)}\n`).join("");
    expect(await readRawSplit(await data("good", lines), "test")).toEqual([
      { text: "a\nb\u2028c", label: "x" },
      { text: "", textPair: "é", label: "y" },
    ]);
  });

  test("names file and line of what is not an example, and a split that is missing", async () => {
    const artifact = await data("bad", '{"text":"a","label":"x"}\n{"text":1,"label":"x"}\n');
    await expect(readRawSplit(artifact, "test")).rejects.toThrow(/test\.jsonl, line 2: text: /);
    await expect(readRawSplit(artifact, "train")).rejects.toThrow(/no file "train\.jsonl"/);
    const notJson = await data("not-json", "{\n");
    await expect(readRawSplit(notJson, "test")).rejects.toThrow(/line 1: expected JSON/);
  });
});
