import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFolder } from "@sweetspot/hub";
import { repositoryTokenizerJson } from "@sweetspot/tokenizer";
import { afterAll, describe, expect, test } from "vitest";
import { encoderTokenizerJson, loadTokenizer, tokenizerFilesOf } from "./encoder-tokenizer.ts";

const json = await encoderTokenizerJson("minilm");

describe("files that are not what they seem", () => {
  const folder = mkdtempSync(join(tmpdir(), "sweetspot-hostile-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 1\n`;

  test.each([
    ["tokenizer.json", "bert"],
    ["vocab.txt", "bert"],
    ["spm.model", "deberta-v2"],
  ])("%s is a Git LFS pointer", async (file, model_type) => {
    writeFileSync(join(folder, file), pointer);
    writeFileSync(join(folder, "config.json"), JSON.stringify({ model_type }));
    const repository = await openFolder(folder);
    const files = () => Promise.resolve([file, "config.json"]);
    await expect(
      repositoryTokenizerJson(tokenizerFilesOf({ ...repository, files })),
    ).rejects.toThrow(`${file}: is a Git LFS pointer`);
  });

  test("loadTokenizer names a Git LFS pointer, and JSON nested too deeply", () => {
    const file = join(folder, "tokenizer.json");
    writeFileSync(file, pointer);
    expect(() => loadTokenizer(file)).toThrow(`${file}: is a Git LFS pointer`);
    writeFileSync(file, "[".repeat(1_000_000));
    expect(() => loadTokenizer(file)).toThrow(
      `${file}: expected JSON of at most 100 levels, got more`,
    );
    writeFileSync(file, '{"a": "[[[[\\"", "model"');
    expect(() => loadTokenizer(file)).toThrow(`${file}: expected JSON, got something else`);
  });

  test("settings that are nested too deeply", async () => {
    writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(json));
    writeFileSync(join(folder, "tokenizer_config.json"), `{"a":${"[".repeat(50_000)}`);
    await expect(
      repositoryTokenizerJson(tokenizerFilesOf(await openFolder(folder))),
    ).rejects.toThrow("tokenizer_config.json: expected JSON of at most 100 levels, got more");
  });
});

describe("loadTokenizer", () => {
  test("takes parsed content", () => {
    expect(loadTokenizer(json).encode("good", undefined, { maxLength: 9 }).inputIds).toEqual([
      101, 2204, 102,
    ]);
  });

  test("names what is wrong", async () => {
    expect(() => loadTokenizer("/no/such/tokenizer.json")).toThrow(
      "/no/such/tokenizer.json: cannot be read (ENOENT",
    );
    expect(() => loadTokenizer({ added_tokens: [] })).toThrow("tokenizer.json: model:");
    expect(() => loadTokenizer({ added_tokens: [], model: { type: "?" } })).toThrow(
      "tokenizer.json: cannot be read as a tokenizer",
    );
    await expect(encoderTokenizerJson("large")).rejects.toThrow(
      'encoder "large": no such encoder, did you mean "tiny"? (known: minilm, tiny)',
    );
  });
});
