import * as tf from "@tensorflow/tfjs";
import {
  axisOf,
  cast,
  graphDtype,
  input,
  inputList,
  type KernelCall,
  type Lowering,
  range,
  scalar,
} from "../trace/lowering.ts";
import { elementCount } from "../graph/graph.ts";

function reshape(call: KernelCall, x: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo {
  // A 0 in the shape means no numbers, not "as in the input".
  const name = call.emit.node("Reshape", [call.emit.ref(x), call.emit.shape(shape)], {
    allowzero: 1,
  });
  return call.emit.output(name, shape, x.dtype);
}

/** A part of a tensor along one axis. */
function part(call: KernelCall, x: tf.TensorInfo, axis: number, begin: number, size: number) {
  const from = x.shape.map((_, k) => (k === axis ? begin : 0));
  return slice(call, x, from, x.shape.with(axis, size));
}

function slice(
  call: KernelCall,
  x: tf.TensorInfo,
  begin: readonly number[],
  size: readonly number[],
): tf.TensorInfo {
  const { emit } = call;
  if (begin.length === 0) return emit.output(emit.ref(x), [], x.dtype);
  const ends = begin.map((b, i) => b + (size[i] ?? 0));
  const bounds = [begin, ends, begin.map((_, i) => i)];
  const value = emit.ref(x);
  const name = emit.node("Slice", [value, ...bounds.map((vector) => emit.shape(vector))]);
  return emit.output(name, size, x.dtype);
}

function concat(
  call: KernelCall,
  tensors: readonly [tf.TensorInfo, ...tf.TensorInfo[]],
  axis: number,
): tf.TensorInfo {
  const { emit } = call;
  const [first] = tensors;
  const dtype = graphDtype(first.dtype, call.kernel);
  for (const t of tensors) {
    if (t.dtype !== dtype)
      throw new TypeError(
        `${call.kernel}: expected tensors of one dtype, got ${dtype} and ${t.dtype}`,
      );
    if (t.shape.with(axis, 0).join() !== first.shape.with(axis, 0).join())
      throw new RangeError(
        `${call.kernel}: expected shapes that differ along axis ${axis} alone, got [${first.shape}] and [${t.shape}]`,
      );
  }
  const total = tensors.reduce((sum, t) => sum + (t.shape[axis] ?? 0), 0);
  const names = tensors.map((t) => emit.ref(t));
  return emit.output(emit.node("Concat", names, { axis }), first.shape.with(axis, total), dtype);
}

function filledLike(value: number): Lowering {
  return (call) => {
    const x = input(call, "x");
    const dtype = graphDtype(x.dtype, call.kernel);
    return call.emit.output(call.emit.filled(x.shape, value, dtype), x.shape, dtype);
  };
}

/** The numbers of tf.range, counted up in the result's own dtype as tfjs does. */
function rangeValues(start: number, step: number, count: number, dtype: "float32" | "int32") {
  const values = dtype === "int32" ? new Int32Array(count) : new Float32Array(count);
  if (count > 0) values[0] = start;
  for (let i = 1; i < count; i++) values[i] = (values[i - 1] ?? 0) + step;
  return values;
}

/** Kernels that move numbers about, or make them from shapes alone. */
export const shape: Readonly<Record<string, Lowering>> = {
  Reshape: (call) => {
    const x = input(call, "x");
    const { shape: wanted } = call.attrs as tf.ReshapeAttrs;
    return reshape(call, x, tf.util.inferFromImplicitShape(wanted, elementCount(x.shape)));
  },
  ExpandDims: (call) => {
    const x = input(call, "input");
    const { dim } = call.attrs as tf.ExpandDimsAttrs;
    const rank = x.shape.length;
    if (dim < -(rank + 1) || dim > rank)
      throw new RangeError(
        `${call.kernel}: axis must be from ${-(rank + 1)} to ${rank}, got ${dim}`,
      );
    return reshape(call, x, x.shape.toSpliced(dim < 0 ? rank + dim + 1 : dim, 0, 1));
  },
  Transpose: (call) => {
    const x = input(call, "x");
    const { perm } = call.attrs as tf.TransposeAttrs;
    const shape = perm.map((axis) => x.shape[axis] ?? 0);
    const value = call.emit.ref(x);
    // tfjs's gradients of lookups transpose by the axes as they are.
    const name = perm.every((axis, i) => axis === i)
      ? value
      : call.emit.node("Transpose", [value], { perm });
    return call.emit.output(name, shape, x.dtype);
  },
  Concat: (call) => {
    const tensors = inputList(call);
    return concat(call, tensors, axisOf((call.attrs as tf.ConcatAttrs).axis, tensors[0]));
  },
  Pack: (call) => {
    const [first, ...rest] = inputList(call);
    const { axis } = call.attrs as tf.PackAttrs;
    const at = axis < 0 ? axis + first.shape.length + 1 : axis;
    const widened = (t: tf.TensorInfo) => reshape(call, t, t.shape.toSpliced(at, 0, 1));
    return concat(call, [widened(first), ...rest.map(widened)], at);
  },
  Unpack: (call) => {
    const x = input(call, "value");
    const { axis } = call.attrs as tf.UnpackAttrs;
    const at = axis < 0 ? axis + x.shape.length : axis;
    return Array.from({ length: x.shape[at] ?? 0 }, (_, i) =>
      reshape(call, part(call, x, at, i, 1), x.shape.toSpliced(at, 1)),
    );
  },
  SplitV: (call) => {
    const x = input(call, "x");
    const { numOrSizeSplits, axis } = call.attrs as tf.SplitVAttrs;
    const at = axisOf(axis, x);
    const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits, at);
    let end = 0;
    return sizes.map((size) => part(call, x, at, (end += size) - size, size));
  },
  Slice: (call) => {
    const x = input(call, "x");
    const { begin, size } = call.attrs as tf.SliceAttrs;
    const [from = [], lengths = []] = tf.slice_util.parseSliceParams(x as tf.Tensor, begin, size);
    tf.slice_util.assertParamsValid(x, from, lengths);
    return slice(call, x, from, lengths);
  },
  PadV2: (call) => {
    const { emit } = call;
    const x = input(call, "x");
    const { paddings, constantValue } = call.attrs as tf.PadV2Attrs;
    const dtype = graphDtype(x.dtype, call.kernel);
    const before = paddings.map(([n]) => n);
    const after = paddings.map(([, n]) => n);
    // Negative ones would crop, which tfjs does not.
    if ([...before, ...after].some((n) => n < 0))
      throw new RangeError(
        `${call.kernel}: paddings must not be negative, got ${JSON.stringify(paddings)}`,
      );
    const value = scalar(call, constantValue, dtype);
    const name = emit.node("Pad", [emit.ref(x), emit.shape([...before, ...after]), value]);
    const shape = x.shape.map((d, i) => d + (before[i] ?? 0) + (after[i] ?? 0));
    return emit.output(name, shape, dtype);
  },
  /** By slices turned about, from the second number on (`reflect`) or from the first (`symmetric`). */
  MirrorPad: (call) => {
    const x = input(call, "x");
    const { paddings, mode } = call.attrs as tf.MirrorPadAttrs;
    const skipped = mode === "reflect" ? 1 : 0;
    return paddings.reduce<tf.TensorInfo>((padded, [before, after], axis) => {
      const mirrored = (from: number, count: number) => {
        const end = from === -1 ? 2 ** 31 - 1 : from + 1;
        const slice = (value: string, ...bounds: number[]) =>
          call.emit.node("Slice", [value, ...bounds.map((n) => call.emit.shape([n]))]);
        const part = slice(call.emit.ref(padded), from + 1 - count, end, axis, 1);
        const name = slice(part, -1, -(2 ** 31), axis, -1);
        return call.emit.output(name, padded.shape.with(axis, count), padded.dtype);
      };
      const parts = [
        ...(before > 0 ? [mirrored(before - 1 + skipped, before)] : []),
        padded,
        ...(after > 0 ? [mirrored(-1 - skipped, after)] : []),
      ];
      return concat(call, parts as [tf.TensorInfo, ...tf.TensorInfo[]], axis);
    }, x);
  },
  StridedSlice: (call) => {
    const { emit } = call;
    const x = input(call, "x");
    const attrs = call.attrs as tf.StridedSliceAttrs;
    const { finalShape, finalShapeSparse, begin, end, strides } = tf.slice_util.sliceInfo(
      x.shape,
      attrs.begin,
      attrs.end,
      attrs.strides,
      attrs.beginMask,
      attrs.endMask,
      attrs.ellipsisMask,
      attrs.newAxisMask,
      attrs.shrinkAxisMask,
    );
    // tfjs's cpu backend takes the numbers of another axis there.
    if (attrs.shrinkAxisMask !== 0 && strides.some((stride) => stride !== 1))
      throw new RangeError(
        `${call.kernel}: shrinkAxisMask takes strides of 1 alone, got ${strides.join(", ")}; use tf.squeeze`,
      );
    if (begin.length === 0) return reshape(call, x, finalShape);
    const sides = begin.map((from, axis) => {
      const [to, stride] = [end[axis] ?? 0, strides[axis] ?? 1];
      if ((to - from) * stride <= 0) return [0, 0, 1] as const;
      // Backwards, counted from the end: counted from the start, the bound before the first number would be the last.
      return [from, stride < 0 ? to - (x.shape[axis] ?? 0) : to, stride] as const;
    });
    const name = emit.node("Slice", [
      emit.ref(x),
      emit.shape(sides.map(([from]) => from)),
      emit.shape(sides.map(([, to]) => to)),
      emit.shape(sides.map((_, axis) => axis)),
      emit.shape(sides.map(([, , stride]) => stride)),
    ]);
    return reshape(call, emit.output(name, finalShapeSparse, x.dtype), finalShape);
  },
  Tile: (call) => {
    const x = input(call, "x");
    const { reps } = call.attrs as tf.TileAttrs;
    const name = call.emit.node("Tile", [call.emit.ref(x), call.emit.shape(reps)]);
    const shape = x.shape.map((d, i) => d * (reps[i] ?? 1));
    return call.emit.output(name, shape, x.dtype);
  },
  Fill: (call) => {
    const { shape, value, dtype = tf.util.inferDtype(value) } = call.attrs as tf.FillAttrs;
    const kind = graphDtype(dtype, call.kernel);
    return call.emit.output(call.emit.filled(shape, Number(value), kind), shape, kind);
  },
  ZerosLike: filledLike(0),
  OnesLike: filledLike(1),
  Range: (call) => {
    const { emit } = call;
    const attrs = call.attrs as tf.RangeAttrs;
    const { start, stop, dtype } = attrs;
    // tfjs's own rules: down to a smaller stop by -1, unless a step is given.
    const empty =
      start === stop || (start < stop && attrs.step < 0) || (stop < start && attrs.step > 1);
    const count = empty ? 0 : Math.abs(Math.ceil((stop - start) / attrs.step));
    const step = stop < start && attrs.step === 1 ? -1 : attrs.step;
    // As nodes, since the bounds may be sizes.
    const name = [start, stop, step].every(Number.isInteger)
      ? cast(call, range(call, start, stop, step), "int64", dtype)
      : emit.constant(rangeValues(start, step, count, dtype), [count], dtype);
    return emit.output(name, [count], dtype);
  },
  LinSpace: (call) => {
    const { start, stop, num } = call.attrs as tf.LinSpaceAttrs;
    const step = (stop - start) / (num - 1);
    const values = num === 1 ? Float32Array.of(start) : rangeValues(start, step, num, "float32");
    return call.emit.output(call.emit.constant(values, [num], "float32"), [num], "float32");
  },
  Reverse: (call) => {
    const { emit } = call;
    const x = input(call, "x");
    const dims = tf.util.parseAxisParam((call.attrs as tf.ReverseAttrs).dims, x.shape);
    const all = (value: number) => emit.shape(dims.map(() => value));
    const name =
      dims.length === 0
        ? emit.ref(x)
        : emit.node("Slice", [emit.ref(x), all(-1), all(-(2 ** 31)), emit.shape(dims), all(-1)]);
    return emit.output(name, x.shape, x.dtype);
  },
};
