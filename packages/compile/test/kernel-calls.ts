/** For every kernel that a trace can record, how tfjs comes to call it: what `table.test.ts` runs. */

import * as tf from "@tensorflow/tfjs";
import { randomMasks } from "../src/lowerings/random-masks.ts";
import type { NamedTensors } from "../src/trace/trace.ts";
import type { TensorDtype } from "../src/trace/lowering.ts";

/** Lengths of axes: a row's shapes are made of these. */
export interface Lengths {
  a: number;
  b: number;
  c: number;
}

/** What the numbers of an input are like. */
export type Kind = "ordinary" | "equal" | "special" | "huge" | "tiny";

export interface InputOf {
  shape: number[];
  /** float32 if left out. */
  dtype?: TensorDtype;
  /** Into the function's domain; the number's place in the input goes with it. */
  into?: (value: number, place: number) => number;
}

/** One way to call a kernel. */
export interface KernelCalls {
  run: (t: NamedTensors, lengths: Lengths) => tf.Tensor | tf.Tensor[];
  inputs: (lengths: Lengths) => Record<string, InputOf>;
  /** The inputs that it has a gradient for. */
  gradient?: readonly string[];
  /** Kinds that are left open, and why. */
  open?: Partial<Record<Kind, string>>;
  /** What it says to axes of no numbers, where tfjs has an answer. */
  refusesNothing?: string;
  /** Why the first axis cannot be of any length in one graph. */
  fixed?: string;
  rtol?: number;
  atol?: number;
}

const at = (t: NamedTensors, name: string) => t[name] as tf.Tensor;

/** What the kernel does to one tensor of two axes. */
function one(
  fn: (x: tf.Tensor) => tf.Tensor | tf.Tensor[],
  more: Omit<Partial<KernelCalls>, "inputs"> & { dtype?: TensorDtype; into?: InputOf["into"] } = {},
): KernelCalls {
  const { dtype = "float32", into, ...rest } = more;
  return {
    run: (t) => fn(at(t, "x")),
    inputs: ({ a, b }) => ({
      x: { shape: [a, b], dtype, ...(into === undefined ? {} : { into }) },
    }),
    ...rest,
  };
}

/** An elementwise kernel, with its gradient. */
const smooth = (fn: (x: tf.Tensor) => tf.Tensor, more: Parameters<typeof one>[1] = {}) =>
  one(fn, { gradient: ["x"], ...more });

/** Of two tensors that broadcast: a matrix and a row, and a column and a row. */
function two(
  fn: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor,
  more: Partial<KernelCalls> & { dtype?: TensorDtype; intoY?: (v: number) => number } = {},
): KernelCalls {
  const { dtype = "float32", intoY, ...rest } = more;
  const into = intoY === undefined ? {} : { into: intoY };
  return {
    run: (t) => [fn(at(t, "x"), at(t, "row")), fn(at(t, "column"), at(t, "row"))],
    inputs: ({ a, b }) => ({
      x: { shape: [a, b], dtype },
      column: { shape: [a, 1], dtype },
      row: { shape: [b], dtype, ...into },
    }),
    ...rest,
  };
}

/** Of two of one shape: some of tfjs's gradients take no others. */
function alike(fn: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor, more: Partial<KernelCalls> = {}) {
  return {
    run: (t: NamedTensors) => fn(at(t, "x"), at(t, "y")),
    inputs: ({ a, b }: Lengths) => ({ x: { shape: [a, b] }, y: { shape: [a, b] } }),
    gradient: ["x", "y"],
    ...more,
  };
}

const both = ["x", "column", "row"] as const;
const whole = (below: number) => (_: number, place: number) => (place * 7 + 3) % below;

const nothing = "expected an image and a channel or more";

