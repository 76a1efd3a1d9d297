import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { diskError, type HostTensor, parse, readJson, writeSafetensors } from "@sweetspot/artifact";
import { z } from "zod";
import { checkExitLayers, exitParameters } from "../exits/exit-definition.ts";
import {
  type EncoderConfig,
  encoderConfig,
  encoderConfigJson,
  encoderParameters,
} from "../encoders/definitions.ts";
import { readWeights } from "./read-parameters.ts";
import { type Pooling, poolings } from "../exits/exit-definition.ts";
import type { ParameterSpec } from "../encoders/layers/parameters.ts";
import { publishedClass, publishedName } from "./published-names.ts";

/** A fine-tuned model: an encoder cut after its last exit, with the exits' heads. */
export interface Checkpoint {
  /** The configuration of the cut encoder: `numHiddenLayers` is the last exit's layer. */
  config: EncoderConfig;
  exitLayers: readonly number[];
  pooling: Pooling;
  /** The classes' names, in the order of the logits. */
  labels: readonly string[];
  /** float32, by Hugging Face's names. */
  weights: Readonly<Record<string, HostTensor>>;
}

const exitsSchema = z.looseObject({
  exit_layers: z.array(z.int().positive()),
  pooling: z.enum(poolings),
  id2label: z.record(z.string(), z.string()),
  architectures: z.array(z.string()).nullish(),
});

/**
 * Writes `model.safetensors` and `config.json` into an existing folder. The tensors always have the same
 * order, so equal checkpoints give equal files.
 *
 * @throws RangeError if a parameter is missing, misshapen or unknown, if the encoder has layers after its
 *   last exit, or if two labels are the same
 */
export async function writeCheckpoint(folder: string, checkpoint: Checkpoint): Promise<void> {
  const { config, exitLayers, pooling, labels, weights } = checkpoint;
  const specs = checkpointParameters(checkpoint, "checkpoint");
  const ordered: Record<string, HostTensor> = {};
  for (const { name, shape } of specs) {
    const tensor = weights[name];
    if (tensor === undefined) throw new RangeError(`checkpoint: no tensor "${name}"`);
    if (!(tensor.data instanceof Float32Array) || tensor.shape.join() !== shape.join()) {
      throw new RangeError(
        `checkpoint: tensor "${name}" must be float32 [${shape.join(", ")}], got ${tensor.data instanceof Float32Array ? "float32" : "int32"} [${tensor.shape.join(", ")}]`,
      );
    }
    ordered[name] = tensor;
  }
  const unknown = Object.keys(weights).filter((name) => !Object.hasOwn(ordered, name));
  if (unknown.length > 0)
    throw new RangeError(
      `checkpoint: tensors that this model does not have: ${unknown.join(", ")}`,
    );
  const json = {
    ...encoderConfigJson(config),
    exit_layers: exitLayers,
    pooling,
    id2label: Object.fromEntries(labels.map((label, i) => [i, label])),
    label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
  };
  const file = join(folder, "config.json");
  await writeFile(file, `${JSON.stringify(json, undefined, 2)}\n`).catch((cause: unknown) => {
    throw diskError(`cannot write ${file}`, cause);
  });
  await writeSafetensors(join(folder, "model.safetensors"), ordered, {
    metadata: { format: "pt" },
  });
}

/**
 * Reads what `writeCheckpoint` wrote, or a model under its published names, which `architectures` in
 * `config.json` marks.
 *
 * @throws Error, naming the file and the key or tensor, if something is missing or does not fit
 */
export async function readCheckpoint(folder: string): Promise<Checkpoint> {
  const file = join(folder, "config.json");
  const json = await readJson(file);
  const config = encoderConfig(json, file);
  const exits = parse(exitsSchema, json, file);
  const { exit_layers: exitLayers, pooling, id2label } = exits;
  const labels = Object.keys(id2label).map((_, i) => {
    const label = id2label[i];
    if (label === undefined)
      throw new RangeError(`${file}: id2label must count from 0, has no ${i}`);
    return label;
  });
  const specs = checkpointParameters({ config, exitLayers, pooling, labels }, file);
  const published = exits.architectures?.includes(publishedClass(config, pooling)) ?? false;
  const storedName = (name: string) =>
    published ? publishedName(name, config, config.numHiddenLayers, pooling) : name;
  const stored = await readWeights(
    join(folder, "model.safetensors"),
    specs.map((spec) => ({ ...spec, name: storedName(spec.name) })),
  );
  const weights: Record<string, HostTensor> = {};
  for (const { name } of specs) {
    const tensor = stored[storedName(name)];
    if (tensor !== undefined) weights[name] = tensor;
  }
  return { config, exitLayers, pooling, labels, weights };
}

/** Checks that the parts of a checkpoint fit together, and lists its parameters. */
function checkpointParameters(
  { config, exitLayers, pooling, labels }: Omit<Checkpoint, "weights">,
  where: string,
): ParameterSpec[] {
  try {
    checkExitLayers(exitLayers, config.numHiddenLayers);
  } catch (cause) {
    throw new RangeError(`${where}: ${(cause as Error).message}`, { cause });
  }
  if (exitLayers.at(-1) !== config.numHiddenLayers) {
    throw new RangeError(
      `${where}: num_hidden_layers must be the last exit's layer, ${exitLayers.at(-1)}, got ${config.numHiddenLayers}; cut the encoder after it`,
    );
  }
  const repeated = labels.find((label, i) => labels.indexOf(label) !== i);
  if (labels.length === 0 || repeated !== undefined) {
    throw new RangeError(
      `${where}: labels must be one or more, each once, got ${repeated === undefined ? "none" : `"${repeated}" twice`}`,
    );
  }
  return [
    ...encoderParameters(config),
    ...exitParameters(config, exitLayers, labels.length, pooling),
  ];
}
