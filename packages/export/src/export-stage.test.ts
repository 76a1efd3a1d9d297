import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Artifact,
  type HostTensor,
  readJson,
  readSafetensors,
  runStage,
  writeArtifact,
  writeSafetensors,
  writeSplit,
} from "@sweetspot/artifact";
import { type Checkpoint, writeCheckpoint } from "@sweetspot/model";
import { InferenceSession } from "@sweetspot/runtime";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { randomCheckpoint, randomSentences } from "./testing/random-checkpoint.ts";
import { stage } from "./stage.ts";

let folder: string;
let data: Artifact;
let trained: Artifact;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "export-stage-"));
  data = await dataOf("data", 19);
  trained = await trainedOf("trained", [randomCheckpoint([1, 3])]);
});
afterAll(() => rm(folder, { recursive: true }));

/** What the stage `data` leaves, as far as `export` reads it: pairs of texts, 6 of them for calibration, 3 for training. */
function dataOf(name: string, maxLength: number): Promise<Artifact> {
  return writeArtifact(
    join(folder, name),
    { stage: "data", settings: { maxLength }, inputs: {} },
    async (output) => {
      const lengths = [5, 7, 3, 11, 2, 13];
      await writeSplit(join(output, "calibration.safetensors"), {
        ...randomSentences(lengths),
        labels: new Int32Array(lengths.length),
      });
      await writeSplit(join(output, "train.safetensors"), {
        ...randomSentences([4, 9, 6]),
        labels: new Int32Array(3),
      });
      const lines = lengths.map((n) => JSON.stringify({ text: `${n}`, textPair: "pair" }));
      await writeFile(join(output, "calibration.jsonl"), `${lines.join("\n")}\n`);
      await writeFile(join(output, "tokenizer.json"), '{"version": "1.0"}\n');
      return {};
    },
  );
}

/** What the stage `train` leaves; `change` works on its files before the manifest is written. */
function trainedOf(
  name: string,
  members: readonly Checkpoint[],
  change: (output: string) => Promise<void> = async () => {},
  inputs: Record<string, string> = { data: data.sha256 },
): Promise<Artifact> {
  return writeArtifact(
    join(folder, name),
    { stage: "train", settings: {}, inputs },
    async (output) => {
      for (const [i, checkpoint] of members.entries()) {
        await mkdir(join(output, `member-${i + 1}`));
        await writeCheckpoint(join(output, `member-${i + 1}`), checkpoint);
      }
      const cascade = {
        method: "sweet",
        layers: Math.max(...members.map((m) => m.config.numHiddenLayers)),
        members: members.map(({ exitLayers }, i) => ({ folder: `member-${i + 1}`, exitLayers })),
      };
      await writeFile(join(output, "cascade.json"), JSON.stringify(cascade));
      await change(output);
      return {};
    },
  );
}

function exportOf(
  name: string,
  train: Artifact,
  given: Artifact = data,
  log: (line: string) => void = () => {},
  settings: object = {},
): Promise<Artifact> {
  return runStage(stage, {
    settings,
    inputs: { data: given.dir, train: train.dir },
    output: join(folder, name),
    log,
  });
}

const filesOf = (member: number, k: number) => ({
  fp32: `member-${member}/segment-${k}.onnx`,
  int8: `member-${member}/segment-${k}.int8.onnx`,
});

const bundleOf = (exported: Artifact) => readJson(exported.path("bundle.json"));