const image = ({ a, b, c }: Lengths): Record<string, InputOf> => ({
  x: { shape: [a, b + 3, c + 2, 2] },
});
const withFilter = (lengths: Lengths): Record<string, InputOf> => ({
  ...image(lengths),
  filter: { shape: [3, 2, 2, 3] },
});
const conv = (t: NamedTensors) => {
  const [x, filter] = [at(t, "x") as tf.Tensor4D, at(t, "filter") as tf.Tensor4D];
  // Without padding, some rows and columns are in no window.
  return [tf.conv2d(x, filter, [2, 1], "same"), tf.conv2d(x, filter, [3, 2], "valid")];
};
const depthwise = (t: NamedTensors) => {
  const [x, filter] = [at(t, "x") as tf.Tensor4D, at(t, "filter") as tf.Tensor4D];
  return [tf.depthwiseConv2d(x, filter, 2, "same"), tf.depthwiseConv2d(x, filter, 3, "valid")];
};
const convolved: Omit<KernelCalls, "run"> = {
  refusesNothing: nothing,
  inputs: withFilter,
  gradient: ["x", "filter"],
  atol: 5e-6,
  open: {
    special: "padding times an infinity or NaN is NaN",
    huge: "sums of products past float32's range on the way",
  },
};
/** With a bias for each of so many channels, and an activation. */
const fusedConv = (
  fn: typeof tf.fused.conv2d | typeof tf.fused.depthwiseConv2d,
  channels: number,
): KernelCalls => ({
  run: (t) =>
    fn({
      x: at(t, "x") as tf.Tensor4D,
      filter: at(t, "filter") as tf.Tensor4D,
      strides: 1,
      pad: "same",
      bias: at(t, "bias"),
      activation: "relu",
    }),
  refusesNothing: nothing,
  inputs: (l) => ({ ...withFilter(l), bias: { shape: [channels] } }),
  atol: 5e-6,
  open: convolved.open ?? {},
});
const pooled = (fn: typeof tf.maxPool | typeof tf.avgPool) => (t: NamedTensors) => {
  const x = at(t, "x") as tf.Tensor4D;
  return [fn(x, [2, 3], [2, 1], "same"), fn(x, 2, 3, "valid")];
};

const none = "expected one number or more along the axes";
const fold = { special: "an infinity less another", huge: "sums past float32's range on the way" };

const filled = tf.fill;

