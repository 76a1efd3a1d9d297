import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type HostTensor, readSafetensors } from "@sweetspot/artifact";
import type { TensorSpecs } from "@sweetspot/compile";
import { compile } from "@sweetspot/compile/session";
import type { EncoderInputs } from "@sweetspot/model";
import * as tf from "@tensorflow/tfjs";

/** The content of `bert.json`, which `bert.py` writes. */
export interface BertFacts {
  minilm: { config: unknown; stateDict: Record<string, number[]> };
  "tiny-bert": { config: unknown; classes: number };
}

export type HostTensors = Readonly<Record<string, HostTensor>>;
type NamedTensors = Record<string, tf.Tensor>;

export async function readBertFacts(): Promise<BertFacts> {
  return JSON.parse(await readFile(path("bert.json"), "utf8")) as BertFacts;
}

export function readReference(name: "minilm" | "tiny-bert"): Promise<HostTensors> {
  return readSafetensors(path(`${name}.safetensors`));
}

/** The content of `encoders/encoders.json`, which `encoders.py` writes. */
export interface EncoderFacts {
  encoders: Record<string, { config: unknown; classes: number }>;
}

export async function readEncoderFacts(): Promise<EncoderFacts> {
  return JSON.parse(await readFile(path("encoders/encoders.json"), "utf8")) as EncoderFacts;
}

export function readEncoderReference(kind: string): Promise<HostTensors> {
  return readSafetensors(path(`encoders/${kind}.safetensors`));
}

function path(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** @throws RangeError if there is no tensor of that name */
export function tensorNamed<T>(tensors: Readonly<Record<string, T>>, name: string): T {
  const tensor = tensors[name];
  if (tensor === undefined) throw new RangeError(`reference: no tensor ${name}`);
  return tensor;
}

/** Those whose names begin with `prefix`, under the rest of their names. */
export function below<T>(tensors: Readonly<Record<string, T>>, prefix: string): Record<string, T> {
  return Object.fromEntries(
    Object.entries(tensors)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
  );
}

const inputNames = ["inputIds", "tokenTypeIds", "attentionMask"] as const;

/** An encoder's inputs among the tensors of a reference. */
export function inputsOf(tensors: HostTensors): Record<string, HostTensor> {
  return Object.fromEntries(inputNames.map((name) => [name, tensorNamed(tensors, name)]));
}

/** The inputs of a training step among the tensors of a reference. */
export function labelledInputsOf(tensors: HostTensors): Record<string, HostTensor> {
  return {
    ...inputsOf(tensors),
    labels: tensorNamed(tensors, "labels"),
    weights: tensorNamed(tensors, "weights"),
  };
}

/** An encoder's inputs among other tensors. */
export function bertInputs(tensors: Readonly<NamedTensors>): EncoderInputs {
  return {
    inputIds: tensorNamed(tensors, "inputIds") as tf.Tensor2D,
    tokenTypeIds: tensorNamed(tensors, "tokenTypeIds") as tf.Tensor2D,
    attentionMask: tensorNamed(tensors, "attentionMask") as tf.Tensor2D,
  };
}

export interface Execution {
  name: string;
  /** The results of `fn` for `feeds`, as plain numbers. */
  run(
    fn: (tensors: NamedTensors) => NamedTensors,
    feeds: HostTensors,
  ): Promise<Record<string, ArrayLike<number>>>;
}

/** Op by op on tfjs's `cpu` backend. */
export const eager: Execution = {
  name: "eager",
  async run(fn, feeds) {
    await tf.setBackend("cpu");
    return tf.tidy(() => {
      const tensors = Object.entries(feeds).map(
        ([name, { shape, data }]) =>
          [
            name,
            tf.tensor(data, [...shape], data instanceof Int32Array ? "int32" : "float32"),
          ] as const,
      );
      const results = fn(Object.fromEntries(tensors));
      return Object.fromEntries(Object.entries(results).map(([name, t]) => [name, t.dataSync()]));
    });
  },
};

/** Traced, with a dynamic batch and length if there are ids, and run at the given sizes. */
const compiled: Execution = {
  name: "compiled",
  async run(fn, feeds) {
    const [b = 1, t = 1] = feeds["inputIds"]?.shape ?? [];
    // The labels and the weights of examples are [B]; no parameter has the names of inputs.
    const dynamic: Record<string, string[]> = { labels: ["B"], weights: ["B"] };
    for (const name of inputNames) dynamic[name] = ["B", "T"];
    const specs: TensorSpecs = Object.fromEntries(
      Object.entries(feeds).map(([name, { shape, data }]) => [
        name,
        {
          dtype: data instanceof Int32Array ? "int32" : "float32",
          shape: dynamic[name] ?? shape,
        } as const,
      ]),
    );
    const session = await compile(fn, specs);
    try {
      const arrays = Object.entries(feeds).map(([name, { data }]) => [name, data] as const);
      return await session.run(Object.fromEntries(arrays), { B: b, T: t });
    } finally {
      await session.dispose();
    }
  },
};

export const executions: readonly Execution[] = [eager, compiled];

/** The largest difference between two lists of numbers; NaN if their lengths differ or one holds NaN. */
export function largestError(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) return NaN;
  let largest = 0;
  for (let i = 0; i < got.length; i++) {
    const distance = Math.abs((got[i] ?? NaN) - (want[i] ?? NaN));
    if (!(distance <= largest)) largest = distance;
    if (Number.isNaN(largest)) return NaN;
  }
  return largest;
}
