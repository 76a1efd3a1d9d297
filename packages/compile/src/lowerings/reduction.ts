import * as tf from "@tensorflow/tfjs";
import { input, type KernelCall, type Lowering } from "../lowering.ts";

interface ReductionAttrs {
  axis?: number | number[];
  reductionIndices?: number | number[];
  keepDims?: boolean;
}

function axesAndShape(call: KernelCall, x: tf.TensorInfo) {
  const { axis, reductionIndices, keepDims = false } = call.attrs as ReductionAttrs;
  const all = x.shape.map((_, i) => i);
  const axes = tf.util.parseAxisParam(axis ?? reductionIndices ?? all, x.shape);
  const shape = x.shape.flatMap((d, i) => (!axes.includes(i) ? [d] : keepDims ? [1] : []));
  return { axes, shape, keepDims };
}

/** ReduceSum and its kind take the axes as an input since opset 18. */
function reduction(op: string): Lowering {
  return (call) => {
    const { emit } = call;
    const x = input(call, "x");
    const { axes, shape, keepDims } = axesAndShape(call, x);
    const name = emit.ref(x);
    if (axes.length === 0) return emit.output(name, shape, x.dtype);
    return emit.output(
      emit.node(op, [name, emit.shape(axes)], { keepdims: keepDims ? 1 : 0 }),
      shape,
      x.dtype,
    );
  };
}

/** All and Any: over bool, as a minimum or maximum of whole numbers. */
function logical(op: string): Lowering {
  return (call) => {
    const { emit } = call;
    const x = input(call, "x");
    const { axes, shape, keepDims } = axesAndShape(call, x);
    const numbers = emit.node("Cast", [emit.ref(x)], { to: 6 });
    const reduced = emit.node(op, [numbers, emit.shape(axes)], { keepdims: keepDims ? 1 : 0 });
    return emit.output(emit.node("Cast", [reduced], { to: 9 }), shape, "bool");
  };
}

/** ArgMax and ArgMin, of the first place where there are several. */
function argument(op: string): Lowering {
  return (call) => {
    const { emit } = call;
    const x = input(call, "x");
    const { axes, shape } = axesAndShape(call, x);
    const found = emit.node(op, [emit.ref(x)], { axis: axes[0] ?? 0, keepdims: 0 });
    return emit.output(emit.node("Cast", [found], { to: 6 }), shape, "int32");
  };
}

export const reductions: Readonly<Record<string, Lowering>> = {
  All: logical("ReduceMin"),
  Any: logical("ReduceMax"),
  ArgMax: argument("ArgMax"),
  ArgMin: argument("ArgMin"),
  Max: reduction("ReduceMax"),
  Mean: reduction("ReduceMean"),
  Min: reduction("ReduceMin"),
  Prod: reduction("ReduceProd"),
  Sum: reduction("ReduceSum"),

  Cumsum: (call) => {
    const { emit } = call;
    const x = input(call, "x");
    const { axis, exclusive, reverse } = call.attrs as {
      axis: number;
      exclusive: boolean;
      reverse: boolean;
    };
    const name = emit.node("CumSum", [emit.ref(x), emit.constant([axis], [], "int32")], {
      exclusive: exclusive ? 1 : 0,
      reverse: reverse ? 1 : 0,
    });
    return emit.output(name, x.shape, x.dtype);
  },
  Softmax: (call) => {
    const logits = input(call, "logits");
    const { dim } = call.attrs as { dim: number };
    return call.emit.output(
      call.emit.node("Softmax", [call.emit.ref(logits)], { axis: dim }),
      logits.shape,
      logits.dtype,
    );
  },
  LogSoftmax: (call) => {
    const logits = input(call, "logits");
    const { axis } = call.attrs as { axis: number };
    return call.emit.output(
      call.emit.node("LogSoftmax", [call.emit.ref(logits)], { axis }),
      logits.shape,
      logits.dtype,
    );
  },
};
