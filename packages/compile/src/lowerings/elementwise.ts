import type * as tf from "@tensorflow/tfjs";
import { broadcast, input, type KernelCall, type Lowering, onnxTypeOf } from "../lowering.ts";

/** tfjs unary kernel -> the ONNX operator that computes just that. */
const unary: Readonly<Record<string, string>> = {
  Abs: "Abs",
  Acos: "Acos",
  Acosh: "Acosh",
  Asin: "Asin",
  Asinh: "Asinh",
  Atan: "Atan",
  Atanh: "Atanh",
  Ceil: "Ceil",
  Cos: "Cos",
  Cosh: "Cosh",
  Elu: "Elu",
  Erf: "Erf",
  Exp: "Exp",
  Floor: "Floor",
  Log: "Log",
  LogicalNot: "Not",
  Neg: "Neg",
  Reciprocal: "Reciprocal",
  Relu: "Relu",
  Round: "Round",
  Sigmoid: "Sigmoid",
  Sign: "Sign",
  Sin: "Sin",
  Sinh: "Sinh",
  Softplus: "Softplus",
  Sqrt: "Sqrt",
  Tan: "Tan",
  Tanh: "Tanh",
};

const binary: Readonly<Record<string, string>> = {
  Add: "Add",
  Maximum: "Max",
  Minimum: "Min",
  Multiply: "Mul",
  Pow: "Pow",
  RealDiv: "Div",
  Sub: "Sub",
};

const comparison: Readonly<Record<string, string>> = {
  Equal: "Equal",
  Greater: "Greater",
  GreaterEqual: "GreaterOrEqual",
  Less: "Less",
  LessEqual: "LessOrEqual",
  LogicalAnd: "And",
  LogicalOr: "Or",
};

function unaryLowering(op: string): Lowering {
  return (call) => {
    const x = input(call, "x");
    return call.emit.output(call.emit.node(op, [call.emit.ref(x)]), x.shape, x.dtype);
  };
}

function binaryLowering(op: string, dtype?: tf.DataType): Lowering {
  return (call) => {
    const { a, b, name } = operands(call, op);
    return call.emit.output(name, broadcast(a, b), dtype ?? a.dtype);
  };
}

function operands(call: KernelCall, op: string) {
  const a = input(call, "a");
  const b = input(call, "b");
  return { a, b, name: call.emit.node(op, [call.emit.ref(a), call.emit.ref(b)]) };
}

/** A lowering in terms of the value's name, of the input's shape and dtype. */
function composed(build: (call: KernelCall, x: string) => string): Lowering {
  return (call) => {
    const x = input(call, "x");
    return call.emit.output(build(call, call.emit.ref(x)), x.shape, x.dtype);
  };
}

function one({ emit }: KernelCall): string {
  return emit.constant([1], [], "float32");
}

export const elementwise: Readonly<Record<string, Lowering>> = {
  ...Object.fromEntries(Object.entries(unary).map(([kernel, op]) => [kernel, unaryLowering(op)])),
  ...Object.fromEntries(Object.entries(binary).map(([kernel, op]) => [kernel, binaryLowering(op)])),
  ...Object.fromEntries(
    Object.entries(comparison).map(([kernel, op]) => [kernel, binaryLowering(op, "bool")]),
  ),

  NotEqual: (call) => {
    const { a, b, name } = operands(call, "Equal");
    return call.emit.output(call.emit.node("Not", [name]), broadcast(a, b), "bool");
  },
  SquaredDifference: (call) => {
    const { a, b, name } = operands(call, "Sub");
    return call.emit.output(call.emit.node("Mul", [name, name]), broadcast(a, b), a.dtype);
  },
  FloorDiv: (call) => {
    // ONNX divides whole numbers towards zero; tfjs rounds down.
    const { emit } = call;
    const a = input(call, "a");
    const b = input(call, "b");
    const float = (t: tf.TensorInfo) => emit.node("Cast", [emit.ref(t)], { to: 1 });
    const floor = emit.node("Floor", [emit.node("Div", [float(a), float(b)])]);
    return emit.output(
      emit.node("Cast", [floor], { to: onnxTypeOf(a.dtype) }),
      broadcast(a, b),
      a.dtype,
    );
  },
  AddN: ({ inputs, emit }) => {
    const tensors = Object.values(inputs);
    const [first] = tensors;
    if (first === undefined) throw new RangeError("AddN: expected one tensor or more, got none");
    const sum = tensors.map((t) => emit.ref(t)).reduce((a, b) => emit.node("Add", [a, b]));
    return emit.output(sum, first.shape, first.dtype);
  },

  Expm1: composed((call, x) => call.emit.node("Sub", [call.emit.node("Exp", [x]), one(call)])),
  Log1p: composed((call, x) => call.emit.node("Log", [call.emit.node("Add", [x, one(call)])])),
  Rsqrt: composed(({ emit }, x) => emit.node("Reciprocal", [emit.node("Sqrt", [x])])),
  Square: composed(({ emit }, x) => emit.node("Mul", [x, x])),
  Relu6: composed(({ emit }, x) =>
    emit.node("Clip", [x, emit.constant([0], [], "float32"), emit.constant([6], [], "float32")]),
  ),
  ClipByValue: composed(({ emit, attrs }, x) => {
    const { clipValueMin, clipValueMax } = attrs as { clipValueMin: number; clipValueMax: number };
    return emit.node("Clip", [
      x,
      emit.constant([clipValueMin], [], "float32"),
      emit.constant([clipValueMax], [], "float32"),
    ]);
  }),
  LeakyRelu: composed(({ emit, attrs }, x) =>
    emit.node("LeakyRelu", [x], { alpha: { float: (attrs as { alpha: number }).alpha } }),
  ),
  Step: composed(({ emit, attrs }, x) => {
    const zero = emit.constant([0], [], "float32");
    const alpha = emit.constant([(attrs as { alpha?: number }).alpha ?? 0], [], "float32");
    return emit.node("Where", [
      emit.node("Greater", [x, zero]),
      emit.constant([1], [], "float32"),
      alpha,
    ]);
  }),

  Cast: (call) => {
    const x = input(call, "x");
    const { dtype } = call.attrs as { dtype: tf.DataType };
    const name = call.emit.ref(x);
    return call.emit.output(
      dtype === x.dtype ? name : call.emit.node("Cast", [name], { to: onnxTypeOf(dtype) }),
      x.shape,
      dtype,
    );
  },
  Identity: (call) => {
    const x = input(call, "x");
    return call.emit.output(call.emit.ref(x), x.shape, x.dtype);
  },
  Select: (call) => {
    const { emit } = call;
    const condition = input(call, "condition");
    const t = input(call, "t");
    let name = emit.ref(condition);
    if (condition.shape.length === 1 && t.shape.length > 1) {
      name = emit.node("Reshape", [
        name,
        emit.shape([...condition.shape, ...t.shape.slice(1).map(() => 1)]),
      ]);
    }
    return emit.output(
      emit.node("Where", [name, emit.ref(t), emit.ref(input(call, "e"))]),
      t.shape,
      t.dtype,
    );
  },
};
