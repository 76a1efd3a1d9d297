import * as tf from "@tensorflow/tfjs";
import type { Attribute, Dtype } from "./graph.ts";

/** How a lowering adds to the graph. Every method returns the name of a value. */
export interface Emitter {
  node(
    op: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
    domain?: "" | "com.microsoft",
  ): string;
  /** An int64 vector that may depend on the sizes: a shape, axes, bounds. */
  shape(values: readonly number[]): string;
  constant(
    values: tf.TypedArray | number[],
    shape: readonly number[],
    dtype: "float32" | "int32" | "bool",
  ): string;
  /** A tensor of one value throughout. */
  filled(shape: readonly number[], value: number, dtype: Dtype): string;
  /** The value behind a tfjs tensor. */
  ref(tensor: tf.TensorInfo): string;
  /** The tfjs tensor in front of a value. */
  output(name: string, shape: readonly number[], dtype: tf.DataType): tf.TensorInfo;
}

/** One call of a tfjs kernel. */
export interface KernelCall {
  inputs: Record<string, tf.TensorInfo>;
  attrs: object;
  emit: Emitter;
}

/** Records what one tfjs kernel computes. */
export type Lowering = (call: KernelCall) => tf.TensorInfo | tf.TensorInfo[];

/** An input that the kernel always has. */
export function input(call: KernelCall, name: string): tf.TensorInfo {
  const tensor = call.inputs[name];
  if (tensor === undefined) throw new TypeError(`lowering: the kernel has no input "${name}"`);
  return tensor;
}

/** The ONNX code of a dtype (TensorProto.DataType). */
export const onnxType: Readonly<Record<Dtype, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
};

export function onnxTypeOf(dtype: tf.DataType): number {
  if (dtype === "float32" || dtype === "int32" || dtype === "bool") return onnxType[dtype];
  throw new TypeError(`lowering: expected float32, int32 or bool, got ${dtype}`);
}

export function broadcast(a: tf.TensorInfo, b: tf.TensorInfo): number[] {
  return tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
}
