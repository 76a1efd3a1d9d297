import { type HostTensor, parse, readJson, SafetensorsFile } from "@sweetspot/artifact";
import type { Repository } from "@sweetspot/hub";
import { z } from "zod";
import { checkFinite } from "./finite.ts";
import { PytorchFile } from "../pytorch/pytorch-file.ts";

/** The tensors of a repository. The caller closes it. */
export interface Weights {
  /** The names of all its tensors, of any dtype. */
  names: ReadonlySet<string>;
  /**
   * Reads one tensor, row-major: float64, float32, float16 and bfloat16 as float32, int32 as int32.
   *
   * @param shape the shape that it must have
   * @throws RangeError, naming the file, if there is no such tensor, its shape differs, or it holds NaN
   *   or an infinity; TypeError for any other dtype; Error if its file cannot be fetched or is damaged
   */
  read(name: string, shape?: readonly number[]): Promise<HostTensor>;
  /** Closes its files; nothing can be read after that. */
  close(): Promise<void>;
}

/** The formats of weights, in order of preference. */
const formats = [
  { file: "model.safetensors", shard: ".safetensors", open: openSafetensors },
  { file: "pytorch_model.bin", shard: ".bin", open: (path: string) => PytorchFile.open(path) },
];
type Format = (typeof formats)[number];

const indexEnding = ".index.json";
const known = formats.flatMap(({ file }) => [file, `${file}${indexEnding}`]);
/** An index of 100,000 tensors has about 10 MB. */
const maximumIndexBytes = 1 << 26;

/**
 * Opens the weights of a repository: the first that it has of `model.safetensors`,
 * `model.safetensors.index.json`, `pytorch_model.bin` and `pytorch_model.bin.index.json`. A shard that an
 * index names is fetched and opened when one of its tensors is first read.
 *
 * @throws Error, naming the repository and what it has, if it has none of the four; Error, naming the
 *   file, if one cannot be fetched, is damaged, or is a pickle that asks for more than tensors
 */
export async function openWeights(repository: Repository): Promise<Weights> {
  const { format, sharded } = await weightsOf(repository);
  if (!sharded) return openFile(await repository.path(format.file), format.open);
  const { shardOf, index } = await readIndex(repository, format);
  return openShards(repository, format, shardOf, index);
}

/**
 * The files that reading every tensor through `openWeights` would fetch. The index of sharded weights is
 * fetched to list its shards.
 *
 * @throws Error as `openWeights` does, except for problems in the tensors' files
 */
export async function weightFiles(repository: Repository): Promise<string[]> {
  const { format, sharded } = await weightsOf(repository);
  if (!sharded) return [format.file];
  const { shardOf } = await readIndex(repository, format);
  return [`${format.file}${indexEnding}`, ...[...new Set(shardOf.values())].toSorted()];
}

async function weightsOf(repository: Repository): Promise<{ format: Format; sharded: boolean }> {
  const files = await repository.files();
  for (const format of formats) {
    if (files.includes(format.file)) return { format, sharded: false };
    if (files.includes(`${format.file}${indexEnding}`)) return { format, sharded: true };
  }
  const shown =
    files.slice(0, 12).join(", ") + (files.length > 12 ? ` and ${files.length - 12} more` : "");
  const others = files.some((file) => /\.(h5|msgpack|onnx|ot|ckpt)$/.test(file));
  const fix = others
    ? "convert its weights to safetensors (in transformers: load them, then save_pretrained)"
    : "save them with save_pretrained of transformers";
  throw new Error(
    `${repository.name}: expected weights as ${known.slice(0, -1).join(", ")} or ${known.at(-1)}, got ${shown || "no files"}; ${fix}`,
  );
}

/** Opens one file, by default a safetensors file; reading a tensor checks that it is finite. */
export async function openFile(
  path: string,
  open: (path: string) => Promise<Weights> = openSafetensors,
): Promise<Weights> {
  const weights = await open(path);
  return {
    names: weights.names,
    async read(name, shape) {
      const tensor = await weights.read(name, shape);
      checkFinite(path, name, tensor);
      return tensor;
    },
    close: () => weights.close(),
  };
}

async function openSafetensors(path: string): Promise<Weights> {
  const file = await SafetensorsFile.open(path);
  return {
    names: new Set(file.entries.keys()),
    read: (name, shape) => file.read(name, shape),
    close: () => file.close(),
  };
}

const indexSchema = z.looseObject({ weight_map: z.looseObject({}) });

/** The shard of each tensor. */
async function readIndex(
  repository: Repository,
  format: Format,
): Promise<{ index: string; shardOf: Map<string, string> }> {
  const index = await repository.path(`${format.file}${indexEnding}`);
  const json = await readJson(index, maximumIndexBytes);
  const files = new Set(await repository.files());
  const shardOf = new Map<string, string>();
  // From the JSON itself: a tensor may be called __proto__, which the schema's copy leaves out.
  parse(indexSchema, json, index);
  for (const [name, shard] of Object.entries((json as z.infer<typeof indexSchema>).weight_map)) {
    const about = `${index}: tensor "${name}"`;
    // Only a file in the same folder: the index is not trusted.
    const plain = typeof shard === "string" && /^\w[\w.-]*$/.test(shard);
    if (!plain || !shard.endsWith(format.shard))
      throw new TypeError(
        `${about}: expected the name of a ${format.shard} file beside it, got ${JSON.stringify(shard).slice(0, 80)}`,
      );
    if (!files.has(shard))
      throw new RangeError(`${about}: is in ${shard}, which ${repository.name} does not have`);
    shardOf.set(name, shard);
  }
  if (shardOf.size === 0) throw new RangeError(`${index}: its weight_map names no tensor`);
  return { index, shardOf };
}

function openShards(
  repository: Repository,
  format: Format,
  shardOf: ReadonlyMap<string, string>,
  index: string,
): Weights {
  const opened = new Map<string, Promise<Weights>>();
  let closed = false;
  const open = (shard: string): Promise<Weights> => {
    const before = opened.get(shard);
    if (before !== undefined) return before;
    const opening = repository.path(shard).then((path) => openFile(path, format.open));
    opened.set(shard, opening);
    // A fetch that failed may succeed the next time.
    opening.catch(() => opened.delete(shard));
    return opening;
  };
  return {
    names: new Set(shardOf.keys()),
    async read(name, shape) {
      const shard = shardOf.get(name);
      if (shard === undefined) throw new RangeError(`${index}: no tensor "${name}"`);
      if (closed) throw new Error(`${index}: its weights are closed`);
      return (await open(shard)).read(name, shape);
    },
    async close() {
      closed = true;
      for (const shard of await Promise.allSettled(opened.values()))
        if (shard.status === "fulfilled") await shard.value.close();
    },
  };
}
