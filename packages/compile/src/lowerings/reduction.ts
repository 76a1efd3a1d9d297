import * as tf from "@tensorflow/tfjs";
import {
  axisOf,
  cast,
  checkDtype,
  floatRef,
  input,
  type KernelCall,
  type Lowering,
  numericDtype,
  range,
  refAs,
  scalar,
} from "../trace/lowering.ts";
import { elementCount } from "../graph/graph.ts";

interface ReductionAttrs {
  axis?: number | number[] | null;
  reductionIndices?: number | number[] | null;
  keepDims?: boolean;
}

/** The node of a reduction over the axes that the kernel names, and the shape of its result. */
function reduce(call: KernelCall) {
  const x = input(call, "x");
  const { axis, reductionIndices, keepDims = false } = call.attrs as ReductionAttrs;
  const all = x.shape.map((_, i) => i);
  const axes = tf.util.parseAxisParam(axis ?? reductionIndices ?? all, x.shape);
  const shape = x.shape.flatMap((d, i) => (!axes.includes(i) ? [d] : keepDims ? [1] : []));
  const node = (op: string, value: string): string =>
    // ONNX takes no axes for all axes.
    axes.length === 0
      ? value
      : call.emit.node(op, [value, call.emit.shape(axes)], { keepdims: keepDims ? 1 : 0 });
  return { x, shape, node };
}

/**
 * Of numbers that there must be: tfjs's largest of none is whatever it finds there.
 * @throws RangeError if there are none to fold
 */
function checkSome(call: KernelCall, x: tf.TensorInfo, shape: readonly number[]): void {
  if (x.shape.includes(0) && !shape.includes(0))
    throw new RangeError(
      `${call.kernel}: expected one number or more along the axes, got [${x.shape}]`,
    );
}

/** Over float32 and int32; of bool where tfjs counts the true ones. */
function sum(op: string): Lowering {
  return (call) => {
    const { x, shape, node } = reduce(call);
    const dtype = numericDtype(call, x);
    return call.emit.output(node(op, refAs(call, x, dtype)), shape, dtype);
  };
}

/**
 * Over the rows of a matrix of float32, as tfjs's gradients of a bias take it, the product with a row
 * of ones: ONNX Runtime multiplies matrices several times faster than it sums them along columns.
 */
function sumOrProduct(call: KernelCall): tf.TensorInfo | tf.TensorInfo[] {
  const { emit } = call;
  const x = input(call, "x");
  const [rows = 0, columns = 0] = x.shape;
  const { axis, keepDims = false } = call.attrs as ReductionAttrs;
  const axes = axis === undefined || axis === null ? [] : tf.util.parseAxisParam(axis, x.shape);
  if (x.dtype !== "float32" || x.shape.length !== 2 || axes.join() !== "0")
    return sum("ReduceSum")(call);
  const ones = emit.filled([1, rows], 1, "float32");
  const product = emit.node("MatMul", [ones, emit.ref(x)]);
  if (keepDims) return emit.output(product, [1, columns], "float32");
  const vector = emit.node("Reshape", [product, emit.shape([columns])], { allowzero: 1 });
  return emit.output(vector, [columns], "float32");
}

/** NaN where there is one: ONNX Runtime passes over it. */
function extreme(op: string): Lowering {
  return (call) => {
    const { emit } = call;
    const { x, shape, node } = reduce(call);
    const dtype = checkDtype(call, x, "float32", "int32", "bool");
    checkSome(call, x, shape);
    if (dtype !== "float32") {
      const whole = node(op, refAs(call, x, "int32"));
      return emit.output(cast(call, whole, "int32", dtype), shape, dtype);
    }
    const value = emit.ref(x);
    const isNaN = cast(call, emit.node("IsNaN", [value]), "bool", "int32");
    const anyNaN = cast(call, node("ReduceMax", isNaN), "int32", "bool");
    const nan = scalar(call, NaN);
    return emit.output(emit.node("Where", [anyNaN, nan, node(op, value)]), shape, dtype);
  };
}

/** All and Any: as a minimum or maximum of whole numbers. */
function logical(op: string): Lowering {
  return (call) => {
    const { x, shape, node } = reduce(call);
    checkDtype(call, x, "bool");
    checkSome(call, x, shape);
    const reduced = node(op, refAs(call, x, "int32"));
    return call.emit.output(cast(call, reduced, "int32", "bool"), shape, "bool");
  };
}

