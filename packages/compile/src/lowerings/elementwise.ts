import * as tf from "@tensorflow/tfjs";
import {
  broadcast,
  cast,
  checkDtype,
  floatRef,
  graphDtype,
  input,
  inputList,
  type KernelCall,
  type Lowering,
  refAs,
  scalar,
  type TensorDtype,
} from "../trace/lowering.ts";

/** tfjs's unary kernels on float32 that are ONNX's of the same name, NaN and infinities included. */
const unary =
  "Acos Acosh Asin Asinh Atan Atanh Cos Cosh Elu Erf Log Reciprocal Sigmoid Sin Sinh Softplus Sqrt Tan Tanh";

/** On float32 and int32. */
const numeric = "Abs Neg Relu";

/** On float32; a whole number stays what it is. */
const rounding = "Ceil Floor Round";

/** On two tensors of one dtype, float32 or int32. */
const arithmetic: Readonly<Record<string, string>> = {
  Add: "Add",
  Maximum: "Max",
  Minimum: "Min",
  Multiply: "Mul",
  Sub: "Sub",
};

const order: Readonly<Record<string, string>> = {
  Greater: "Greater",
  GreaterEqual: "GreaterOrEqual",
  Less: "Less",
  LessEqual: "LessOrEqual",
};

const logical: Readonly<Record<string, string>> = { LogicalAnd: "And", LogicalOr: "Or" };

const float: readonly TensorDtype[] = ["float32"];
const number: readonly TensorDtype[] = ["float32", "int32"];
const any: readonly TensorDtype[] = ["float32", "int32", "bool"];

/** A lowering of one input, in terms of its value's name and its dtype. */
function onOne(
  allowed: readonly TensorDtype[],
  build: (call: KernelCall, x: string, dtype: TensorDtype) => string,
  result?: TensorDtype,
): Lowering {
  return (call) => {
    const x = input(call, "x");
    const dtype = checkDtype(call, x, ...allowed);
    return call.emit.output(build(call, call.emit.ref(x), dtype), x.shape, result ?? dtype);
  };
}

/** A lowering of one input, float32 whatever it is given. */
function onFloat(build: (call: KernelCall, x: string) => string): Lowering {
  return (call) => {
    const x = input(call, "x");
    return call.emit.output(build(call, refAs(call, x, "float32")), x.shape, "float32");
  };
}

/** A lowering of two inputs of one dtype that broadcast. */
function onTwo(
  allowed: readonly TensorDtype[],
  build: (call: KernelCall, a: string, b: string, dtype: TensorDtype) => string,
  result?: TensorDtype,
): Lowering {
  return (call) => {
    const [a, b] = [input(call, "a"), input(call, "b")];
    const dtype = checkDtype(call, a, ...allowed);
    if (b.dtype !== dtype)
      throw new TypeError(`${call.kernel}: expected two of one dtype, got ${dtype} and ${b.dtype}`);
    const name = build(call, call.emit.ref(a), call.emit.ref(b), dtype);
    return call.emit.output(name, broadcast(a, b), result ?? dtype);
  };
}

/** A lowering for each kernel of a table from kernels to operators, or of a list of names that both have. */
function each(of: Readonly<Record<string, string>> | string, lower: (op: string) => Lowering) {
  const table = typeof of === "string" ? of.split(" ").map((op) => [op, op]) : Object.entries(of);
  return Object.fromEntries(table.map(([kernel = "", op = ""]) => [kernel, lower(op)]));
}

/** What tfjs's int32 arrays make of a number: truncated, and within int32 where it was infinite. */
function whole(value: number): number {
  return Math.trunc(Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1));
}

