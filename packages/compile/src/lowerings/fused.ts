import type * as tf from "@tensorflow/tfjs";
import { checkDtype, input, type KernelCall, type Lowering, scalar } from "../trace/lowering.ts";
import { convolution2d } from "./convolution.ts";
import { elementwise } from "./elementwise.ts";
import { matmulGather } from "./matmul-gather.ts";
import { shape } from "./shape.ts";

/** tfjs's names of activations -> kernels. */
const activations: Readonly<Record<string, string>> = {
  elu: "Elu",
  leakyrelu: "LeakyRelu",
  prelu: "Prelu",
  relu: "Relu",
  relu6: "Relu6",
  sigmoid: "Sigmoid",
};

const parts: Readonly<Record<string, Lowering>> = {
  ...convolution2d,
  ...elementwise,
  ...matmulGather,
  ...shape,
};

/** Another kernel's lowering of some of this one's inputs. */
function apply(
  call: KernelCall,
  kernel: string,
  inputs: Readonly<Record<string, tf.TensorInfo | undefined>>,
  attrs: object = {},
): tf.TensorInfo {
  const lower = parts[kernel];
  if (lower === undefined) throw new RangeError(`${call.kernel}: unknown activation ${kernel}`);
  const given = Object.entries(inputs).filter(([, t]) => t !== undefined);
  const result = lower({
    ...call,
    inputs: Object.fromEntries(given) as Record<string, tf.TensorInfo>,
    attrs,
  });
  return result as tf.TensorInfo;
}

/** `activation(kernel(inputs) + bias)` */
function withBiasAndActivation(kernel: string, ...names: readonly string[]): Lowering {
  return (call) => {
    const { bias, preluActivationWeights } = call.inputs;
    const { activation, leakyreluAlpha, ...attrs } = call.attrs as {
      activation?: string;
      leakyreluAlpha?: number;
      dataFormat?: string;
    };
    // With channels first, a vector is one number for each channel.
    const along = (vector: tf.TensorInfo | undefined) =>
      attrs.dataFormat === "NCHW" && vector?.shape.length === 1 && vector.shape[0] !== 1
        ? apply(call, "Reshape", { x: vector }, { shape: [vector.shape[0], 1, 1] })
        : vector;
    const inputs = Object.fromEntries(names.map((name) => [name, call.inputs[name]]));
    const product = apply(call, kernel, inputs, attrs);
    const x = bias === undefined ? product : apply(call, "Add", { a: product, b: along(bias) });
    if (activation === undefined || activation === "linear") return x;
    return apply(
      call,
      activations[activation] ?? activation,
      { x, alpha: along(preluActivationWeights) },
      { alpha: leakyreluAlpha },
    );
  };
}

/** Kernels that are several others in one, taken apart. */
export const fused: Readonly<Record<string, Lowering>> = {
  /** What tf.layers.dense calls. */
  _FusedMatMul: withBiasAndActivation("BatchMatMul", "a", "b"),
  /** What tf.layers.conv2d calls. */
  FusedConv2D: withBiasAndActivation("Conv2D", "x", "filter"),
  FusedDepthwiseConv2D: withBiasAndActivation("DepthwiseConv2dNative", "x", "filter"),

  /** `(x - mean) * scale / sqrt(variance + varianceEpsilon) + offset` */
  FusedBatchNorm: (call) => {
    const { emit } = call;
    const { scale, offset } = call.inputs;
    const { varianceEpsilon } = call.attrs as { varianceEpsilon?: number | null };
    const x = input(call, "x");
    const value = (tensor: tf.TensorInfo) => {
      checkDtype(call, tensor, "float32");
      // tfjs reads its numbers over and over; ONNX broadcasts them, which is the same for a tail of the axes.
      const inner = tensor.shape.slice(tensor.shape.findIndex((d) => d !== 1));
      const repeats = tensor.shape.every((d) => d === 1);
      if (!repeats && inner.join() !== x.shape.slice(-inner.length).join())
        throw new RangeError(
          `${call.kernel}: expected one number for each channel, or for each of x, got [${tensor.shape}] for [${x.shape}]`,
        );
      return emit.ref(tensor);
    };
    const epsilon = scalar(call, varianceEpsilon ?? 1e-3);
    const variance = emit.node("Add", [value(input(call, "variance")), epsilon]);
    const deviation = emit.node("Sqrt", [variance]);
    const centred = emit.node("Sub", [value(x), value(input(call, "mean"))]);
    const scaled = scale === undefined ? centred : emit.node("Mul", [centred, value(scale)]);
    const normal = emit.node("Div", [scaled, deviation]);
    const name = offset === undefined ? normal : emit.node("Add", [normal, value(offset)]);
    return emit.output(name, x.shape, "float32");
  },
};
