import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type HostTensor, parse, writeSafetensors } from "@sweetspot/artifact";
import { z } from "zod";
import { checkExitLayers } from "./bert.ts";
import { type BertConfig, bertConfig, bertConfigJson } from "./config.ts";
import { readWeights } from "./encoder.ts";
import type { Pooling } from "./exit-head.ts";
import { encoderParameters, exitParameters } from "./parameters.ts";

/** A fine-tuned model: an encoder cut after its last exit, and the exits' heads. */
export interface Checkpoint {
  /** Of the encoder as it is here: `numHiddenLayers` is the last exit's layer. */
  config: BertConfig;
  exitLayers: readonly number[];
  pooling: Pooling;
  /** The classes' names, in the order of the logits. */
  labels: readonly string[];
  /** float32, by Hugging Face's names. */
  weights: Readonly<Record<string, HostTensor>>;
}

const exitsSchema = z.looseObject({
  exit_layers: z.array(z.int().positive()),
  pooling: z.enum(["first-token", "mean"]),
  id2label: z.record(z.string(), z.string()),
});

/** Writes `model.safetensors` and `config.json` into a folder that exists. */
export async function writeCheckpoint(folder: string, checkpoint: Checkpoint): Promise<void> {
  const { config, exitLayers, pooling, labels, weights } = checkpoint;
  const json = {
    ...bertConfigJson(config),
    exit_layers: exitLayers,
    pooling,
    id2label: Object.fromEntries(labels.map((label, i) => [i, label])),
    label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
  };
  await writeFile(join(folder, "config.json"), `${JSON.stringify(json, undefined, 2)}\n`);
  await writeSafetensors(join(folder, "model.safetensors"), weights, {
    metadata: { format: "pt" },
  });
}

/**
 * Reads what `writeCheckpoint` wrote.
 *
 * @throws Error naming the file, and the key or tensor, for whatever is missing or does not fit
 */
export async function readCheckpoint(folder: string): Promise<Checkpoint> {
  const file = join(folder, "config.json");
  const json: unknown = JSON.parse(await readFile(file, "utf8"));
  const config = bertConfig(json, file);
  const { exit_layers: exitLayers, pooling, id2label } = parse(exitsSchema, json, file);
  checkExitLayers(exitLayers, config.numHiddenLayers);
  const labels = Object.keys(id2label).map((_, i) => {
    const label = id2label[i];
    if (label === undefined)
      throw new RangeError(`${file}: id2label must count from 0, has no ${i}`);
    return label;
  });
  const specs = [
    ...encoderParameters(config),
    ...exitParameters(config, exitLayers, labels.length, pooling),
  ];
  return {
    config,
    exitLayers,
    pooling,
    labels,
    weights: await readWeights(join(folder, "model.safetensors"), specs),
  };
}
