import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { mismatchAt, waves } from "../../test/eager.ts";

describe("a model of tf.layers", () => {
  const specs = { x: { dtype: "float32", shape: ["B", 8, 8, 3] } } as const;
  const make = (_: string, shape: readonly number[]) => waves(shape);
  const fixed = (seed: number) => tf.initializers.randomNormal({ seed, stddev: 0.3 });

  it("runs as tfjs runs it: convolutions, pooling, recurrent layers", async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 3, activation: "relu" }),
        tf.layers.batchNormalization(),
        tf.layers.maxPooling2d({ poolSize: 2 }),
        tf.layers.separableConv2d({ filters: 5, kernelSize: 2, padding: "same" }),
        tf.layers.averagePooling2d({ poolSize: 2, strides: 1, padding: "same" }),
        tf.layers.reshape({ targetShape: [9, 5] }),
        tf.layers.conv1d({ filters: 6, kernelSize: 3, kernelInitializer: fixed(1) }),
        tf.layers.lstm({ units: 6, returnSequences: true, kernelInitializer: fixed(2) }),
        tf.layers.gru({ units: 5, returnSequences: true, kernelInitializer: fixed(3) }),
        tf.layers.simpleRNN({ units: 4, kernelInitializer: fixed(4) }),
        tf.layers.layerNormalization(),
        tf.layers.dense({ units: 2, activation: "softmax", kernelInitializer: fixed(5) }),
      ],
    });
    const sizes = [{ B: 1 }, { B: 4 }];
    expect(
      await mismatchAt(
        ({ x }) => ({ y: model.apply(x as tf.Tensor) as tf.Tensor }),
        specs,
        sizes,
        make,
      ),
    ).toBeUndefined();
    model.dispose();
  });
});
