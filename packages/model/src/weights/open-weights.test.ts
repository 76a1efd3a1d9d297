import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { numberCount, readSafetensors, writeSafetensors } from "@sweetspot/artifact";
import { openFolder, type Repository } from "@sweetspot/hub";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repositoryEncoder } from "../pretrained/pretrained-encoder.ts";
import { openWeights, weightFiles } from "./open-weights.ts";
import { readStateDict } from "../pytorch/pytorch-pickle.ts";

const reference = fileURLToPath(new URL("../../reference/pytorch-files/", import.meta.url));
const expected = await readSafetensors(join(reference, "expected.safetensors"));

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "open-weights-"));
});
afterAll(() => rm(folder, { recursive: true }));

let count = 0;
/** A folder with files of these contents, or copied from the reference's. */
async function repository(files: Record<string, string | Uint8Array>): Promise<Repository> {
  const path = join(folder, `${count++}`);
  await mkdir(path);
  for (const [name, contents] of Object.entries(files))
    if (typeof contents === "string" && !contents.startsWith("{"))
      await copyFile(join(reference, contents), join(path, name));
    else await writeFile(join(path, name), contents);
  return openFolder(path);
}

/** The repository, and which of its files were asked for. */
function watched(of: Repository): { fetched: string[]; repository: Repository } {
  const fetched: string[] = [];
  const path = (file: string) => {
    fetched.push(file);
    return of.path(file);
  };
  return { fetched, repository: { ...of, path } };
}

/** Every tensor of a repository. */
async function readAll(of: Repository): Promise<Record<string, unknown>> {
  const weights = await openWeights(of);
  try {
    const tensors: [string, unknown][] = [];
    for (const name of weights.names) tensors.push([name, await weights.read(name)]);
    return Object.fromEntries(tensors);
  } finally {
    await weights.close();
  }
}

const shardedNames = ["embeddings.weight", "half", "bfloat", "transposed", "slice.steps"];
const shardedTensors = Object.fromEntries(shardedNames.map((name) => [name, expected[name]]));
const sharded = ["safetensors", "bin"].map((ending) => {
  const stem = ending === "bin" ? "pytorch_model" : "model";
  const from = `sharded-${ending}`;
  const shards = [1, 2].map((n) => `${stem}-0000${n}-of-00002.${ending}`);
  const index = `${stem}.${ending}.index.json`;
  const files = Object.fromEntries([index, ...shards].map((file) => [file, `${from}/${file}`]));
  return { ending, index, shards, files };
});

