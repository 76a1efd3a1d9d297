import { repositoryTokenizerJson, textTokenizer } from "@sweetspot/tokenizer";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  openArtifact,
  readSafetensors,
  runStage,
  type Stage,
  readSplit,
  readJsonAs,
  timingSchema,
} from "@sweetspot/artifact";
import { readOwnFile, tokenizerFilesOf } from "@sweetspot/data";
import { stage as data } from "@sweetspot/data/stage";
import { stage as evaluate } from "@sweetspot/eval/stage";
import { stage as exported } from "@sweetspot/export/stage";
import { openFolder } from "@sweetspot/hub";
import { openBundle } from "@sweetspot/infer";
import { predict, time } from "@sweetspot/infer/stage";
import { openWeights, readCheckpoint, repositoryEncoder } from "@sweetspot/model";
import { planPipeline } from "@sweetspot/pipeline";
import { readCell } from "@sweetspot/report";
import { stage as train } from "@sweetspot/train/stage";
import { madeSeeds, parquetMutant } from "@sweetspot/data/testing";
import { readLogits, readPredictions } from "@sweetspot/eval";
import { mutate } from "./mutate.ts";

/** A reader of files from outside, or from an unreliable disk. */
export interface Reader {
  name: string;
  /** Folders of undamaged files, one of which is damaged at a time. */
  seeds: readonly Seed[];
  /** Reads the folder; an error must name the damaged file, or the folder. */
  read(folder: string): Promise<unknown>;
  /** Whether `manifest.json` is rewritten after the damage, as an attacker would. */
  signed?: boolean;
  /** Whether every damaged file must be refused, because the folder has hashes. */
  hashed?: boolean;
  /** How to damage a file, if not in the usual way. */
  mutate?(bytes: Uint8Array, number: number): Uint8Array;
}

/** A folder and the files in it to damage. */
export interface Seed {
  folder: string;
  files: readonly string[];
}

const root = join(import.meta.dirname, "..", "..");
const reference = (path: string): string => join(root, "packages", path);

/**
 * Every reader, with seeds from the repository's own reference files and from a small run of every stage.
 *
 * @param work a folder for the files that it makes; those of an earlier call are reused
 */
