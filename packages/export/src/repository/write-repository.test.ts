import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostTensor } from "@sweetspot/artifact";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomCheckpoint, randomSentences } from "../testing/random-checkpoint.ts";
import { smallTokenizer, someCard } from "../testing/small-repository.ts";
import { type RepositoryContent, writeRepository } from "./write-repository.ts";

let models: string;
beforeAll(async () => {
  models = await mkdtemp(join(tmpdir(), "write-repository-"));
});
afterAll(() => rm(models, { recursive: true }));

const checkpoint = randomCheckpoint([1, 2]);

async function written(name: string, content: Partial<RepositoryContent> = {}): Promise<string> {
  const folder = join(models, name);
  await writeRepository(folder, {
    checkpoint,
    tokenizer: smallTokenizer,
    maxLength: 16,
    sentences: randomSentences([5, 11, 2]),
    calibration: randomSentences([7, 3]),
    card: someCard(name),
    ...content,
  });
  return folder;
}

describe("writeRepository", () => {
  it("writes these files, and the same bytes twice", async () => {
    const folder = await written("twice");
    const files = async () => {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const paths = entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
      return Object.fromEntries(
        await Promise.all(
          paths.sort().map(async (p) => [p.slice(folder.length + 1), await readFile(p)] as const),
        ),
      );
    };
    const first = await files();
    expect(Object.keys(first)).toEqual([
      "README.md",
      "config.json",
      "model.safetensors",
      "onnx/model.onnx",
      "onnx/model_quantized.onnx",
      "special_tokens_map.json",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    await written("twice");
    expect(await files()).toEqual(first);
  });

  it("leaves nothing behind if a weight is not finite", async () => {
    const name = "exits.2.classifier.bias";
    const bias: HostTensor = { shape: [3], data: Float32Array.of(0, NaN, 0) };
    const weights = { ...checkpoint.weights, [name]: bias };
    await expect(written("wrong", { checkpoint: { ...checkpoint, weights } })).rejects.toThrow(
      /^model\.onnx: the exit after layer 2: expected finite logits, got NaN/,
    );
    expect((await readdir(models)).filter((file) => file.startsWith("wrong"))).toEqual([]);
  });

  it("does not replace a folder that holds something else", async () => {
    const folder = await mkdtemp(join(models, "other-"));
    await writeFile(join(folder, "letter.txt"), "dear");
    await expect(written(folder.slice(models.length + 1))).rejects.toThrow(
      `cannot write ${folder}: it holds other files and no model; choose another folder, or empty it`,
    );
    expect(await readdir(folder)).toEqual(["letter.txt"]);
  });

  it("refuses a tokenizer without a token for padding", async () => {
    const model = { type: "WordPiece", unk_token: "[UNK]", vocab: { "[UNK]": 0, good: 1 } };
    const tokenizer = { ...smallTokenizer, added_tokens: [], model };
    await expect(written("no-pad", { tokenizer })).rejects.toThrow(
      "tokenizer.json: expected a token for padding ([PAD] or <pad>) among its tokens, got none",
    );
  });

  it("refuses a maxLength over the encoder's positions", async () => {
    await expect(written("too-long", { maxLength: 24 })).rejects.toThrow(
      new RangeError(
        "writeRepository: maxLength must be at most the encoder's 23 positions, got 24",
      ),
    );
  });
});
