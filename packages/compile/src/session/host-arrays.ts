import { Tensor } from "@sweetspot/runtime";
import { dimAt, elementCount, type ValueInfo } from "../graph/graph.ts";
import type { TensorDtype } from "../trace/lowering.ts";

/** A tensor's numbers, row-major: float32, int32, or one byte for a bool. */
export type HostArray = Float32Array | Int32Array | Uint8Array;

/** Numbers by name. */
export type HostArrays = Readonly<Record<string, HostArray>>;

/** The size of each symbol in a run: a whole number, at least 1. */
export type Sizes = Readonly<Record<string, number>>;

/** @throws RangeError for an unknown input, or a size that is not a whole number from 1 on */
export function checkInputs(names: readonly string[], inputs: HostArrays, sizes: Sizes): void {
  const unknown = Object.keys(inputs).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new RangeError(`run: there is no input ${unknown} (has ${names.join(", ")})`);
  for (const [symbol, size] of Object.entries(sizes)) {
    if (!Number.isInteger(size) || size < 1)
      throw new RangeError(`run: the size ${symbol} must be a whole number from 1 on, got ${size}`);
  }
}

const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/**
 * The shape of an array at these sizes.
 *
 * @param where begins the errors
 * @throws as `CompiledFunction.run` does, if the array is missing or does not fit
 */
export function hostShape(
  where: string,
  { dtype, shape: dims }: Pick<ValueInfo, "dtype" | "shape">,
  data: HostArray | undefined,
  sizes: Sizes,
): number[] {
  if (data === undefined) throw new RangeError(`${where} is missing`);
  if (dtype !== "float32" && dtype !== "int32" && dtype !== "bool")
    throw new TypeError(`${where} must be float32, int32 or bool, is ${dtype}`);
  if (!(data instanceof arrays[dtype]))
    throw new TypeError(
      `${where} is ${dtype}: expected ${arrays[dtype].name}, got ${(data as object).constructor.name}`,
    );
  const shape = dims.map((d) => dimAt(d, sizes));
  const count = elementCount(shape);
  if (data.length !== count)
    throw new RangeError(
      `${where} must be [${shape.join(", ")}] = ${count} numbers, got ${data.length}`,
    );
  return shape;
}

/** The tensor to feed to an input; it shares the array's memory. @throws as `hostShape` does */
export function hostTensor(
  where: string,
  input: Pick<ValueInfo, "dtype" | "shape">,
  data: HostArray | undefined,
  sizes: Sizes,
): Tensor {
  const shape = hostShape(where, input, data, sizes);
  return new Tensor(input.dtype as "float32", data as Float32Array, shape);
}

/** Arrays of one length, end to end; nothing is copied if they already follow each other in memory. */
export function endToEnd(parts: readonly HostArray[], dtype: TensorDtype): HostArray {
  const ArrayType = arrays[dtype] as Float32ArrayConstructor; // all have the same constructors
  const { buffer, byteOffset, byteLength, length } = parts[0] ?? new ArrayType(0);
  const follow = parts.every(
    (p, i) => p.buffer === buffer && p.byteOffset === byteOffset + i * byteLength,
  );
  if (follow) return new ArrayType(buffer as ArrayBuffer, byteOffset, parts.length * length);
  const all = new ArrayType(parts.length * length);
  parts.forEach((part, i) => all.set(part, i * length));
  return all;
}