describe("the stage export", () => {
  it("writes one segment per exit, the tokenizer and bundle.json; tfjs prints nothing", async () => {
    const greeting = vi.spyOn(console, "warn");
    const lines: string[] = [];
    const exported = await exportOf("sweet", trained, data, (line) => lines.push(line));
    expect(greeting).not.toHaveBeenCalled();
    expect(tf.env().getBool("PROD")).toBe(false);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^model 1 of 1 {2}segments: 2, logits within \d\.\de-\d+ of the training definition$/,
    );
    expect(Object.keys(exported.manifest.files).sort()).toEqual([
      "bundle.json",
      "member-1/segment-1.int8.onnx",
      "member-1/segment-1.onnx",
      "member-1/segment-2.int8.onnx",
      "member-1/segment-2.onnx",
      "tokenizer.json",
    ]);
    expect(await bundleOf(exported)).toEqual({
      format: "sweetspot-bundle-2",
      method: "sweet",
      labels: ["left", "right", "straight"],
      layers: 3,
      maxLength: 19,
      pairs: true,
      vocabSize: 41,
      members: [
        {
          segments: [
            { files: filesOf(1, 1), exitLayer: 1, layers: 1 },
            { files: filesOf(1, 2), exitLayer: 3, layers: 2 },
          ],
        },
      ],
    });
    const hash = ({ manifest }: Artifact) => manifest.files["tokenizer.json"]?.sha256;
    expect(hash(exported)).toBe(hash(data));
    expect(exported.manifest.facts).toEqual({
      method: "sweet",
      segments: 2,
      calibrationExamples: 3,
      checkedExamples: 6,
      logitsWithin: 1e-4,
    });
    for (const file of [1, 2].flatMap((k) => Object.values(filesOf(1, k)))) {
      const session = await InferenceSession.create(exported.path(file));
      expect(session.outputNames).toEqual(
        file.includes("segment-1") ? ["nextHidden", "logits"] : ["logits"],
      );
      await session.release();
    }
  });

  it("writes the same bytes twice", async () => {
    const [a, b] = [await exportOf("a", trained), await exportOf("b", trained)];
    expect(b.sha256).toBe(a.sha256);
  });

  it("writes one segment for each model of a cascade, of all its layers", async () => {
    const members = [randomCheckpoint([1]), randomCheckpoint([2])];
    const exported = await exportOf("cascade", await trainedOf("cascade-trained", members));
    expect(await bundleOf(exported)).toMatchObject({
      layers: 2,
      members: [
        { segments: [{ files: filesOf(1, 1), exitLayer: 1, layers: 1 }] },
        { segments: [{ files: filesOf(2, 1), exitLayer: 2, layers: 2 }] },
      ],
    });
  });

  it.each(["fp32", "int8"] as const)("writes only %s if asked", async (precision) => {
    const both = await exportOf("both", trained);
    const one = await exportOf(precision, trained, data, undefined, { precision });
    const files = [1, 2].map((k) => filesOf(1, k)[precision]);
    expect(Object.keys(one.manifest.files).filter((f) => f.endsWith(".onnx"))).toEqual(files);
    for (const file of files) expect(one.manifest.files[file]).toEqual(both.manifest.files[file]);
    const segments = files.map((file, i) => ({
      files: { [precision]: file },
      exitLayer: 1 + 2 * i,
      layers: 1 + i,
    }));
    expect(await bundleOf(one)).toMatchObject({ members: [{ segments }] });
    expect(one.manifest.facts).toHaveProperty("logitsWithin", 1e-4);
    expect("calibrationExamples" in Object(one.manifest.facts)).toBe(precision === "int8");
  });

  it("caps maxLength at the encoder's positions", async () => {
    const long = await dataOf("long", 24);
    const inputs = { data: long.sha256 };
    const train = await trainedOf("few", [randomCheckpoint([1])], undefined, inputs);
    expect(await bundleOf(await exportOf("capped", train, long))).toMatchObject({ maxLength: 23 });
  });
});

describe("leaves nothing behind on", () => {
  const failure = async (name: string, train: Artifact) => {
    const error = await exportOf(name, train).then(
      () => "none",
      (e: Error) => e.message,
    );
    const left = (await readdir(folder)).filter((f) => f.startsWith(name));
    return { error, left: left.filter((f) => f !== `${name}.scratch`) };
  };
  /** Changes the tensors of the first model. */
  const tensorsOf =
    (change: (tensors: Record<string, HostTensor>) => void) => async (output: string) => {
      const file = join(output, "member-1/model.safetensors");
      const tensors = await readSafetensors(file);
      change(tensors);
      await writeSafetensors(file, tensors);
    };

  it("weights that are not finite", async () => {
    const change = tensorsOf((tensors) => tensors["exits.3.classifier.bias"]?.data.fill(NaN));
    const train = await trainedOf("nan-weights", [randomCheckpoint([1, 3])], change);
    expect(await failure("nan-export", train)).toEqual({
      error: `${join(train.dir, "member-1/model.safetensors")}: tensor "exits.3.classifier.bias" must hold finite numbers, got NaN at 0 of 3; its training diverged or the file is damaged; use another checkpoint`,
      left: [],
    });
  });

  it("a cascade.json that does not match its schema", async () => {
    const train = await trainedOf("bad-cascade", [randomCheckpoint([1])], (output) =>
      writeFile(join(output, "cascade.json"), '{"method": "sweet", "layers": 2}'),
    );
    expect(await failure("bad-export", train)).toEqual({
      error: expect.stringContaining(`${train.path("cascade.json")}: members: `),
      left: [],
    });
  });

  it("a checkpoint that lacks a tensor", async () => {
    const change = tensorsOf((tensors) => delete tensors["exits.1.classifier.weight"]);
    const train = await trainedOf("no-head", [randomCheckpoint([1])], change);
    expect(await failure("no-export", train)).toEqual({
      error: expect.stringMatching(/member-1\/model\.safetensors: .*exits\.1\.classifier\.weight/),
      left: [],
    });
  });

  it("checkpoints that were trained on other data", async () => {
    const inputs = { data: "0".repeat(64) };
    const train = await trainedOf("other-data", [randomCheckpoint([1])], undefined, inputs);
    expect(await failure("other-export", train)).toEqual({
      error: `export: ${train.dir} was not trained on ${data.dir}; pass the data that it was trained on`,
      left: [],
    });
  });
});