/** Kernels that compute each number of the result from the numbers at its place. */
export const elementwise: Readonly<Record<string, Lowering>> = {
  ...each(unary, (op) => onOne(float, ({ emit }, x) => emit.node(op, [x]))),
  ...each(numeric, (op) => onOne(number, ({ emit }, x) => emit.node(op, [x]))),
  ...each(rounding, (op) =>
    onOne(number, ({ emit }, x, dtype) => (dtype === "int32" ? x : emit.node(op, [x]))),
  ),
  ...each(arithmetic, (op) => onTwo(number, ({ emit }, a, b) => emit.node(op, [a, b]))),
  ...each(order, (op) =>
    onTwo(
      any,
      (call, a, b, dtype) => {
        // ONNX orders no bools.
        const to = dtype === "bool" ? "int32" : dtype;
        return call.emit.node(op, [cast(call, a, dtype, to), cast(call, b, dtype, to)]);
      },
      "bool",
    ),
  ),
  ...each(logical, (op) => onTwo(["bool"], ({ emit }, a, b) => emit.node(op, [a, b]))),

  Equal: onTwo(any, ({ emit }, a, b) => emit.node("Equal", [a, b]), "bool"),
  NotEqual: onTwo(any, ({ emit }, a, b) => emit.node("Not", [emit.node("Equal", [a, b])]), "bool"),
  LogicalNot: onOne(["bool"], ({ emit }, x) => emit.node("Not", [x])),
  IsNan: onOne(float, ({ emit }, x) => emit.node("IsNaN", [x]), "bool"),
  IsInf: onOne(float, ({ emit }, x) => emit.node("IsInf", [x]), "bool"),
  IsFinite: onOne(
    float,
    (call, x) => call.emit.node("Less", [call.emit.node("Abs", [x]), scalar(call, Infinity)]),
    "bool",
  ),
  RealDiv: onTwo(float, ({ emit }, a, b) => emit.node("Div", [a, b])),
  /** A whole power past int32's range is left open. */
  Pow: onTwo(number, (call, a, b, dtype) => {
    const { emit } = call;
    const power = emit.node("Pow", [a, b]);
    if (dtype === "float32") return power;
    // An infinity, which tfjs stores as 0.
    const zero = scalar(call, 0, "int32");
    const [isZero, isLess] = [emit.node("Equal", [a, zero]), emit.node("Less", [b, zero])];
    const infinite = emit.node("And", [isZero, isLess]);
    return emit.node("Where", [infinite, zero, power]);
  }),
  SquaredDifference: onTwo(number, ({ emit }, a, b) => {
    const difference = emit.node("Sub", [a, b]);
    return emit.node("Mul", [difference, difference]);
  }),
  /** int32 whatever it is given; 0 where an int32 is divided by 0, as tfjs has it. */
  FloorDiv: (call) => {
    const { emit } = call;
    const [a, b] = [input(call, "a"), input(call, "b")];
    checkDtype(call, a, "float32", "int32");
    // ONNX divides whole numbers towards zero, tfjs rounds down; float32 does not hold each int32.
    const quotient = emit.node("Div", [refAs(call, a, "float64"), refAs(call, b, "float64")]);
    const floor = cast(call, emit.node("Floor", [quotient]), "float64", "int32");
    const zero = scalar(call, 0, "int32");
    const divisor = emit.ref(b);
    const isZero = emit.node("Equal", [divisor, scalar(call, 0, graphDtype(b.dtype, call.kernel))]);
    return emit.output(emit.node("Where", [isZero, zero, floor]), broadcast(a, b), "int32");
  },
  /** The sign of the divisor, as in Python; an int32 modulo 0 is 0, as tfjs has it. */
  Mod: onTwo(number, (call, first, second, dtype) => {
    const { emit } = call;
    // As float64 a whole number divided by 0 is no fault of the processor's.
    const to = dtype === "int32" ? "float64" : "float32";
    const [a, b] = [cast(call, first, dtype, to), cast(call, second, dtype, to)];
    const zero = cast(call, scalar(call, 0), "float32", to);
    const negative = (x: string) => emit.node("Less", [x, zero]);
    const rest = emit.node("Mod", [a, b], { fmod: 1 });
    const otherSign = emit.node("Mod", [emit.node("Add", [rest, b]), b], { fmod: 1 });
    const isSame = emit.node("Equal", [negative(a), negative(b)]);
    const result = emit.node("Where", [isSame, rest, otherSign]);
    if (dtype === "float32") return result;
    const isZero = emit.node("Equal", [second, scalar(call, 0, "int32")]);
    return emit.node("Where", [isZero, scalar(call, 0, "int32"), cast(call, result, to, "int32")]);
  }),
  AddN: (call) => {
    const tensors = inputList(call);
    const [first] = tensors;
    const dtype = checkDtype(call, first, "float32", "int32");
    const sum = tensors
      .map((t) => refAs(call, t, dtype))
      .reduce((a, b) => call.emit.node("Add", [a, b]));
    return call.emit.output(sum, first.shape, dtype);
  },

  /** float32 whatever it is given. */
  Exp: onFloat(({ emit }, x) => emit.node("Exp", [x])),
  // exp(x) - 1 itself loses all digits of a small x.
  Expm1: onOne(float, (call, x) => {
    const { emit } = call;
    const halfTanh = emit.node("Tanh", [emit.node("Mul", [x, scalar(call, 0.5)])]);
    return emit.node("Mul", [halfTanh, emit.node("Add", [emit.node("Exp", [x]), scalar(call, 1)])]);
  }),
  // As does log(1 + x); log1p(x) = 2 atanh(x / (2 + x)) does for a large one.
  Log1p: onOne(float, (call, x) => {
    const { emit } = call;
    const ratio = emit.node("Div", [x, emit.node("Add", [x, scalar(call, 2)])]);
    const small = emit.node("Mul", [emit.node("Atanh", [ratio]), scalar(call, 2)]);
    const large = emit.node("Log", [emit.node("Add", [x, scalar(call, 1)])]);
    const isSmall = emit.node("Less", [emit.node("Abs", [x]), scalar(call, 0.5)]);
    return emit.node("Where", [isSmall, small, large]);
  }),
  Rsqrt: onOne(float, ({ emit }, x) => emit.node("Reciprocal", [emit.node("Sqrt", [x])])),
  Square: onOne(number, ({ emit }, x) => emit.node("Mul", [x, x])),
  /** 0 of NaN. */
  Sign: onOne(number, (call, x, dtype) => {
    const { emit } = call;
    const sign = emit.node("Sign", [x]);
    if (dtype === "int32") return sign;
    return emit.node("Where", [emit.node("IsNaN", [x]), scalar(call, 0), sign]);
  }),
  Relu6: onOne(number, (call, x, dtype) =>
    call.emit.node("Clip", [x, scalar(call, 0, dtype), scalar(call, 6, dtype)]),
  ),
  ClipByValue: onOne(number, (call, x, dtype) => {
    const { clipValueMin, clipValueMax } = call.attrs as tf.ClipByValueAttrs;
    const bound = (value: number) => scalar(call, dtype === "int32" ? whole(value) : value, dtype);
    return call.emit.node("Clip", [x, bound(clipValueMin), bound(clipValueMax)]);
  }),
  LeakyRelu: onFloat(({ attrs, emit }, x) =>
    emit.node("LeakyRelu", [x], { alpha: { float: (attrs as tf.LeakyReluAttrs).alpha } }),
  ),
  /** The gradient of Elu, from its result. */
  EluGrad: (call) => {
    const { emit } = call;
    const [dy, y] = [input(call, "dy"), input(call, "y")];
    checkDtype(call, y, "float32");
    const [gradient, value] = [refAs(call, dy, "float32"), emit.ref(y)];
    const name = emit.node("Where", [
      emit.node("GreaterOrEqual", [value, scalar(call, 0)]),
      gradient,
      emit.node("Mul", [gradient, emit.node("Add", [value, scalar(call, 1)])]),
    ]);
    return emit.output(name, y.shape, "float32");
  },
  Selu: onOne(float, ({ emit }, x) =>
    emit.node("Selu", [x], {
      alpha: { float: tf.backend_util.SELU_SCALEALPHA / tf.backend_util.SELU_SCALE },
      gamma: { float: tf.backend_util.SELU_SCALE },
    }),
  ),
  Prelu: (call) => {
    const { emit } = call;
    const [x, alpha] = [input(call, "x"), input(call, "alpha")];
    const [value, slope] = [floatRef(call, "x"), refAs(call, alpha, "float32")];
    const name = emit.node("Where", [
      emit.node("Less", [value, scalar(call, 0)]),
      emit.node("Mul", [slope, value]),
      value,
    ]);
    return emit.output(name, broadcast(x, alpha), "float32");
  },
  /** 1 above 0, `alpha` elsewhere, NaN of NaN. */
  Step: onOne(number, (call, x, dtype) => {
    const { emit } = call;
    const { alpha = 0 } = call.attrs as { alpha?: number };
    const step = emit.node("Where", [
      emit.node("Greater", [x, scalar(call, 0, dtype)]),
      scalar(call, 1, dtype),
      scalar(call, alpha, dtype),
    ]);
    return dtype === "int32" ? step : emit.node("Where", [emit.node("IsNaN", [x]), x, step]);
  }),

  Cast: (call) => {
    const x = input(call, "x");
    const { dtype } = call.attrs as tf.CastAttrs;
    return call.emit.output(refAs(call, x, graphDtype(dtype, call.kernel)), x.shape, dtype);
  },
  Identity: (call) => {
    const x = input(call, "x");
    return call.emit.output(call.emit.ref(x), x.shape, x.dtype);
  },
  Select: (call) => {
    const { emit } = call;
    const [condition, t, e] = [input(call, "condition"), input(call, "t"), input(call, "e")];
    // tf.where broadcasts before it calls the kernel; what ONNX would broadcast, tfjs would not.
    for (const { shape } of [condition, e]) {
      if (shape.join() !== t.shape.join())
        throw new RangeError(
          `${call.kernel}: expected three of one shape, got [${condition.shape}], [${t.shape}] and [${e.shape}]; use tf.where`,
        );
    }
    const dtype = graphDtype(tf.upcastType(t.dtype, e.dtype), call.kernel);
    // ONNX Runtime chooses between no bools.
    const through = dtype === "bool" ? "int32" : dtype;
    const chosen = emit.node("Where", [
      refAs(call, condition, "bool"),
      refAs(call, t, through),
      refAs(call, e, through),
    ]);
    return emit.output(cast(call, chosen, through, dtype), t.shape, dtype);
  },
};
