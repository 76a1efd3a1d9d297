// The graph that a trace records: plain data, close to ONNX, with dimensions that may be symbols.

/**
 * A value's dtype. What a traced function takes and returns is float32, int32 or bool, as tfjs has it. int64
 * is of shapes, indices and the ids of an exported model; float64, uint8, int8 and uint32 are of values in between.
 */
export type Dtype =
  | "float32"
  | "int32"
  | "bool"
  | "int64"
  | "float64"
  | "uint8"
  | "int8"
  | "uint32";

/** A whole number times symbols, plus another whole number: `12 * B * T`, `T - 1`. */
export interface SymbolicDim {
  factor: number;
  /** Sorted; a square is listed twice. */
  symbols: readonly string[];
  /** Left out: 0. */
  offset?: number;
}

/** One dimension, or any whole number that follows from the dimensions. */
export type Dim = number | SymbolicDim;

/** A named tensor's dtype and shape. */
export interface ValueInfo {
  name: string;
  dtype: Dtype;
  shape: readonly Dim[];
}

/** A node's setting: a whole number, a string, whole numbers, a float32, or a graph inside it. */
export type Attribute = number | string | readonly number[] | { float: number } | { graph: Graph };

/** One ONNX node. */
export interface GraphNode {
  /** ONNX operator. */
  op: string;
  /** Empty for ONNX's own operators. */
  domain: "" | "com.microsoft";
  /** Names; empty for an optional input left out. */
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, Attribute>>;
  /** The tfjs kernel that it was lowered from; errors name it. */
  kernel: string;
}

/** A node of one of ONNX's own operators. */
export function onnxNode(
  kernel: string,
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: GraphNode["attributes"] = {},
): GraphNode {
  return { op, domain: "", inputs, outputs, attributes, kernel };
}

/** Numbers that are part of the graph, row-major. */
export interface Constant {
  dtype: Dtype;
  shape: readonly number[];
  data: Float32Array | Int32Array | Uint8Array | Int8Array | BigInt64Array;
}

/** The result of a trace: inputs, outputs, and how to compute them. */
export interface Graph {
  inputs: readonly ValueInfo[];
  outputs: readonly ValueInfo[];
  /** In an order in which each can be computed. */
  nodes: readonly GraphNode[];
  constants: ReadonlyMap<string, Constant>;
  /** int64 vectors of shapes, axes and bounds, which change with the sizes. */
  shapes: ReadonlyMap<string, readonly Dim[]>;
}

/** `12 * B * T`, `T - 1`. */
export function formatDim(dim: Dim): string {
  if (typeof dim === "number") return String(dim);
  const { factor, symbols, offset = 0 } = dim;
  const product = [...(factor === 1 ? [] : [factor]), ...symbols].join(" * ");
  return offset === 0 ? product : `${product} ${offset < 0 ? "-" : "+"} ${Math.abs(offset)}`;
}

/** The value of a dimension at the given sizes. @throws RangeError if a symbol has no size */
export function dimAt(dim: Dim, sizes: Readonly<Record<string, number>>): number {
  if (typeof dim === "number") return dim;
  const product = dim.symbols.reduce((sofar, symbol) => {
    const size = sizes[symbol];
    if (size === undefined)
      throw new RangeError(`graph: no size given for the dimension ${symbol}`);
    return sofar * size;
  }, dim.factor);
  return product + (dim.offset ?? 0);
}

/** The dimensions of a shape in which a string names a size. */
export function symbolicShape(shape: readonly (number | string)[]): Dim[] {
  return shape.map((d) => (typeof d === "string" ? { factor: 1, symbols: [d] } : d));
}

/**
 * How many numbers a tensor of this shape holds.
 *
 * @param sizes of the names in the shape
 * @throws RangeError if one has no size
 */
export function elementCount(
  shape: readonly (number | string)[],
  sizes: Readonly<Record<string, number>> = {},
): number {
  return symbolicShape(shape).reduce<number>((count, dim) => count * dimAt(dim, sizes), 1);
}

/** `float32 [B, 3]`, for errors. */
export function describeValue({ dtype, shape }: Pick<ValueInfo, "dtype" | "shape">): string {
  return `${dtype} [${shape.map(formatDim).join(", ")}]`;
}