describe("openWeights", () => {
  it("prefers model.safetensors, then its index, then PyTorch's files", async () => {
    const whole = {
      "model.safetensors": "expected.safetensors",
      "pytorch_model.bin": "nested.bin",
    };
    expect(await readAll(await repository(whole))).toEqual(expected);
    expect(await weightFiles(await repository(whole))).toEqual(["model.safetensors"]);
    const [tensors, pickled] = sharded;
    const both = await repository({ ...tensors?.files, ...pickled?.files });
    expect(await weightFiles(both)).toContain("model.safetensors.index.json");
    const bin = await repository({ "pytorch_model.bin": "nested.bin", ...pickled?.files });
    expect(await weightFiles(bin)).toEqual(["pytorch_model.bin"]);
    const { half, transposed, "embeddings.weight": weight } = expected;
    expect(await readAll(bin)).toEqual({ half, transposed, "embeddings.weight": weight });
  });

  it.each(sharded)("fetches a shard of $index when one of its tensors is read", async (of) => {
    const { fetched, repository: watch } = watched(await repository(of.files));
    expect(await weightFiles(watch)).toEqual([of.index, ...of.shards]);
    expect(fetched).toEqual([of.index]);
    const weights = await openWeights(watch);
    expect([...weights.names]).toEqual(shardedNames);
    expect(fetched).toEqual([of.index, of.index]);
    // Two at once open it once.
    const [first, second] = await Promise.all(
      ["transposed", "slice.steps"].map((n) => weights.read(n)),
    );
    expect([first, second]).toEqual([expected["transposed"], expected["slice.steps"]]);
    expect(fetched.slice(2)).toEqual([of.shards[1]]);
    await expect(weights.read("half", [3])).rejects.toThrow(
      'tensor "half" must be [3], got [2, 5]',
    );
    expect(fetched.slice(3)).toEqual([of.shards[0]]);
    await expect(weights.read("none")).rejects.toThrow(`${of.index}: no tensor "none"`);
    await weights.close();
    await expect(weights.read("half")).rejects.toThrow("its weights are closed");
    expect(await readAll(watch)).toEqual(shardedTensors);
  });

  it("tries again to fetch a shard that failed", async () => {
    const [of] = sharded;
    const whole = await repository(of?.files ?? {});
    let failures = 1;
    const path = (file: string) =>
      file.endsWith(".json") || failures-- <= 0
        ? whole.path(file)
        : Promise.reject(new Error(`${file}: no connection`));
    const weights = await openWeights({ ...whole, path });
    await expect(weights.read("half")).rejects.toThrow("no connection");
    expect(await weights.read("half")).toEqual(expected["half"]);
    await weights.close();
  });

  it("refuses a repository without weights, listing its files and the fix", async () => {
    const none = await repository({ "config.json": "{}" });
    const message = `${none.name}: expected weights as model.safetensors, model.safetensors.index.json, pytorch_model.bin or pytorch_model.bin.index.json, got config.json; save them with save_pretrained of transformers`;
    await expect(openWeights(none)).rejects.toThrow(message);
    await expect(weightFiles(none)).rejects.toThrow(message);
    for (const file of ["tf_model.h5", "flax_model.msgpack", "model.onnx"])
      await expect(
        openWeights(await repository({ "config.json": "{}", [file]: "{}" })),
      ).rejects.toThrow(/, got config.json, .*; convert its weights to safetensors/);
    await expect(openWeights(await repository({}))).rejects.toThrow("got no files; save them");
  });

  it("names the shard of a tensor that is not finite", async () => {
    const weight = { shape: [2], data: Float32Array.of(1, -Infinity) };
    const of = await repository({
      "model.safetensors.index.json": JSON.stringify({ weight_map: { a: "b.safetensors" } }),
      "b.safetensors": new Uint8Array(),
    });
    await writeSafetensors(join(of.name, "b.safetensors"), { a: weight });
    const weights = await openWeights(of);
    await expect(weights.read("a")).rejects.toThrow(
      `${join(of.name, "b.safetensors")}: tensor "a" must hold finite numbers, got -Infinity at 1 of 2`,
    );
    await weights.close();
  });

  it.each(["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"])(
    "says that %s is a Git LFS pointer",
    async (file) => {
      const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 3\n";
      const of = await repository({ [file]: Buffer.from(pointer) });
      await expect(openWeights(of)).rejects.toThrow(
        `${join(of.name, file)}: is a Git LFS pointer, not the file itself; run git lfs pull`,
      );
    },
  );

  it("refuses an index nested 100,000 deep", async () => {
    const index = '{"weight_map":'.repeat(100_000);
    const of = await repository({ "model.safetensors.index.json": index });
    await expect(openWeights(of)).rejects.toThrow(
      /model\.safetensors\.index\.json: expected JSON of at most 500 levels/,
    );
  });

  it.each<[unknown, string]>([
    ["{", "expected JSON, got"],
    [{}, "weight_map:"],
    [{ weight_map: [] }, "weight_map:"],
    [{ weight_map: {} }, "its weight_map names no tensor"],
    [
      { weight_map: { a: 3 } },
      'tensor "a": expected the name of a .safetensors file beside it, got 3',
    ],
    [{ weight_map: { a: "../a.safetensors" } }, 'got "../a.safetensors"'],
    [{ weight_map: { a: "/etc/a.safetensors" } }, 'got "/etc/a.safetensors"'],
    [{ weight_map: { a: "b\\a.safetensors" } }, "got "],
    [{ weight_map: { a: ".safetensors" } }, 'got ".safetensors"'],
    [{ weight_map: { a: "a.safetensors\0" } }, 'got "a.safetensors\\u0000"'],
    [{ weight_map: { a: "pytorch_model.bin" } }, 'got "pytorch_model.bin"'],
    [{ weight_map: { a: "a.safetensors" } }, 'tensor "a": is in a.safetensors, which '],
    ['{"weight_map": {"__proto__": "a.safetensors"}}', 'tensor "__proto__": is in a.safetensors'],
  ])("refuses an index %j", async (index, message) => {
    const text = typeof index === "string" ? index : JSON.stringify(index);
    const of = await repository({ "model.safetensors.index.json": text });
    const error: unknown = await openWeights(of).catch((e: unknown) => e);
    expect(error).toHaveProperty("message", expect.stringContaining(message));
    expect(error).toHaveProperty(
      "message",
      expect.stringMatching(new RegExp(`^${of.name}/model.safetensors.index.json: `)),
    );
    await expect(weightFiles(of)).rejects.toThrow(message);
  });

  it("names a tensor that the index puts into the wrong shard", async () => {
    const [of] = sharded;
    const index = JSON.stringify({ weight_map: { bfloat: of?.shards[1] } });
    const weights = await openWeights(
      await repository({ ...of?.files, "model.safetensors.index.json": index }),
    );
    await expect(weights.read("bfloat")).rejects.toThrow(`${of?.shards[1]}: no tensor "bfloat"`);
    await weights.close();
  });

  it("refuses an encoder whose weights would run code", async () => {
    const config = {
      model_type: "bert",
      type_vocab_size: 2,
      layer_norm_eps: 1e-12,
      hidden_act: "gelu",
      hidden_dropout_prob: 0,
      attention_probs_dropout_prob: 0,
      vocab_size: 5,
      hidden_size: 4,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      intermediate_size: 4,
      max_position_embeddings: 8,
    };
    const pickled = await readFile(join(reference, "hostile/marker.pkl"));
    const of = await repository({
      "config.json": JSON.stringify(config),
      "pytorch_model.bin": writeHostile(pickled),
    });
    const { weights } = await repositoryEncoder(of);
    await expect(weights(1)).rejects.toThrow(
      `${of.name}/pytorch_model.bin: its pickle asks for posix.system: refused`,
    );
  });
});

