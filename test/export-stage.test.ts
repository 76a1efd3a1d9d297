import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Artifact,
  readSafetensors,
  writeArtifact,
  writeSafetensors,
} from "@sweetspot/artifact";
import * as tf from "@tensorflow/tfjs";
import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { cellsIn, hashesOf } from "./cells.ts";

let cells: ReturnType<typeof cellsIn>;
let data: Artifact;
let trained: Artifact;
beforeAll(async () => {
  cells = cellsIn(await mkdtemp(join(tmpdir(), "export-stage-")));
  data = await cells.pairs();
  trained = await cells.train("sweet", { method: "sweet" });
});
afterAll(() => rm(cells.folder, { recursive: true }));

const bundleOf = async (a: Artifact) =>
  JSON.parse(await readFile(a.path("bundle.json"), "utf8")) as unknown;

describe("the stage export", () => {
  it("leaves a segment per exit, the tokenizer, and what the bundle is; tfjs says nothing", async () => {
    const greeting = vi.spyOn(console, "warn");
    const lines: string[] = [];
    const exported = await cells.export("sweet-export", trained, (line) => lines.push(line));
    expect(greeting).not.toHaveBeenCalled();
    expect(tf.env().getBool("PROD")).toBe(false);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^model 1 of 1 {2}segments: 2, logits within \d\.\de-\d+ of the training definition$/,
    );
    expect(Object.keys(exported.manifest.files).sort()).toEqual([
      "bundle.json",
      "member-1/segment-1.onnx",
      "member-1/segment-2.onnx",
      "tokenizer.json",
    ]);
    expect(await bundleOf(exported)).toEqual({
      format: "sweetspot-bundle-1",
      method: "sweet",
      labels: ["agrees", "differs", "neither"],
      layers: 2,
      maxLength: 24,
      pairs: true,
      vocabSize: 30522,
      members: [
        {
          segments: [
            { file: "member-1/segment-1.onnx", exitLayer: 1, layers: 1 },
            { file: "member-1/segment-2.onnx", exitLayer: 2, layers: 1 },
          ],
        },
      ],
    });
    expect(hashesOf(exported)["tokenizer.json"]).toBe(hashesOf(data)["tokenizer.json"]);
    expect(exported.manifest.facts).toEqual({
      method: "sweet",
      segments: 2,
      checkedExamples: 6,
      logitsWithin: 1e-4,
    });
    for (const k of [1, 2]) {
      const session = await ort.InferenceSession.create(
        exported.path(`member-1/segment-${k}.onnx`),
      );
      expect(session.outputNames).toEqual(k === 1 ? ["nextHidden", "logits"] : ["logits"]);
      await session.release();
    }
  });

  it("leaves the same bytes twice", async () => {
    const [a, b] = [await cells.export("a", trained), await cells.export("b", trained)];
    expect(b.sha256).toBe(a.sha256);
  });

  it("multi-model: one segment per member, of all its layers", async () => {
    const exported = await cells.export(
      "multi-export",
      await cells.train("multi", { method: "multi-model" }),
    );
    expect(await bundleOf(exported)).toMatchObject({
      method: "multi-model",
      layers: 2,
      members: [
        { segments: [{ file: "member-1/segment-1.onnx", exitLayer: 1, layers: 1 }] },
        { segments: [{ file: "member-2/segment-1.onnx", exitLayer: 2, layers: 2 }] },
      ],
    });
  });
});

/** The trained artifact with its files changed, its manifest in order. */
async function trainedWith(
  name: string,
  change: (folder: string) => Promise<unknown>,
  inputs: Record<string, string> = trained.manifest.inputs,
): Promise<Artifact> {
  return writeArtifact(
    join(cells.folder, name),
    { ...trained.manifest, inputs },
    async (folder) => {
      await cp(trained.dir, folder, { recursive: true });
      await rm(join(folder, "manifest.json"));
      await change(folder);
      return trained.manifest.facts;
    },
  );
}

it("caps the bundle's maxLength at the encoder's positions", async () => {
  const positions = 23;
  const train = await trainedWith("few-positions", async (folder) => {
    const file = join(folder, "member-1/model.safetensors");
    const tensors = await readSafetensors(file);
    const name = "embeddings.position_embeddings.weight";
    const { data: table = [] } = tensors[name] ?? {};
    tensors[name] = {
      shape: [positions, 32],
      data: Float32Array.from(table.slice(0, positions * 32)),
    };
    await writeSafetensors(file, tensors);
    const config = join(folder, "member-1/config.json");
    const json = JSON.parse(await readFile(config, "utf8")) as object;
    await writeFile(config, JSON.stringify({ ...json, max_position_embeddings: positions }));
  });
  expect(data.manifest.settings).toMatchObject({ maxLength: 24 });
  expect(await bundleOf(await cells.export("capped", train))).toMatchObject({ maxLength: 23 });
});

describe("nothing is left where it fails", () => {
  const failure = async (name: string, train: Artifact) => {
    const error = await cells.export(name, train).then(
      () => "none",
      (e: Error) => e.message,
    );
    const left = (await readdir(cells.folder)).filter((f) => f.startsWith(name));
    return { error, left: left.filter((f) => f !== `${name}.scratch`) };
  };

  it("weights that are no numbers", async () => {
    const train = await trainedWith("nan-weights", async (folder) => {
      const file = join(folder, "member-1/model.safetensors");
      const tensors = await readSafetensors(file);
      tensors["exits.2.classifier.bias"]?.data.fill(NaN);
      await writeSafetensors(file, tensors);
    });
    expect(await failure("nan-export", train)).toEqual({
      error: `${join(train.dir, "member-1/model.safetensors")}: tensor "exits.2.classifier.bias" must hold finite numbers, got NaN at 0 of 3; its training diverged or the file is damaged, take another checkpoint`,
      left: [],
    });
  });

  it("a cascade that breaks the schema", async () => {
    const train = await trainedWith("bad-cascade", (folder) =>
      writeFile(join(folder, "cascade.json"), '{"method": "sweet", "layers": 2}'),
    );
    expect(await failure("bad-export", train)).toEqual({
      error: expect.stringContaining(`${train.path("cascade.json")}: members: `),
      left: [],
    });
  });

  it("a checkpoint that lacks a tensor", async () => {
    const train = await trainedWith("no-head", async (folder) => {
      const file = join(folder, "member-1/model.safetensors");
      const { "exits.1.classifier.weight": _, ...tensors } = await readSafetensors(file);
      await writeSafetensors(file, tensors);
    });
    expect(await failure("no-export", train)).toEqual({
      error: expect.stringMatching(/member-1\/model\.safetensors: .*exits\.1\.classifier\.weight/),
      left: [],
    });
  });

  it("checkpoints of other data", async () => {
    const train = await trainedWith("other-data", async () => {}, { data: "0".repeat(64) });
    expect(await failure("other-export", train)).toEqual({
      error: `export: ${train.dir} was not trained on ${data.dir}; pass the data that it was trained on`,
      left: [],
    });
  });
});
