import * as tf from "@tensorflow/tfjs";
import { elementCount } from "../graph/graph.ts";
import {
  axisOf,
  cast,
  checkDtype,
  graphDtype,
  input,
  inputList,
  type KernelCall,
  type Lowering,
  range,
  refAs,
  scalar,
  type TensorDtype,
} from "../trace/lowering.ts";

/** A value in another shape; one that names a size 0 means 0. */
function reshaped({ emit }: KernelCall, value: string, shape: readonly number[]): string {
  return emit.node("Reshape", [value, emit.shape(shape)], { allowzero: 1 });
}

/** A value with its last two axes swapped. */
function transposed({ emit }: KernelCall, value: string, rank: number): string {
  const axes = Array.from({ length: rank }, (_, i) => i);
  const perm = [...axes.slice(0, -2), rank - 1, rank - 2];
  return emit.node("Transpose", [value], { perm });
}

/** Indices of which none counts from the end, as a negative one would in ONNX: it is past the end instead. */
function checkedIndices(call: KernelCall, indices: tf.TensorInfo): string {
  const { emit } = call;
  const index = refAs(call, indices, "int32");
  const isNegative = emit.node("Less", [index, scalar(call, 0, "int32")]);
  return emit.node("Where", [isNegative, scalar(call, 2 ** 31 - 1, "int32"), index]);
}

/** How many axes each index names. @throws RangeError if they are none, or more than there are */
function depthOf(call: KernelCall, indices: tf.TensorInfo, shape: readonly number[]): number {
  const depth = indices.shape.at(-1) ?? 0;
  if (depth >= 1 && depth <= shape.length) return depth;
  throw new RangeError(
    `${call.kernel}: expected indices into one axis or more of [${shape}], got [${indices.shape}]`,
  );
}

/**
 * Indices into several axes as one into all of them, row-major; past the end if any of them is out of bounds.
 *
 * @returns int32 [number of indices]
 */
function rowIds(call: KernelCall, indices: tf.TensorInfo, sizes: readonly number[]): string {
  const { emit } = call;
  const int32 = (values: readonly number[]) => cast(call, emit.shape(values), "int64", "int32");
  const strides = sizes.map((_, axis) => elementCount(sizes.slice(axis + 1)));
  const vectors = [elementCount(indices.shape.slice(0, -1)), sizes.length];
  const index = reshaped(call, refAs(call, indices, "int32"), vectors);
  const isOutside = emit.node("Or", [
    emit.node("Less", [index, scalar(call, 0, "int32")]),
    emit.node("GreaterOrEqual", [index, int32(sizes)]),
  ]);
  const overAxes = (op: string, value: string) =>
    emit.node(op, [value, emit.shape([1])], { keepdims: 0 });
  const outside = overAxes("ReduceSum", cast(call, isOutside, "bool", "int32"));
  const row = overAxes("ReduceSum", emit.node("Mul", [index, int32(strides)]));
  const isInside = emit.node("Equal", [outside, scalar(call, 0, "int32")]);
  return emit.node("Where", [isInside, row, scalar(call, 2 ** 31 - 1, "int32")]);
}

/**
 * Adds rows up by their ids, in order. Not with ScatterND: on the CPU its threads add to equal rows at once,
 * and sums are lost (ONNX Runtime 1.30). `scatterRows` makes it of this for other devices.
 *
 * @param updates `shape`, one row or more of any width
 * @param ids int32 [rows]; one past the end is an error, at run time
 * @returns [count, ...width]
 */
function sumOfRows(
  call: KernelCall,
  updates: string,
  ids: string,
  [rows = 0, ...width]: readonly number[],
  count: number,
  dtype: TensorDtype,
): string {
  const { emit } = call;
  const column = reshaped(call, ids, [rows, ...width.map(() => 1)]);
  // Expand would keep the 1 where a width is 0.
  const ofEach = emit.node("Tile", [column, emit.shape([1, ...width])]);
  const places = cast(call, ofEach, "int32", "int64");
  const zeros = emit.filled([count, ...width], 0, dtype);
  return emit.node("ScatterElements", [zeros, places, updates], { reduction: "add", axis: 0 });
}