/** In the legacy format, after its magic number, protocol and machine. */
function writeHostile(pickled: Uint8Array): Buffer {
  const magic = Buffer.from(
    "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.",
    "latin1",
  );
  const machine = Buffer.from("\x80\x02}X\x0d\x00\x00\x00little_endian\x88s.", "latin1");
  return Buffer.concat([magic, machine, pickled]);
}

/** How often each damaged file is made; more in nightly runs. */
const numRuns = Number(process.env["SWEETSPOT_FUZZ_RUNS"] ?? 500);

type Damage = { kind: "flip" | "insert" | "delete" | "truncate"; at: number; byte: number };
const damages = fc.array(
  fc.record<Damage>({
    kind: fc.constantFrom("flip", "flip", "flip", "flip", "insert", "insert", "delete", "truncate"),
    // Anywhere in the file as likely as elsewhere.
    at: fc.noBias(fc.nat({ max: 999_999 })),
    byte: fc.oneof(fc.noBias(fc.nat({ max: 255 })), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)),
  }),
  { minLength: 1, maxLength: 3 },
);

function damaged(bytes: Uint8Array, list: readonly Damage[]): Buffer {
  let out = Buffer.from(bytes);
  for (const { kind, at, byte } of list) {
    const i = Math.floor((at / 1_000_000) * out.length);
    const [before, after] = [out.subarray(0, i), out.subarray(i)];
    if (kind === "flip") out = Buffer.concat([before, Buffer.of(byte), after.subarray(1)]);
    else if (kind === "insert") out = Buffer.concat([before, Buffer.of(byte), after]);
    else if (kind === "delete") out = Buffer.concat([before, after.subarray(1 + (byte % 4))]);
    else out = Buffer.from(before);
  }
  return out;
}

const longestMs = 2000;

describe("any damaged file gives tensors or an error that names it", () => {
  it.each([
    ["model.safetensors", "expected.safetensors", {}],
    ["pytorch_model.bin", "zip.bin", {}],
    ["pytorch_model.bin", "legacy.bin", {}],
    [
      "model.safetensors.index.json",
      "sharded-safetensors/model.safetensors.index.json",
      sharded[0]?.files,
    ],
    ["pytorch_model.bin.index.json", "sharded-bin/pytorch_model.bin.index.json", sharded[1]?.files],
  ])("%s of %s", { timeout: 60_000 + numRuns * 50 }, async (name, from, beside) => {
    const of = await repository({ ...beside, [name]: from });
    const path = join(of.name, name);
    const bytes = await readFile(path);
    const outcomes = { read: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(damages, async (list) => {
        await writeFile(path, damaged(bytes, list));
        const start = performance.now();
        let misshapen = 0;
        /** The error must name the file, or a shard beside it. */
        const refuse = (error: unknown) => {
          const message = error instanceof Error ? error.message : "";
          const named = message.startsWith(beside === undefined ? path : of.name);
          if (!named) throw error;
          outcomes.refused++;
        };
        const weights = await openWeights(of).catch(refuse);
        if (weights !== undefined) {
          for (const tensor of weights.names) {
            const read = await weights.read(tensor).catch(refuse);
            if (read === undefined) continue;
            outcomes.read++;
            const { length } = read.data;
            const right = length === numberCount(read.shape, tensor);
            if (!right || 2 * length > bytes.length) misshapen++;
          }
          await weights.close();
        }
        expect(misshapen).toBe(0);
        expect(performance.now() - start).toBeLessThan(longestMs);
      }),
      { numRuns, examples: [[[]]] },
    );
    // The first is whole.
    expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(0);
  });

  it("the pickle alone", { timeout: 60_000 + numRuns * 50 }, async () => {
    const zip = await readFile(join(reference, "zip.bin"));
    const start = zip.indexOf("\x80\x02ccollections", 0, "latin1");
    const pickled = zip.subarray(start, readStateDict(zip, "w", zip.length, start).end);
    const outcomes = { read: 0, refused: 0 };
    fc.assert(
      fc.property(damages, (list) => {
        const began = performance.now();
        try {
          const { tensors } = readStateDict(damaged(pickled, list), "w", zip.length);
          for (const { shape, strides, offset, storage } of tensors.values()) {
            expect(shape).toHaveLength(strides.length);
            expect(offset + numberCount(shape, "w")).toBeLessThanOrEqual(
              zip.length + storage.count,
            );
          }
          outcomes.read++;
        } catch (error) {
          if (!(error instanceof Error && error.message.startsWith("w: "))) throw error;
          outcomes.refused++;
        }
        expect(performance.now() - began).toBeLessThan(longestMs);
      }),
      { numRuns, examples: [[[]]] },
    );
    // The first is whole.
    expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(0);
  });
});
