import type * as tf from "@tensorflow/tfjs";
import type { Lowering } from "../lowering.ts";
import { elementwise } from "./elementwise.ts";
import { matmulGather } from "./matmul-gather.ts";

/** tfjs's names of activations -> kernels. */
const activations: Readonly<Record<string, string>> = {
  elu: "Elu",
  leakyrelu: "LeakyRelu",
  prelu: "Prelu",
  relu: "Relu",
  relu6: "Relu6",
  sigmoid: "Sigmoid",
};

/** Kernels that are several others in one, taken apart. */
export const fused: Readonly<Record<string, Lowering>> = {
  /** `activation(a b + bias)`: what tf.layers.dense calls. */
  _FusedMatMul: (call) => {
    const { a, b, bias, preluActivationWeights } = call.inputs;
    const { activation, leakyreluAlpha, ...attrs } = call.attrs as {
      activation?: string;
      leakyreluAlpha?: number;
    };
    const apply = (
      kernel: string,
      inputs: Record<string, tf.TensorInfo | undefined>,
      more = {},
    ) => {
      const lower = elementwise[kernel] ?? matmulGather[kernel];
      if (lower === undefined)
        throw new RangeError(`${call.kernel}: unknown activation ${activation}`);
      const given = Object.entries(inputs).filter(([, t]) => t !== undefined);
      const result = lower({
        ...call,
        inputs: Object.fromEntries(given) as Record<string, tf.TensorInfo>,
        attrs: more,
      });
      return result as tf.TensorInfo;
    };
    const product = apply("BatchMatMul", { a, b }, attrs);
    const x = bias === undefined ? product : apply("Add", { a: product, b: bias });
    if (activation === undefined || activation === "linear") return x;
    return apply(
      activations[activation] ?? activation,
      { x, alpha: preluActivationWeights },
      { alpha: leakyreluAlpha },
    );
  },
};
