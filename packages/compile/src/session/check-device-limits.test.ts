import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { checkDeviceLimits } from "./check-device-limits.ts";
import { type NamedTensors, type TensorSpecs, trace } from "../trace/trace.ts";

const image: TensorSpecs = { x: { dtype: "float32", shape: [1, 4, 4, 1] } };
const matrix: TensorSpecs = { x: { dtype: "float32", shape: [3, 4] } };
const nothing: TensorSpecs = { x: { dtype: "float32", shape: [0, 4] } };
const x = (t: NamedTensors) => t["x"] as tf.Tensor;

describe("checkDeviceLimits", () => {
  it.each<[string, (t: NamedTensors) => NamedTensors, TensorSpecs, RegExp]>([
    [
      "the gradient of a maximum pool",
      (t) => ({ y: tf.grad((a: tf.Tensor) => tf.maxPool(a as tf.Tensor4D, 2, 2, "valid"))(x(t)) }),
      image,
      /no correct kernel for the places of a pool's maxima \(MaxPoolGrad\); use other operations, or the device "cpu"/,
    ],
    [
      "the gradient of a convolution",
      (t) => ({
        y: tf.grad((a: tf.Tensor) =>
          tf.conv2d(a as tf.Tensor4D, tf.ones([3, 3, 1, 1]) as tf.Tensor4D, 1, "valid"),
        )(x(t)),
      }),
      image,
      /no correct kernel for the gradient of a convolution \(Conv2DBackpropInput\)/,
    ],
    [
      "a convolution padded to one side",
      (t) => ({
        y: tf.conv2d(x(t) as tf.Tensor4D, tf.ones([2, 2, 1, 1]) as tf.Tensor4D, 1, "same"),
      }),
      image,
      /no correct kernel for a convolution that pads one side more than the other \(Conv2D\)/,
    ],
    [
      "a slice that runs backwards",
      (t) => ({ y: tf.stridedSlice(x(t), [0, 2], [3, 0], [1, -1]) }),
      matrix,
      /no correct kernel for a slice that runs backwards/,
    ],
    [
      "an input without numbers",
      (t) => ({ y: tf.neg(x(t)) }),
      nothing,
      /of size 0, such as that of x;/,
    ],
    [
      "a tensor without numbers on the way",
      (t) => ({ y: tf.sum(tf.reshape(tf.slice(x(t), [0, 0], [0, 4]), [0])) }),
      matrix,
      /of size 0, such as that of \w+;/,
    ],
  ])("refuses %s on webgpu alone", (_, fn, specs, message) => {
    const graph = trace(fn, specs);
    expect(() => checkDeviceLimits(graph, "webgpu")).toThrow(message);
    expect(() => checkDeviceLimits(graph, "cpu")).not.toThrow();
    expect(() => checkDeviceLimits(graph, "cuda")).not.toThrow();
  });

  it("lets pass what turns a whole axis about", () => {
    const graph = trace(
      (t) => ({
        y: tf.reverse(x(t), 1),
        z: tf.mirrorPad(
          x(t),
          [
            [1, 1],
            [0, 2],
          ],
          "reflect",
        ),
      }),
      matrix,
    );
    expect(() => checkDeviceLimits(graph, "webgpu")).not.toThrow();
  });
});
