import { textTokenizer } from "@sweetspot/tokenizer";
import { join } from "node:path";
import { writeFile } from "node:fs/promises";
import { type HostTensor, ragged, writeSafetensors, type EncodedSplit } from "@sweetspot/artifact";
import { encoderTokenizerJson, readEmbeddedTask } from "@sweetspot/data";
import {
  encoderConfigJson,
  type EncoderConfig,
  encoderParameters,
  exitParameters,
  initialWeights,
  type PretrainedEncoder,
  pretrainedEncoder,
} from "@sweetspot/model";

/** Rows and tokens of each batch. */
export const batch = { B: 16, T: 64 };
/** Different batches; a longer run goes through them again. */
export const batchCount = 16;
export const classes = 2;

/** The model and data of a fine-tuning step: both sides get these weights and batches. */
export interface TrainingWork {
  encoder: PretrainedEncoder;
  exitLayers: readonly number[];
  /** By Hugging Face's names, the exits' included. */
  weights: Record<string, HostTensor>;
  /** Rows of exactly T tokens: `batchCount * B` of them. */
  split: EncodedSplit;
}

export type ModelName = "tiny" | "minilm" | "bert-base";

/** @throws RangeError if there is no model of this name */
export function modelName(name: string | undefined): ModelName {
  if (name === "tiny" || name === "minilm" || name === "bert-base") return name;
  throw new RangeError(`bench: expected tiny, minilm or bert-base, got ${name}`);
}

/** As bert-base-uncased's config.json; its weights are random, which costs the same. */
export const bertBase: EncoderConfig = {
  ...(await pretrainedEncoder("tiny")).config,
  hiddenSize: 768,
  numHiddenLayers: 12,
  numAttentionHeads: 12,
  intermediateSize: 3072,
};

const works: Record<
  ModelName,
  { exitLayers: number[]; encoder: () => Promise<PretrainedEncoder> }
> = {
  tiny: { exitLayers: [1, 2], encoder: () => pretrainedEncoder("tiny") },
  minilm: { exitLayers: [1, 2, 4, 6], encoder: () => pretrainedEncoder("minilm") },
  "bert-base": {
    exitLayers: [1, 4, 6, 12],
    encoder: async () => ({
      config: bertBase,
      pooling: "first-token",
      weights: async (depth) => initialWeights(encoderParameters(bertBase, depth), bertBase, 0),
    }),
  },
};

/** Makes one model's work: the same bytes each time. */
export async function trainingWork(name: ModelName): Promise<TrainingWork> {
  const { exitLayers, encoder: make } = works[name];
  const encoder = await make();
  const { config, pooling } = encoder;
  const exits = exitParameters(config, exitLayers, classes, pooling);
  const weights = {
    ...(await encoder.weights(config.numHiddenLayers)),
    ...initialWeights(exits, config, 1),
  };
  return { encoder, exitLayers, weights, split: await realText() };
}

/** Sentences of reviews, end to end, cut into rows of T tokens. */
async function realText(): Promise<EncodedSplit> {
  const tokenizer = textTokenizer(await encoderTokenizerJson("minilm"));
  const { examples } = await readEmbeddedTask("sentiment");
  const rows: number[][] = [];
  const wanted = batchCount * batch.B;
  let row: number[] = [];
  for (const { text } of examples) {
    row.push(...tokenizer.encode(text, undefined, { maxLength: 128 }).inputIds);
    if (row.length < batch.T) continue;
    rows.push(row.slice(0, batch.T));
    row = [];
    if (rows.length === wanted) break;
  }
  if (rows.length < wanted)
    throw new RangeError(`bench: expected ${wanted} rows of text, got ${rows.length}`);
  return {
    inputIds: ragged(rows),
    tokenTypeIds: ragged(rows.map((r) => r.map(() => 0))),
    labels: Int32Array.from(rows, (_, i) => i % classes),
  };
}

/** Writes `work.json`, `weights.safetensors` and `batches.safetensors` for a peer. */
export async function writeWork(
  folder: string,
  { encoder, exitLayers, weights, split }: TrainingWork,
): Promise<void> {
  const { config, pooling } = encoder;
  const json = { config: encoderConfigJson(config), pooling, exitLayers, classes };
  await writeFile(join(folder, "work.json"), JSON.stringify(json));
  await writeSafetensors(join(folder, "weights.safetensors"), weights);
  await writeSafetensors(join(folder, "batches.safetensors"), {
    inputIds: { shape: [batchCount, batch.B, batch.T], data: split.inputIds.values },
    labels: { shape: [batchCount, batch.B], data: split.labels },
  });
}
