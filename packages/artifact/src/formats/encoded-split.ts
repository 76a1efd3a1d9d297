import type { Artifact } from "../folder/folder.ts";
import type { Ragged } from "../ragged.ts";
import { type HostTensor, readSafetensors } from "../safetensors/safetensors.ts";
import { writeSafetensors } from "../safetensors/write-safetensors.ts";

/** Examples as token ids. */
export interface EncodedSplit {
  inputIds: Ragged;
  /** Of the same offsets as `inputIds`: 0 for the first text, 1 for the second. */
  tokenTypeIds: Ragged;
  /** `[N]`, indices into `labels.json`. */
  labels: Int32Array;
}

/** Reads one split of an artifact of the stage `data`. @throws RangeError if it has no such split */
export async function readSplit(data: Artifact, split: string): Promise<EncodedSplit> {
  const path = data.path(`${split}.safetensors`);
  const tensors = await readSafetensors(path);
  const read = (name: string) => int32(tensors[name], name, path);
  const offsets = read("inputIds.offsets");
  return {
    inputIds: { values: read("inputIds.values"), offsets },
    tokenTypeIds: { values: read("tokenTypeIds.values"), offsets },
    labels: read("labels"),
  };
}

function int32(tensor: HostTensor | undefined, name: string, path: string): Int32Array {
  if (!(tensor?.data instanceof Int32Array))
    throw new TypeError(`${path}: expected an int32 tensor "${name}"; run the stage data again`);
  return tensor.data;
}

/** Writes a split in the format that `readSplit` reads. */
export async function writeSplit(
  path: string,
  { inputIds, tokenTypeIds, labels }: EncodedSplit,
): Promise<void> {
  await writeSafetensors(path, {
    "inputIds.values": vector(inputIds.values),
    "inputIds.offsets": vector(inputIds.offsets),
    "tokenTypeIds.values": vector(tokenTypeIds.values),
    labels: vector(labels),
  });
}

function vector(data: Int32Array): HostTensor {
  return { shape: [data.length], data };
}