/** Matrix products, and the kernels that look rows up or add into them. */
export const matmulGather: Readonly<Record<string, Lowering>> = {
  BatchMatMul: (call) => {
    const { emit } = call;
    const [a, b] = [input(call, "a"), input(call, "b")];
    const dtype = checkDtype(call, a, "float32", "int32");
    const { transposeA, transposeB } = call.attrs as tf.BatchMatMulAttrs;
    const [p, q] = a.shape.slice(-2);
    const [r, s] = b.shape.slice(-2);
    const [rows, inner] = transposeA ? [q, p] : [p, q];
    const [other, columns] = transposeB ? [s, r] : [r, s];
    if (rows === undefined || inner === undefined || columns === undefined || inner !== other) {
      throw new RangeError(
        `${call.kernel}: expected matrices whose inner sizes match, got [${a.shape}]${transposeA ? " transposed" : ""} and [${b.shape}]${transposeB ? " transposed" : ""}`,
      );
    }
    const batch = tf.backend_util.assertAndGetBroadcastShape(
      a.shape.slice(0, -2),
      b.shape.slice(0, -2),
    );
    const shape = [...batch, rows, columns];
    // ONNX Runtime leaves some sums of nothing unwritten.
    if (inner === 0) return emit.output(emit.filled(shape, 0, dtype), shape, dtype);
    const [x, y] = [emit.ref(a), emit.ref(b)];
    const product = emit.node("MatMul", [
      transposeA ? transposed(call, x, a.shape.length) : x,
      transposeB ? transposed(call, y, b.shape.length) : y,
    ]);
    return emit.output(product, shape, dtype);
  },

  /** As in tfjs, an index that is negative or past the end is an error, at run time. */
  GatherV2: (call) => {
    const { emit } = call;
    const [x, indices] = [input(call, "x"), input(call, "indices")];
    const dtype = graphDtype(x.dtype, call.kernel);
    const { axis, batchDims = 0 } = call.attrs as { axis: number; batchDims?: number };
    if (batchDims !== 0)
      throw new RangeError(`${call.kernel}: batchDims must be 0, got ${batchDims}`);
    const at = axisOf(axis, x);
    const name = emit.node("Gather", [emit.ref(x), checkedIndices(call, indices)], { axis: at });
    return emit.output(name, x.shape.toSpliced(at, 1, ...indices.shape), dtype);
  },

  /** As in tfjs, an index out of bounds is an error, at run time. */
  GatherNd: (call) => {
    const { emit } = call;
    const [x, indices] = [input(call, "params"), input(call, "indices")];
    const dtype = graphDtype(x.dtype, call.kernel);
    const depth = depthOf(call, indices, x.shape);
    const value = emit.ref(x);
    const places = cast(call, checkedIndices(call, indices), "int32", "int64");
    const name = emit.node("GatherND", [value, places]);
    return emit.output(name, [...indices.shape.slice(0, -1), ...x.shape.slice(depth)], dtype);
  },

  /** Adds up where an index comes again. As in tfjs, one out of bounds is an error, at run time. */
  ScatterNd: (call) => {
    const { emit } = call;
    const [indices, updates] = [input(call, "indices"), input(call, "updates")];
    const { shape } = call.attrs as tf.ScatterNdAttrs;
    const dtype = checkDtype(call, updates, "float32", "int32");
    const depth = depthOf(call, indices, shape);
    const expected = [...indices.shape.slice(0, -1), ...shape.slice(depth)];
    if (updates.shape.join() !== expected.join())
      throw new RangeError(
        `${call.kernel}: expected updates of [${expected}], got [${updates.shape}]`,
      );
    const [outer, width] = [shape.slice(0, depth), shape.slice(depth)];
    const ids = rowIds(call, indices, outer);
    const count = elementCount(indices.shape.slice(0, -1));
    const rows = reshaped(call, emit.ref(updates), [count, ...width]);
    const sum = sumOfRows(call, rows, ids, [count, ...width], elementCount(outer), dtype);
    return emit.output(reshaped(call, sum, shape), shape, dtype);
  },

  Einsum: (call) => {
    const { emit } = call;
    const { equation } = call.attrs as tf.EinsumAttrs;
    const tensors = inputList(call);
    for (const tensor of tensors) checkDtype(call, tensor, "float32");
    const plain = equation.replaceAll(" ", "");
    const [terms = "", result = ""] = plain.split("->");
    const sizes = new Map<string, number>();
    terms.split(",").forEach((term, i) => {
      [...term].forEach((axis, k) => sizes.set(axis, tensors[i]?.shape[k] ?? 0));
    });
    const name = emit.node(
      "Einsum",
      tensors.map((t) => emit.ref(t)),
      { equation: plain },
    );
    const shape = [...result].map((axis) => sizes.get(axis) ?? 0);
    return emit.output(name, shape, "float32");
  },

  /** A row of `offValue` where the index is none of the classes. */
  OneHot: (call) => {
    const { emit } = call;
    const indices = input(call, "indices");
    const { depth, onValue, offValue, dtype } = call.attrs as tf.OneHotAttrs;
    const kind = graphDtype(dtype, call.kernel);
    const through = kind === "bool" ? "int32" : kind;
    // By comparison, not ONNX's OneHot, which counts negative indices from the end.
    const classes = cast(call, range(call, 0, depth), "int64", "int32");
    const column = emit.node("Reshape", [
      refAs(call, indices, "int32"),
      emit.shape([...indices.shape, 1]),
    ]);
    const hot = emit.node("Where", [
      emit.node("Equal", [column, classes]),
      scalar(call, onValue, through),
      scalar(call, offValue, through),
    ]);
    return emit.output(cast(call, hot, through, kind), [...indices.shape, depth], kind);
  },

  /** Adds the rows of `x` up by their ids; one whose id is no segment's is left out, as in tfjs. */
  UnsortedSegmentSum: (call) => {
    const { emit } = call;
    const [x, segmentIds] = [input(call, "x"), input(call, "segmentIds")];
    const { numSegments } = call.attrs as tf.UnsortedSegmentSumAttrs;
    const dtype = checkDtype(call, x, "float32", "int32");
    const [rows, ...width] = x.shape;
    if (rows === undefined || segmentIds.shape.length !== 1 || segmentIds.shape[0] !== rows) {
      throw new RangeError(
        `${call.kernel}: expected one id for each row, got ids [${segmentIds.shape}] for [${x.shape}]`,
      );
    }
    // int32 until the last: devices other than the CPU compare nothing else.
    const zero = scalar(call, 0, "int32");
    const end = cast(call, emit.shape([numSegments]), "int64", "int32");
    const isSegment = (ids: string) =>
      emit.node("And", [emit.node("GreaterOrEqual", [ids, zero]), emit.node("Less", [ids, end])]);
    const ids = refAs(call, segmentIds, "int32");
    const alike = reshaped(call, ids, [rows, ...width.map(() => 1)]);
    const updates = emit.node("Where", [isSegment(alike), emit.ref(x), scalar(call, 0, dtype)]);
    const row = emit.node("Where", [isSegment(ids), ids, zero]);
    const sum = sumOfRows(call, updates, row, x.shape, numSegments, dtype);
    return emit.output(sum, [numSegments, ...width], dtype);
  },
};
