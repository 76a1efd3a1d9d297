import * as tf from "@tensorflow/tfjs";
import type { Attribute, Dtype } from "../graph/graph.ts";

/** The dtypes that tfjs tensors and ONNX Runtime's arrays share. */
export type TensorDtype = "float32" | "int32" | "bool";

/** How a lowering adds to the graph. Every method but `several` and `output` returns the name of a value. */
export interface Emitter {
  node(
    op: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
  ): string;
  /** A node of several outputs; their names. */
  several(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    count: number,
  ): string[];
  /** An int64 vector that may depend on the sizes: a shape, axes, bounds. */
  shape(values: readonly number[]): string;
  constant(values: ArrayLike<number>, shape: readonly number[], dtype: TensorDtype): string;
  /** A tensor of one value throughout. */
  filled(shape: readonly number[], value: number, dtype: TensorDtype): string;
  /** The value behind a tfjs tensor. */
  ref(tensor: tf.TensorInfo): string;
  /** The tfjs tensor in front of a value. */
  output(name: string, shape: readonly number[], dtype: tf.DataType): tf.TensorInfo;
}

/** One call of a tfjs kernel. */
export interface KernelCall {
  /** Its name, for errors. */
  kernel: string;
  inputs: Record<string, tf.TensorInfo>;
  attrs: object;
  emit: Emitter;
}

/** Records what one tfjs kernel computes. */
export type Lowering = (call: KernelCall) => tf.TensorInfo | tf.TensorInfo[];

/** An input that the kernel always has. */
export function input(call: KernelCall, name: string): tf.TensorInfo {
  const tensor = call.inputs[name];
  if (tensor === undefined)
    throw new TypeError(`${call.kernel}: the kernel has no input "${name}"`);
  return tensor;
}

/** The inputs of a kernel that takes a list. @throws RangeError if it is empty */
export function inputList(call: KernelCall): [tf.TensorInfo, ...tf.TensorInfo[]] {
  const [first, ...rest] = Object.values(call.inputs);
  if (first === undefined)
    throw new RangeError(`${call.kernel}: expected one tensor or more, got none`);
  return [first, ...rest];
}

/** The ONNX code of a dtype (TensorProto.DataType). */
export const onnxType: Readonly<Record<Dtype, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
  uint32: 12,
};

/** @throws TypeError that names the kernel for a dtype that ONNX graphs here do not hold */
export function graphDtype(dtype: tf.DataType, kernel: string): TensorDtype {
  if (dtype === "float32" || dtype === "int32" || dtype === "bool") return dtype;
  throw new TypeError(`${kernel}: expected float32, int32 or bool, got ${dtype}`);
}

/**
 * Whether tfjs gives such a tensor to this kernel, and ONNX computes the same with it.
 * @throws TypeError that names the kernel and the fix if not
 */
export function checkDtype(
  call: KernelCall,
  tensor: tf.TensorInfo,
  ...allowed: readonly TensorDtype[]
): TensorDtype {
  const dtype = allowed.find((d) => d === tensor.dtype);
  if (dtype !== undefined) return dtype;
  throw new TypeError(
    `${call.kernel}: expected ${allowed.join(" or ")}, got ${tensor.dtype}; cast it with tf.cast first`,
  );
}

/** The dtype in which tfjs counts a tensor's numbers: a bool as an int32. @throws as `checkDtype` */
export function numericDtype(call: KernelCall, tensor: tf.TensorInfo): "float32" | "int32" {
  if (tensor.dtype === "bool") return "int32";
  return checkDtype(call, tensor, "float32", "int32") as "float32" | "int32";
}

/** A number without axes. */
export function scalar(
  { emit }: KernelCall,
  value: number,
  dtype: TensorDtype = "float32",
): string {
  return emit.constant([value], [], dtype);
}

/** The int64 numbers from `start` up to `stop`; the bounds may be sizes. */
export function range({ emit }: KernelCall, start: number, stop: number, step = 1): string {
  const bound = (value: number) => emit.node("Squeeze", [emit.shape([value])]);
  return emit.node("Range", [bound(start), bound(stop), bound(step)]);
}

/** The value of an input in float32. @throws TypeError if it has another dtype */
export function floatRef(call: KernelCall, name: string): string {
  const tensor = input(call, name);
  checkDtype(call, tensor, "float32");
  return call.emit.ref(tensor);
}

/** A value as another dtype. */
export function cast(call: KernelCall, name: string, from: tf.DataType | Dtype, to: Dtype): string {
  return from === to ? name : call.emit.node("Cast", [name], { to: onnxType[to] });
}

/** A tensor's value as another dtype. */
export function refAs(call: KernelCall, tensor: tf.TensorInfo, to: Dtype): string {
  return cast(call, call.emit.ref(tensor), tensor.dtype, to);
}

/** The shape that two tensors broadcast to. @throws Error if they do not */
export function broadcast(a: tf.TensorInfo, b: tf.TensorInfo): number[] {
  return tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
}

/** An axis counted from the front. @throws Error if there is no such axis */
export function axisOf(axis: number, x: tf.TensorInfo): number {
  return tf.util.parseAxisParam(axis, x.shape)[0] ?? 0;
}
