import * as tf from "@tensorflow/tfjs";
import { input, type KernelCall, type Lowering } from "../lowering.ts";

function reshape(call: KernelCall, x: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo {
  return call.emit.output(
    call.emit.node("Reshape", [call.emit.ref(x), call.emit.shape(shape)]),
    shape,
    x.dtype,
  );
}

function slice(
  call: KernelCall,
  x: tf.TensorInfo,
  begin: readonly number[],
  size: readonly number[],
): tf.TensorInfo {
  const { emit } = call;
  const ends = begin.map((b, i) => b + (size[i] ?? 0));
  const axes = begin.map((_, i) => i);
  const name = emit.node("Slice", [
    emit.ref(x),
    emit.shape(begin),
    emit.shape(ends),
    emit.shape(axes),
  ]);
  return emit.output(name, size, x.dtype);
}

function all(call: KernelCall): tf.TensorInfo[] {
  return Object.values(call.inputs);
}

function fill(value: number): Lowering {
  return (call) => {
    const x = input(call, "x");
    if (x.dtype !== "float32" && x.dtype !== "int32" && x.dtype !== "bool") {
      throw new TypeError(`lowering: expected float32, int32 or bool, got ${x.dtype}`);
    }
    return call.emit.output(call.emit.filled(x.shape, value, x.dtype), x.shape, x.dtype);
  };
}

/** Kernels that move numbers about, or make them from shapes alone. */
export const shape: Readonly<Record<string, Lowering>> = {
  Reshape: (call) => {
    const x = input(call, "x");
    const { shape: wanted } = call.attrs as { shape: number[] };
    return reshape(call, x, tf.util.inferFromImplicitShape(wanted, tf.util.sizeFromShape(x.shape)));
  },
  ExpandDims: (call) => {
    const x = input(call, "input");
    const { dim } = call.attrs as { dim: number };
    return reshape(call, x, x.shape.toSpliced(dim < 0 ? x.shape.length + dim + 1 : dim, 0, 1));
  },
  Transpose: (call) => {
    const x = input(call, "x");
    const { perm } = call.attrs as { perm: number[] };
    const name = call.emit.node("Transpose", [call.emit.ref(x)], { perm });
    return call.emit.output(
      name,
      perm.map((axis) => x.shape[axis] ?? 0),
      x.dtype,
    );
  },
  Concat: (call) => {
    const tensors = all(call);
    const [first] = tensors;
    if (first === undefined) throw new RangeError("Concat: expected one tensor or more, got none");
    const axis = tf.util.parseAxisParam((call.attrs as { axis: number }).axis, first.shape)[0] ?? 0;
    const total = tensors.reduce((sum, t) => sum + (t.shape[axis] ?? 0), 0);
    const name = call.emit.node(
      "Concat",
      tensors.map((t) => call.emit.ref(t)),
      { axis },
    );
    return call.emit.output(name, first.shape.with(axis, total), first.dtype);
  },
  Pack: (call) => {
    const tensors = all(call);
    const [first] = tensors;
    if (first === undefined) throw new RangeError("Pack: expected one tensor or more, got none");
    const { axis } = call.attrs as { axis: number };
    const at = axis < 0 ? axis + first.shape.length + 1 : axis;
    const name = call.emit.node(
      "Concat",
      tensors.map((t) => call.emit.ref(reshape(call, t, t.shape.toSpliced(at, 0, 1)))),
      { axis: at },
    );
    return call.emit.output(name, first.shape.toSpliced(at, 0, tensors.length), first.dtype);
  },
  Unpack: (call) => {
    const x = input(call, "value");
    const { axis } = call.attrs as { axis: number };
    const at = axis < 0 ? axis + x.shape.length : axis;
    return Array.from({ length: x.shape[at] ?? 0 }, (_, i) => {
      const part = slice(
        call,
        x,
        x.shape.map((_d, k) => (k === at ? i : 0)),
        x.shape.with(at, 1),
      );
      return reshape(call, part, x.shape.toSpliced(at, 1));
    });
  },
  SplitV: (call) => {
    const x = input(call, "x");
    const { numOrSizeSplits, axis } = call.attrs as {
      numOrSizeSplits: number | number[];
      axis: number;
    };
    const at = tf.util.parseAxisParam(axis, x.shape)[0] ?? 0;
    const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits, at);
    let begin = 0;
    return sizes.map((size) => {
      const part = slice(
        call,
        x,
        x.shape.map((_, k) => (k === at ? begin : 0)),
        x.shape.with(at, size),
      );
      begin += size;
      return part;
    });
  },
  Slice: (call) => {
    const x = input(call, "x");
    const { begin, size } = call.attrs as { begin: number | number[]; size: number | number[] };
    const [from = [], lengths = []] = tf.slice_util.parseSliceParams(x as tf.Tensor, begin, size);
    return slice(call, x, from, lengths);
  },
  PadV2: (call) => {
    const x = input(call, "x");
    const { paddings, constantValue } = call.attrs as {
      paddings: [number, number][];
      constantValue: number;
    };
    const pads = call.emit.shape([
      ...paddings.map(([before]) => before),
      ...paddings.map(([, after]) => after),
    ]);
    if (x.dtype === "string" || x.dtype === "complex64")
      throw new TypeError(`PadV2: cannot pad ${x.dtype}`);
    const value = call.emit.constant([constantValue], [], x.dtype);
    const padded = x.shape.map((d, i) => d + (paddings[i]?.[0] ?? 0) + (paddings[i]?.[1] ?? 0));
    return call.emit.output(
      call.emit.node("Pad", [call.emit.ref(x), pads, value]),
      padded,
      x.dtype,
    );
  },
  Tile: (call) => {
    const x = input(call, "x");
    const { reps } = call.attrs as { reps: number[] };
    const name = call.emit.node("Tile", [call.emit.ref(x), call.emit.shape(reps)]);
    return call.emit.output(
      name,
      x.shape.map((d, i) => d * (reps[i] ?? 1)),
      x.dtype,
    );
  },
  Fill: (call) => {
    const {
      shape: wanted,
      value,
      dtype,
    } = call.attrs as { shape: number[]; value: number; dtype?: "float32" | "int32" | "bool" };
    return call.emit.output(
      call.emit.filled(wanted, value, dtype ?? "float32"),
      wanted,
      dtype ?? "float32",
    );
  },
  ZerosLike: fill(0),
  OnesLike: fill(1),
  Range: (call) => {
    const { emit } = call;
    const {
      start,
      stop,
      step = 1,
      dtype = "float32",
    } = call.attrs as { start: number; stop: number; step?: number; dtype?: "float32" | "int32" };
    if (![start, stop, step].every(Number.isInteger))
      throw new RangeError("Range: expected whole numbers, make others by multiplying");
    const scalar = (value: number) => emit.node("Squeeze", [emit.shape([value]), emit.shape([0])]);
    const numbers = emit.node("Range", [scalar(start), scalar(stop), scalar(step)]);
    const name = emit.node("Cast", [numbers], { to: dtype === "int32" ? 6 : 1 });
    return emit.output(name, [Math.max(0, Math.ceil((stop - start) / step))], dtype);
  },
};
