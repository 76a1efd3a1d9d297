import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openFolder } from "@sweetspot/hub";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { poolingOfConfig, repositoryPooling } from "./pooling-config.ts";

const flags = {
  word_embedding_dimension: 8,
  pooling_mode_cls_token: false,
  pooling_mode_mean_tokens: false,
  pooling_mode_max_tokens: false,
  pooling_mode_mean_sqrt_len_tokens: false,
};

describe("poolingOfConfig", () => {
  it.each([
    [{ embedding_dimension: 8, pooling_mode: "mean", include_prompt: true }, "mean"],
    [{ pooling_mode: "cls" }, "first-token"],
    [{ pooling_mode: ["cls"] }, "first-token"],
    [{ ...flags, pooling_mode_mean_tokens: true }, "mean"],
    [{ ...flags, pooling_mode_cls_token: true }, "first-token"],
    [{ ...flags, pooling_mode_mean_tokens: true, pooling_mode: "mean" }, "mean"],
    // What sentence-transformers takes where no mode is on.
    [flags, "mean"],
    [{ word_embedding_dimension: 8 }, "mean"],
  ])("reads %o as %s", (json, pooling) => {
    expect(poolingOfConfig(json, "config.json")).toBe(pooling);
  });

  it.each([
    [{ pooling_mode: "max" }, "pooling_mode: expected one of the modes mean and cls, got max"],
    [{ pooling_mode: "lasttoken" }, "pooling_mode: expected"],
    [{ pooling_mode: "weightedmean" }, "pooling_mode: expected"],
    [{ pooling_mode: "mean_sqrt_len_tokens" }, "pooling_mode: expected"],
    [
      { pooling_mode: ["cls", "mean"] },
      "pooling_mode: expected one of the modes mean and cls, got",
    ],
    [{ pooling_mode: [] }, "pooling_mode: expected one of the modes mean and cls, got none"],
    [{ pooling_mode: "meen" }, 'pooling_mode: unknown "meen", did you mean "mean"?'],
    [{ pooling_mode: 3 }, "pooling_mode: "],
    [{ ...flags, pooling_mode_max_tokens: true }, "pooling_mode_max_tokens: expected"],
    [{ ...flags, pooling_mode_lasttoken: true }, "pooling_mode_lasttoken: expected"],
    [
      { ...flags, pooling_mode_mean_tokens: true, pooling_mode_cls_token: true },
      "pooling_mode_cls_token, pooling_mode_mean_tokens: expected",
    ],
    [
      { ...flags, pooling_mode_cls_token: true, pooling_mode: "mean" },
      'pooling_mode: "mean" disagrees with pooling_mode_cls_token: true',
    ],
    [{ ...flags, pooling_mode: "mean" }, 'pooling_mode: "mean" disagrees with'],
    [{ ...flags, pooling_mode_mean_tokens: "yes" }, "pooling_mode_mean_tokens: "],
  ])("refuses %o, naming the file and the key", (json, message) => {
    expect(() => poolingOfConfig(json, "1_Pooling/config.json")).toThrow(
      `1_Pooling/config.json: ${message}`,
    );
  });
});

describe("repositoryPooling", () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "pooling-"));
  });
  afterAll(() => rm(root, { recursive: true }));

  async function repository(name: string, files: Record<string, unknown>) {
    await mkdir(join(root, name), { recursive: true });
    for (const [file, json] of Object.entries(files)) {
      await mkdir(dirname(join(root, name, file)), { recursive: true });
      await writeFile(join(root, name, file), JSON.stringify(json));
    }
    return openFolder(join(root, name));
  }
  const transformer = {
    idx: 0,
    name: "0",
    path: "",
    type: "sentence_transformers.models.Transformer",
  };
  const module = (path: string, type = "sentence_transformers.models.Pooling") => ({
    idx: 1,
    name: "1",
    path,
    type,
  });

  it("takes the first token by default", async () => {
    expect(await repositoryPooling(await repository("bare", {}))).toBe("first-token");
  });

  it("reads only the folder that modules.json names", async () => {
    const of = await repository("named", {
      "modules.json": [transformer, module("2_Pooling")],
      "2_Pooling/config.json": { pooling_mode: "mean" },
      "1_Pooling/config.json": { pooling_mode: "max" },
    });
    expect(await repositoryPooling(of)).toBe("mean");
  });

  it("reads 1_Pooling without modules.json", async () => {
    const of = await repository("usual", { "1_Pooling/config.json": { pooling_mode: "max" } });
    await expect(repositoryPooling(of)).rejects.toThrow(
      `${join(root, "usual", "1_Pooling/config.json")}: pooling_mode: expected`,
    );
  });

  it.each([
    { name: "lost", modules: [transformer, module("9_Pooling")], key: "path: names 9_Pooling" },
    { name: "outside", modules: [module("../usual/1_Pooling")], key: "path: names ../usual" },
    {
      name: "twice",
      modules: [module("1_Pooling"), module("2_Pooling")],
      key: "type: expected one",
    },
    {
      name: "other",
      modules: [module("1_X", "a.WeightedLayerPooling")],
      key: "type: expected one",
    },
    { name: "shape", modules: { a: 1 }, key: "value: " },
  ])("refuses modules.json of the kind $name", async ({ name, modules, key }) => {
    const of = await repository(name, { "modules.json": modules });
    await expect(repositoryPooling(of)).rejects.toThrow(
      `${join(root, name, "modules.json")}: ${key}`,
    );
  });
});