export async function makeReaders(work: string): Promise<Reader[]> {
  const write = async (place: string, files: Record<string, string | Uint8Array>) => {
    const folder = join(work, "seeds", place);
    await mkdir(folder, { recursive: true });
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content, { flag: "wx" }).catch(ifThere);
    }
    return { folder, files: Object.keys(files) };
  };
  const copied = async (place: string, from: string, files: readonly string[], to?: string) => {
    const entries = await Promise.all(
      files.map(async (file) => [to ?? file, await readFile(join(from, file))] as const),
    );
    return write(place, Object.fromEntries(entries));
  };
  const weights = reference("model/reference/pytorch-files");
  const pickles = (await readdir(join(weights, "hostile"))).sort();
  const readWeights = async (folder: string) => {
    const opened = await openWeights(await openFolder(folder));
    try {
      for (const name of opened.names) await opened.read(name);
    } finally {
      await opened.close();
    }
  };
  const kinds = (await readdir(reference("tokenizer/reference/encoders"), { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const { encoders } = JSON.parse(
    await readFile(join(root, "test", "reference", "encoders", "encoders.json"), "utf8"),
  ) as { encoders: Record<string, { config: unknown }> };
  const rows = ["text,label", ...Array.from({ length: 60 }, (_, i) => `"text, ${i}",${i % 3}`)];
  const tables: Record<string, string> = {
    "a.csv": `${rows.join("\r\n")}\r\n`,
    "a.tsv": `${rows
      .join("\n")
      .replaceAll(/"|(?<=text), /g, "")
      .replaceAll(",", "\t")}\n`,
    "a.jsonl": rows.map((row, i) => `${JSON.stringify({ text: row, label: i % 3 })}\n`).join(""),
  };
  const made = await runEveryStage(join(work, "made"));
  const artifact = async (stage: keyof typeof made, files: readonly string[]): Promise<Seed> => {
    const folder = join(work, "seeds", stage);
    if (!existsSync(folder)) await cp(made[stage], folder, { recursive: true });
    return { folder, files };
  };
  const own = (file: string) => (folder: string) =>
    readOwnFile({ file: join(folder, file), text: "text", label: "label" });
  return [
    {
      name: "safetensors",
      seeds: [await copied("safetensors", weights, ["expected.safetensors"])],
      read: (folder) => readSafetensors(join(folder, "expected.safetensors")),
    },
    {
      name: "PyTorch .bin",
      seeds: await Promise.all([
        ...["zip.bin", "legacy.bin", "nested.bin", "protocol-4.bin"].map((file) =>
          copied(`torch/${file}`, weights, [file], "pytorch_model.bin"),
        ),
        ...pickles.map((file) =>
          copied(`torch/${file}`, join(weights, "hostile"), [file], "pytorch_model.bin"),
        ),
      ]),
      read: readWeights,
    },
    {
      name: "index of shards",
      seeds: await Promise.all(
        ["sharded-bin", "sharded-safetensors"].map(async (shards) => {
          const files = await readdir(join(weights, shards));
          const seed = await copied(shards, join(weights, shards), files);
          return { ...seed, files: files.filter((file) => file.endsWith(".json")) };
        }),
      ),
      read: readWeights,
    },
    {
      name: "config.json of an encoder",
      seeds: await Promise.all(
        Object.entries(encoders).map(([kind, { config }]) =>
          write(`config/${kind}`, {
            "config.json": JSON.stringify(config, undefined, 2),
            "1_Pooling/config.json": JSON.stringify({ pooling_mode: "mean" }),
          }),
        ),
      ),
      read: async (folder) => repositoryEncoder(await openFolder(folder)),
    },
    {
      name: "files of a tokenizer",
      seeds: await Promise.all(
        kinds.map(async (kind, i) => copied(`tokenizer/${i}`, kind, await readdir(kind))),
      ),
      read: readTokenizer,
    },
    {
      name: "tokenizer.json",
      seeds: await Promise.all(
        kinds.map(async (kind, i) => {
          const json = await repositoryTokenizerJson(tokenizerFilesOf(await openFolder(kind)));
          return write(`tokenizer-json/${i}`, { "tokenizer.json": JSON.stringify(json) });
        }),
      ),
      read: readTokenizer,
    },
    {
      name: "parquet",
      seeds: await Promise.all([
        ...(await readdir(reference("data/reference/parquet")))
          .filter((file) => file.endsWith(".parquet"))
          .map((file) =>
            copied(`parquet/${file}`, reference("data/reference/parquet"), [file], "a.parquet"),
          ),
        ...madeSeeds.map((bytes, i) => write(`parquet/made-${i}`, { "a.parquet": bytes })),
      ]),
      read: (folder) =>
        readOwnFile({ file: join(folder, "a.parquet"), text: "sentence", label: "label" }),
      mutate: parquetMutant,
    },
    ...(await Promise.all(
      Object.entries(tables).map(async ([file, text]): Promise<Reader> => ({
        name: { "a.csv": "CSV", "a.tsv": "TSV", "a.jsonl": "JSON Lines" }[file] ?? file,
        seeds: [await write(file, { [file]: text })],
        read: own(file),
      })),
    )),
    {
      name: "pipeline.yaml",
      seeds: await Promise.all(
        ["smoke", "demo", "low-resource-deep"].map(async (name) =>
          copied(`pipelines/${name}`, join(root, "pipelines", name), ["pipeline.yaml"]),
        ),
      ),
      read: (folder) => planPipeline(folder, folder),
    },
    {
      name: "artifact, by its hashes",
      seeds: [await artifact("data", ["labels.json", "test.safetensors", "tokenizer.json"])],
      read: (folder) => openArtifact(folder),
      hashed: true,
    },
    {
      name: "encoded split",
      seeds: [await artifact("data", ["train.safetensors"])],
      read: async (folder) => readSplit(await openArtifact(folder), "train"),
      signed: true,
    },
    {
      name: "checkpoint",
      seeds: [await artifact("train", ["member-1/config.json", "member-1/model.safetensors"])],
      read: (folder) => readCheckpoint(join(folder, "member-1")),
    },
    {
      name: "bundle",
      // Not its graphs: ONNX Runtime reads them, which is not our code.
      seeds: [await artifact("export", ["bundle.json", "tokenizer.json"])],
      read: async (folder) => (await openBundle(folder)).dispose(),
      signed: true,
    },
    {
      name: "predictions",
      seeds: [await artifact("predict", ["predictions.json", "test.safetensors"])],
      read: async (folder) => {
        const artifact = await openArtifact(folder);
        return readLogits(artifact, await readPredictions(artifact), "test");
      },
      signed: true,
    },
    {
      name: "timing.json",
      seeds: [await artifact("time", ["timing.json"])],
      read: async (folder) =>
        readJsonAs((await openArtifact(folder)).path("timing.json"), timingSchema),
      signed: true,
    },
    {
      name: "results.json",
      seeds: [await artifact("eval", ["results.json"])],
      read: async (folder) => readCell(resultsCell, await openArtifact(folder)),
      signed: true,
    },
  ];
}

const resultsCell = { input: "a", task: "amazon", encoder: "tiny", method: "sweet", seed: 1 };
const texts = ["", "Good, isn't it?", "ﬁne ½ 日本語 👍🏽 [MASK]<s>", "e\u0301 \u0000 a a a a a"];

async function readTokenizer(folder: string): Promise<void> {
  const tokenizer = textTokenizer(
    await repositoryTokenizerJson(tokenizerFilesOf(await openFolder(folder))),
    folder,
  );
  for (const text of texts) tokenizer.encode(text, text, { maxLength: 32 });
}

function ifThere(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}

/** The mutant with a number: one file of one seed. */
export function mutantOf(
  { seeds, mutate: own }: Reader,
  number: number,
  whole: (path: string) => Uint8Array,
): { seed: Seed; file: string; bytes: Uint8Array } {
  const seed = seeds[number % seeds.length] ?? { folder: "", files: [] };
  const file = seed.files[Math.floor(number / seeds.length) % seed.files.length] ?? "";
  const bytes = whole(join(seed.folder, file));
  const isJson = file.endsWith(".json");
  return { seed, file, bytes: own?.(bytes, number) ?? mutate(bytes, number, isJson) };
}

/** Writes a file's size and hash into the manifest beside it. */
export async function sign(folder: string, file: string, bytes: Uint8Array): Promise<void> {
  const path = join(folder, "manifest.json");
  const manifest = JSON.parse(await readFile(path, "utf8")) as {
    files: Record<string, { bytes: number; sha256: string }>;
  };
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  manifest.files[file] = { bytes: bytes.length, sha256 };
  await writeFile(path, JSON.stringify(manifest));
}

/** A small run of each stage. @returns their artifacts */
async function runEveryStage(work: string) {
  const made = {
    data: join(work, "data"),
    train: join(work, "train"),
    export: join(work, "export"),
    predict: join(work, "predict"),
    time: join(work, "time"),
    eval: join(work, "eval"),
  };
  const cell = async <S>(stage: Stage<S>, output: string, settings: object, inputs = {}) => {
    if (!existsSync(output)) await runStage(stage, { settings, inputs, output });
  };
  const sizes = { calibrationSize: 40, thresholdSize: 40, testSize: 40 };
  await cell(data, made.data, {
    task: "amazon",
    encoder: "tiny",
    trainSize: 32,
    maxLength: 16,
    ...sizes,
  });
  const training = { encoder: "tiny", method: "sweet", exitLayers: [1, 2], epochs: 1, seed: 1 };
  await cell(train, made.train, training, { data: made.data });
  await cell(exported, made.export, {}, { data: made.data, train: made.train });
  await cell(predict, made.predict, {}, { data: made.data, export: made.export });
  await cell(time, made.time, {}, { data: made.data, export: made.export });
  await cell(evaluate, made.eval, {}, { predict: made.predict, time: made.time });
  return made;
}