/** ArgMax and ArgMin: the first place where there are several. */
function argument(op: string): Lowering {
  return (call) => {
    const { emit } = call;
    const x = input(call, "x");
    const axis = axisOf((call.attrs as tf.ArgMaxAttrs).axis, x);
    const dtype = numericDtype(call, x);
    const shape = x.shape.toSpliced(axis, 1);
    checkSome(call, x, shape);
    // ONNX Runtime finds no place among none, not even no times.
    if (shape.includes(0)) return emit.output(emit.filled(shape, 0, "int32"), shape, "int32");
    const found = emit.node(op, [refAs(call, x, dtype)], { axis, keepdims: 0 });
    return emit.output(cast(call, found, "int64", "int32"), shape, "int32");
  };
}

/** Kernels that fold axes away, or run along one. */
export const reductions: Readonly<Record<string, Lowering>> = {
  All: logical("ReduceMin"),
  Any: logical("ReduceMax"),
  ArgMax: argument("ArgMax"),
  ArgMin: argument("ArgMin"),
  Max: extreme("ReduceMax"),
  Min: extreme("ReduceMin"),
  Prod: sum("ReduceProd"),
  Sum: sumOrProduct,

  /** float32 whatever it is given. */
  Mean: (call) => {
    const { x, shape, node } = reduce(call);
    return call.emit.output(node("ReduceMean", refAs(call, x, "float32")), shape, "float32");
  },
  Cumsum: (call) => {
    const { emit } = call;
    const x = input(call, "x");
    const { axis, exclusive, reverse } = call.attrs as tf.CumsumAttrs;
    const dtype = numericDtype(call, x);
    const along = scalar(call, axisOf(axis, x), "int32");
    const name = emit.node("CumSum", [refAs(call, x, dtype), along], {
      exclusive: exclusive ? 1 : 0,
      reverse: reverse ? 1 : 0,
    });
    return emit.output(name, x.shape, dtype);
  },
  /** Sorted, whether asked for or not; of equal numbers the first one first. That of NaN is left open. */
  TopK: (call) => {
    const { emit } = call;
    const x = input(call, "x");
    const { k } = call.attrs as tf.TopKAttrs;
    const dtype = checkDtype(call, x, "float32", "int32");
    const shape = [...x.shape.slice(0, -1), k];
    // ONNX Runtime ends the process where there are no numbers.
    if (shape.includes(0))
      return [dtype, "int32" as const].map((kind) =>
        emit.output(emit.filled(shape, 0, kind), shape, kind),
      );
    const [values = "", indices = ""] = emit.several("TopK", [emit.ref(x), emit.shape([k])], {}, 2);
    return [
      emit.output(values, shape, dtype),
      emit.output(cast(call, indices, "int64", "int32"), shape, "int32"),
    ];
  },
  /** By the product of all numbers up to each: n of them, of n numbers, since ONNX has none that goes along. */
  Cumprod: (call) => {
    const { emit } = call;
    const x = input(call, "x");
    const attrs = call.attrs as tf.CumprodAttrs;
    const { exclusive, reverse } = attrs;
    const dtype = checkDtype(call, x, "float32", "int32");
    if (x.shape.includes(0)) return emit.output(emit.ref(x), x.shape, dtype);
    const axis = axisOf(attrs.axis, x);
    const n = x.shape[axis] ?? 1;
    const outer = elementCount(x.shape.slice(0, axis));
    const inner = elementCount(x.shape.slice(axis + 1));
    const places = range(call, 0, n);
    const [row, column] = [emit.shape([n, 1, 1]), emit.shape([1, n, 1])].map((shape) =>
      emit.node("Reshape", [places, shape]),
    ) as [string, string];
    const order = exclusive ? "Less" : "LessOrEqual";
    const counts = emit.node(order, reverse ? [row, column] : [column, row]);
    const numbers = emit.node("Reshape", [emit.ref(x), emit.shape([outer, 1, n, inner])]);
    const counted = emit.node("Where", [counts, numbers, scalar(call, 1, dtype)]);
    const product = emit.node("ReduceProd", [counted, emit.shape([2])], { keepdims: 0 });
    return emit.output(emit.node("Reshape", [product, emit.shape(x.shape)]), x.shape, dtype);
  },
  Softmax: (call) => {
    const logits = input(call, "logits");
    const value = floatRef(call, "logits");
    const axis = axisOf((call.attrs as { dim?: number }).dim ?? -1, logits);
    return call.emit.output(call.emit.node("Softmax", [value], { axis }), logits.shape, "float32");
  },
};