/** By tfjs kernel. */
export const kernelCalls: Readonly<Record<string, readonly KernelCalls[]>> = {
  Abs: [
    smooth(tf.abs),
    one(tf.abs, { dtype: "int32", open: { special: "tfjs rounds to float32" } }),
  ],
  Acos: [smooth(tf.acos, { into: (v) => v * 0.99 })],
  Acosh: [smooth(tf.acosh, { into: (v) => 1.1 + Math.abs(v) })],
  Add: [two(tf.add, { gradient: both }), two(tf.add, { dtype: "int32" })],
  AddN: [
    {
      run: (t) => tf.addN([at(t, "x"), at(t, "y"), at(t, "x")]),
      inputs: ({ a, b }) => ({ x: { shape: [a, b] }, y: { shape: [a, b] } }),
      gradient: ["x", "y"],
      open: { huge: fold.huge },
    },
  ],
  All: [
    one((x) => [tf.all(x, 1), tf.all(x, 0, true), tf.all(x)], {
      dtype: "bool",
      refusesNothing: none,
    }),
  ],
  Any: [
    one((x) => [tf.any(x, 1), tf.any(x, 0, true), tf.any(x)], {
      dtype: "bool",
      refusesNothing: none,
    }),
  ],
  ArgMax: [
    one((x) => [tf.argMax(x, 0), tf.argMax(x, 1)], {
      refusesNothing: none,
      open: { special: "of NaN" },
    }),
  ],
  ArgMin: [
    one((x) => [tf.argMin(x, 0), tf.argMin(x, 1)], {
      refusesNothing: none,
      open: { special: "of NaN" },
    }),
  ],
  Asin: [smooth(tf.asin, { into: (v) => v * 0.99 })],
  Asinh: [smooth(tf.asinh)],
  Atan: [smooth(tf.atan)],
  Atanh: [smooth(tf.atanh, { into: (v) => v * 0.99 })],
  AvgPool: [
    { run: pooled(tf.avgPool), inputs: image, refusesNothing: nothing, open: { huge: fold.huge } },
  ],
  AvgPoolGrad: [
    {
      run: pooled(tf.avgPool),
      inputs: image,
      gradient: ["x"],
      open: fold,
      refusesNothing: nothing,
    },
  ],
  BatchMatMul: [
    {
      run: (t) => [
        tf.matMul(at(t, "x"), at(t, "y")),
        tf.matMul(at(t, "x"), at(t, "x"), false, true),
        tf.matMul(at(t, "x"), at(t, "x"), true, false),
      ],
      inputs: ({ a, b, c }) => ({ x: { shape: [2, a, b] }, y: { shape: [2, b, c] } }),
      gradient: ["x", "y"],
      fixed: "a square of it, and more, is the results' size",
      open: fold,
    },
    {
      run: (t) => tf.matMul(at(t, "x"), at(t, "y"), true, true),
      inputs: ({ a, b, c }) => ({
        x: { shape: [b, a], dtype: "int32" },
        y: { shape: [c, b], dtype: "int32" },
      }),
      open: { special: "past int32's range", huge: "past int32's range" },
    },
  ],
  Cast: [
    one((x) => tf.cast(x, "int32"), {
      open: { special: "NaN as an int32", huge: "past int32's range" },
    }),
    one((x) => [tf.cast(x, "bool"), tf.cast(tf.cast(x, "bool"), "float32")]),
  ],
  Ceil: [smooth(tf.ceil)],
  ClipByValue: [
    smooth((x) => tf.clipByValue(x, -0.3, 0.4)),
    one((x) => tf.clipByValue(x, -2, 3), { dtype: "int32" }),
  ],
  Concat: [
    {
      run: (t) => [tf.concat([at(t, "x"), at(t, "y")], 1), tf.concat([at(t, "x"), at(t, "x")], 0)],
      inputs: ({ a, b, c }) => ({ x: { shape: [a, b] }, y: { shape: [a, c] } }),
      gradient: ["x", "y"],
    },
  ],
  Conv2D: [{ run: conv, ...convolved }],
  Conv2DBackpropFilter: [{ run: conv, ...convolved }],
  Conv2DBackpropInput: [{ run: conv, ...convolved }],
  Cos: [smooth(tf.cos)],
  Cosh: [smooth(tf.cosh)],
  Cumprod: [
    one((x) => [
      tf.cumprod(x, 0),
      tf.cumprod(x, 1, true),
      tf.cumprod(x, 1, false, true),
      tf.cumprod(x, 0, true, true),
    ]),
  ],
  Cumsum: [
    smooth((x) => tf.cumsum(x, 1, true, true), { open: fold }),
    one((x) => tf.cumsum(x, 0), { dtype: "int32", open: { special: "past int32's range" } }),
  ],
  DepthwiseConv2dNative: [{ run: depthwise, ...convolved }],
  DepthwiseConv2dNativeBackpropFilter: [{ run: depthwise, ...convolved }],
  DepthwiseConv2dNativeBackpropInput: [{ run: depthwise, ...convolved }],
  Einsum: [
    {
      run: (t) => [tf.einsum("ij,jk->ki", at(t, "x"), at(t, "y")), tf.einsum("ij->j", at(t, "x"))],
      inputs: ({ a, b, c }) => ({ x: { shape: [a, b] }, y: { shape: [b, c] } }),
      open: fold,
    },
  ],
  Elu: [smooth(tf.elu)],
  EluGrad: [smooth(tf.elu, {})],
  Equal: [two(tf.equal), two(tf.equal, { dtype: "int32" }), two(tf.equal, { dtype: "bool" })],
  Erf: [smooth(tf.erf, { rtol: 1e-5, atol: 5e-7 })],
  Exp: [smooth(tf.exp), one(tf.exp, { dtype: "int32" })],
  ExpandDims: [smooth((x) => tf.expandDims(x, 1)), one((x) => tf.expandDims(x, -1))],
  Expm1: [smooth(tf.expm1)],
  Fill: [{ run: (_, { a, b }) => filled([a, b], 2.5), inputs: () => ({}) }],
  Floor: [smooth(tf.floor)],
  FloorDiv: [
    two(tf.floorDiv, { open: { special: "no int32", huge: "no int32", tiny: "no int32" } }),
    two(tf.floorDiv, { dtype: "int32" }),
  ],
  FusedBatchNorm: [
    {
      run: (t) =>
        tf.batchNorm(
          at(t, "x") as tf.Tensor3D,
          at(t, "mean") as tf.Tensor1D,
          at(t, "variance") as tf.Tensor1D,
          at(t, "offset") as tf.Tensor1D,
          at(t, "scale") as tf.Tensor1D,
        ),
      inputs: ({ a, b, c }) => ({
        x: { shape: [a, b, c] },
        mean: { shape: [c] },
        variance: { shape: [c], into: Math.abs },
        offset: { shape: [c] },
        scale: { shape: [c] },
      }),
      gradient: ["x", "mean", "variance", "offset", "scale"],
      rtol: 1e-4,
      atol: 1e-4,
      open: fold,
    },
  ],
  FusedConv2D: [fusedConv(tf.fused.conv2d, 3)],
  FusedDepthwiseConv2D: [fusedConv(tf.fused.depthwiseConv2d, 6)],
  GatherNd: [
    {
      run: (t) => tf.gatherND(at(t, "x"), at(t, "indices")),
      inputs: ({ a, b, c }) => ({
        x: { shape: [3, 2, a] },
        indices: { shape: [b, c, 2], dtype: "int32", into: whole(2) },
      }),
    },
  ],
  GatherV2: [
    {
      run: (t) => tf.gather(at(t, "x"), at(t, "indices") as tf.Tensor1D, 1),
      inputs: ({ a, b, c }) => ({
        x: { shape: [a, 3, b] },
        indices: { shape: [c], dtype: "int32", into: whole(3) },
      }),
      gradient: ["x"],
      open: { huge: fold.huge, special: fold.special },
    },
  ],
  Greater: [
    two(tf.greater),
    two(tf.greater, { dtype: "int32" }),
    two(tf.greater, { dtype: "bool" }),
  ],
  GreaterEqual: [two(tf.greaterEqual), two(tf.greaterEqual, { dtype: "int32" })],
  Identity: [smooth((x) => tf.clone(x))],
  IsFinite: [one(tf.isFinite)],
  IsInf: [one(tf.isInf)],
  IsNan: [one(tf.isNaN)],
  LeakyRelu: [
    smooth((x) => tf.leakyRelu(x, 0.3)),
    one((x) => tf.leakyRelu(x, 0.5), { dtype: "int32" }),
  ],
  Less: [two(tf.less), two(tf.less, { dtype: "int32" })],
  LessEqual: [two(tf.lessEqual), two(tf.lessEqual, { dtype: "int32" })],
  RandomMasks: [
    {
      run: (t, { a, b }) => randomMasks(at(t, "key") as tf.Tensor1D, [a, b, 3], 230),
      inputs: () => ({ key: { shape: [2], dtype: "int32" } }),
    },
  ],
  LinSpace: [{ run: (_, { a }) => tf.linspace(-1, 2, Math.max(1, a)), inputs: () => ({}) }],
  Log: [smooth(tf.log, { into: Math.abs })],
  Log1p: [smooth(tf.log1p)],
  LogicalAnd: [two(tf.logicalAnd, { dtype: "bool" })],
  LogicalNot: [one(tf.logicalNot, { dtype: "bool" })],
  LogicalOr: [two(tf.logicalOr, { dtype: "bool" })],
  Max: [
    smooth((x) => tf.max(x, 1), { refusesNothing: none }),
    one((x) => [tf.max(x, 0, true), tf.max(x)], { dtype: "int32", refusesNothing: none }),
  ],
  Maximum: [two(tf.maximum), alike(tf.maximum), two(tf.maximum, { dtype: "int32" })],
  MaxPool: [{ run: pooled(tf.maxPool), inputs: image, refusesNothing: nothing }],
  MaxPoolGrad: [
    {
      run: pooled(tf.maxPool),
      inputs: image,
      gradient: ["x"],
      refusesNothing: nothing,
    },
  ],
  Mean: [
    smooth((x) => tf.mean(x, 1), { open: fold }),
    one((x) => [tf.mean(x, 0), tf.mean(x)], {
      dtype: "int32",
      open: { special: "sums past float32's digits" },
    }),
  ],
  Min: [
    smooth((x) => tf.min(x, 1), { refusesNothing: none }),
    one((x) => [tf.min(x, 0, true), tf.min(x)], { dtype: "int32", refusesNothing: none }),
  ],
  Minimum: [two(tf.minimum), alike(tf.minimum), two(tf.minimum, { dtype: "int32" })],
  MirrorPad: [
    one((x) => [
      tf.mirrorPad(
        x,
        [
          [1, 0],
          [0, 1],
        ],
        "symmetric",
      ),
    ]),
    {
      run: (t) =>
        tf.mirrorPad(
          at(t, "x"),
          [
            [1, 2],
            [2, 1],
          ],
          "reflect",
        ),
      inputs: ({ a, b }) => ({ x: { shape: [a + 3, b + 3] } }),
      fixed: "padding of 2 takes a length of 3 or more",
      gradient: ["x"],
    },
  ],
  Mod: [
    two(tf.mod, { open: { huge: "a remainder of rounding" } }),
    two(tf.mod, { dtype: "int32" }),
  ],
  Multiply: [
    two(tf.mul, { gradient: both }),
    two(tf.mul, {
      dtype: "int32",
      open: { special: "past int32's range", huge: "past int32's range" },
    }),
  ],
  Neg: [smooth(tf.neg), one(tf.neg, { dtype: "int32" })],
  NotEqual: [two(tf.notEqual), two(tf.notEqual, { dtype: "bool" })],
  OneHot: [
    {
      run: (t) => tf.oneHot(at(t, "indices"), 4, 2, -1, "float32"),
      inputs: ({ a, b }) => ({ indices: { shape: [a, b], dtype: "int32", into: whole(6) } }),
    },
  ],
  OnesLike: [one(tf.onesLike), one(tf.onesLike, { dtype: "bool" })],
  Pack: [smooth((x) => tf.stack([x, x], 1)), one((x) => tf.stack([x], -1), { dtype: "int32" })],
  PadV2: [
    smooth((x) =>
      tf.pad(
        x,
        [
          [1, 0],
          [0, 2],
        ],
        -0.5,
      ),
    ),
    one(
      (x) =>
        tf.pad(
          x,
          [
            [0, 2],
            [1, 0],
          ],
          7,
        ),
      { dtype: "int32" },
    ),
  ],
  Pow: [
    two(tf.pow, { open: { special: "tf.pow(1, NaN)" } }),
    smooth((x) => tf.pow(x, 2)),
    smooth((x) => tf.pow(x, 1.5), { into: Math.abs }),
    one((x) => tf.pow(x, tf.scalar(2, "int32")), {
      dtype: "int32",
      open: { special: "past int32's range", huge: "past int32's range" },
    }),
  ],
  Prelu: [two(tf.prelu), alike(tf.prelu)],
  Prod: [
    smooth((x) => tf.prod(x, 1), {
      open: { huge: "past float32's range on the way", special: "as above", tiny: "as above" },
    }),
    one((x) => tf.prod(x), {
      dtype: "int32",
      into: (v, place) => (place < 9 ? (v % 3) + 1 : 1),
      open: { special: "past int32's range", huge: "past int32's range" },
    }),
  ],
  Range: [
    { run: (_, { a }) => [tf.range(0, a, 1, "int32"), tf.range(0.5, a, 0.25)], inputs: () => ({}) },
  ],
  RealDiv: [two(tf.div, { gradient: ["x"] }), two(tf.div, { gradient: both, intoY: (v) => v + 2 })],
  Reciprocal: [smooth(tf.reciprocal)],
  Relu: [smooth(tf.relu), one(tf.relu, { dtype: "int32" })],
  Relu6: [smooth(tf.relu6), one(tf.relu6, { dtype: "int32" })],
  Reshape: [
    smooth((x) => tf.reshape(x, [x.size])),
    one((x) => tf.reshape(x, [1, x.size, 1]), { dtype: "bool" }),
  ],
  Reverse: [
    smooth((x) => tf.reverse(x, [0, 1])),
    one((x) => tf.reverse(x, -1), { dtype: "int32" }),
  ],
  Round: [smooth(tf.round), one(tf.round, { dtype: "int32" })],
  Rsqrt: [smooth(tf.rsqrt, { into: Math.abs })],
  ScatterNd: [
    {
      run: (t, { c }) => tf.scatterND(at(t, "indices"), at(t, "updates"), [3, 2, c]),
      inputs: ({ a, b, c }) => ({
        indices: { shape: [a, b, 2], dtype: "int32", into: whole(2) },
        updates: { shape: [a, b, c] },
      }),
      open: fold,
    },
  ],
  Select: [
    {
      run: (t) => tf.where(at(t, "condition"), at(t, "x"), at(t, "y")),
      inputs: ({ a, b }) => ({
        condition: { shape: [a, b], dtype: "bool" },
        x: { shape: [a, b] },
        y: { shape: [a, b] },
      }),
      gradient: ["x", "y"],
    },
  ],
  Selu: [smooth(tf.selu)],
  Sigmoid: [smooth(tf.sigmoid)],
  Sign: [smooth(tf.sign), one(tf.sign, { dtype: "int32" })],
  Sin: [smooth(tf.sin)],
  Sinh: [smooth(tf.sinh)],
  Slice: [
    smooth((x) => tf.slice(x, [0, x.shape[1] === 0 ? 0 : 1], [-1, -1])),
    one((x) => tf.slice(x, [0, 0], [x.shape[0] ?? 0, 0]), { dtype: "int32" }),
  ],
  Softmax: [
    smooth((x) => tf.softmax(x)),
    {
      // A row of attention in which every place is masked.
      run: (t) => tf.softmax(tf.add(at(t, "scores"), tf.mul(tf.sub(at(t, "mask"), 1), 1e9))),
      inputs: ({ a, b, c }) => ({
        scores: { shape: [a, b, c] },
        mask: { shape: [a, 1, c], into: (_, place) => (place < c ? 0 : place % 2) },
      }),
      gradient: ["scores"],
    },
  ],
  Softplus: [smooth(tf.softplus)],
  SplitV: [
    smooth((x) => tf.split(x, [1, (x.shape[1] ?? 1) - 1], 1)[0] as tf.Tensor),
    one((x) => tf.split(x, [0, x.shape[0] ?? 0], 0)),
  ],
  Sqrt: [smooth(tf.sqrt, { into: Math.abs })],
  Square: [
    smooth(tf.square),
    one(tf.square, {
      dtype: "int32",
      open: { special: "past int32's range", huge: "past int32's range" },
    }),
  ],
  SquaredDifference: [two(tf.squaredDifference), alike(tf.squaredDifference)],
  Step: [smooth((x) => tf.step(x, -0.5)), one((x) => tf.step(x), { dtype: "int32" })],
  StridedSlice: [
    {
      run: (t) => [
        tf.stridedSlice(at(t, "x"), [0, 0], [0, 0], [2, 1], 3, 3),
        tf.stridedSlice(at(t, "x"), [0, 0], [0, 0], [1, -1], 3, 3),
      ],
      fixed: "half of it, rounded up, is no such size",
      inputs: ({ a, b }) => ({ x: { shape: [a, b] } }),
    },
  ],
  Sub: [two(tf.sub, { gradient: both }), two(tf.sub, { dtype: "int32" })],
  Sum: [
    smooth((x) => tf.sum(x, 1), { open: fold }),
    smooth((x) => tf.sum(x, 0, true), { open: fold }),
    one((x) => [tf.sum(x, 0), tf.sum(x)], {
      dtype: "int32",
      open: { special: "past int32's range" },
    }),
    one((x) => tf.sum(x, 1), { dtype: "bool" }),
  ],
  Tan: [smooth(tf.tan)],
  Tanh: [smooth(tf.tanh)],
  Tile: [smooth((x) => tf.tile(x, [2, 3])), one((x) => tf.tile(x, [1, 2]), { dtype: "bool" })],
  TopK: [
    {
      run: (t, { b }) => Object.values(tf.topk(at(t, "x"), Math.max(1, b - 1))),
      inputs: ({ a, b }) => ({ x: { shape: [a, b] } }),
      open: { special: "of NaN" },
    },
  ],
  Transpose: [
    smooth((x) => tf.transpose(x)),
    {
      run: (t) => tf.transpose(at(t, "x"), [2, 0, 1]),
      inputs: ({ a, b, c }) => ({ x: { shape: [a, b, c], dtype: "bool" } }),
    },
  ],
  Unpack: [
    {
      // Of one, tfjs gives no list, and has no gradient.
      run: (t) => tf.stack(tf.unstack(at(t, "x"), 1), 0),
      inputs: ({ a, b }) => ({ x: { shape: [a, b + 2] } }),
      gradient: ["x"],
    },
    one((x) => [x, tf.unstack(x, 0)].flat(), { dtype: "int32", fixed: "as many results" }),
  ],
  UnsortedSegmentSum: [
    {
      run: (t) => tf.unsortedSegmentSum(at(t, "x"), at(t, "ids") as tf.Tensor1D, 4),
      inputs: ({ a, b }) => ({
        x: { shape: [a, b] },
        ids: { shape: [a], dtype: "int32", into: whole(4) },
      }),
      gradient: ["x"],
      open: fold,
    },
    {
      // Some ids are no segment's; tfjs has no gradient then.
      run: (t) => tf.unsortedSegmentSum(at(t, "x"), at(t, "ids") as tf.Tensor1D, 3),
      inputs: ({ a, b }) => ({
        x: { shape: [a, b] },
        ids: { shape: [a], dtype: "int32", into: whole(5) },
      }),
      open: fold,
    },
  ],
  ZerosLike: [one(tf.zerosLike), one(tf.zerosLike, { dtype: "int32" })],
  _FusedMatMul: [
    {
      run: (t) =>
        tf.fused.matMul({
          a: at(t, "x") as tf.Tensor2D,
          b: at(t, "y") as tf.Tensor2D,
          bias: at(t, "bias"),
          activation: "relu",
        }),
      inputs: ({ a, b, c }) => ({
        x: { shape: [a, b] },
        y: { shape: [b, c] },
        bias: { shape: [c] },
      }),
      open: fold,
    },
  ],
};
