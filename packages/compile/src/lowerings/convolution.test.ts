import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exact, f32, mismatch, mismatchAt, waves } from "../../test/eager.ts";
import { eachActivation } from "../../test/each-activation.ts";
import { withGradients } from "../../test/gradients.ts";
import { type NamedTensors, trace } from "../trace/trace.ts";

type Padding = "same" | "valid" | number | [[0, 0], [number, number], [number, number], [0, 0]];

const size = fc.integer({ min: 1, max: 3 });
const pair = fc.tuple(size, size);

/** A padding of any of tfjs's kinds, for a filter of two or more. */
const padding: fc.Arbitrary<Padding> = fc.oneof(
  fc.constantFrom<Padding[]>("same", "valid", 0, 1, 2),
  fc
    .tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2))
    .map(([top, bottom, left, right]): Padding => [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ]),
);

// Sums of up to a hundred products, in another order.
const tolerance = { rtol: 1e-5, atol: 5e-6 };

type Convolution = (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.Tensor;

const plain =
  (fn: Convolution) =>
  ({ x, filter }: NamedTensors): NamedTensors => ({
    y: fn(x as tf.Tensor4D, filter as tf.Tensor4D),
  });

const trained = (fn: Convolution) =>
  withGradients(({ x, filter }) => fn(x as tf.Tensor4D, filter as tf.Tensor4D), "x", "filter");

const inputs = (x: readonly number[], filter: readonly number[]) => ({
  x: waves(x),
  filter: waves(filter, 2),
});

const differs = (
  fn: (tensors: NamedTensors) => NamedTensors,
  given: Parameters<typeof mismatch>[1],
) => mismatch(fn, given, tolerance);

/** Height or width of an input into which the filter fits. */
function fitting(filter: number, more: number, dilation = 1): number {
  return (filter - 1) * dilation + 1 + more;
}

describe.skipIf(!exact)("conv2d", () => {
  it("agrees with tfjs for any filter, stride and padding, and so do its gradients", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ batch: size, filter: pair, more: fc.tuple(fc.nat(4), fc.nat(4)) }),
        fc.tuple(size, size),
        pair,
        padding,
        async ({ batch, filter: [h, width], more }, [inChannels, outChannels], strides, pad) => {
          // tfjs takes one number of padding for a square filter and one stride.
          const [w, stride] = typeof pad === "number" ? [h, strides[0]] : [width, strides];
          const x = [batch, fitting(h, more[0]), fitting(w, more[1]), inChannels];
          const filter = [h, w, inChannels, outChannels];
          expect(
            await differs(
              trained((x, filter) => tf.conv2d(x, filter, stride, pad)),
              inputs(x, filter),
            ),
          ).toBeUndefined();
        },
      ),
      { numRuns: 40 },
    );
  });

  it("agrees with tfjs for any dilation", async () => {
    await fc.assert(
      fc.asyncProperty(
        pair,
        pair,
        fc.constantFrom("same", "valid"),
        async (filter, dilation, pad) => {
          const [h, w] = [fitting(filter[0], 2, dilation[0]), fitting(filter[1], 1, dilation[1])];
          expect(
            await differs(
              plain((x, filter) => tf.conv2d(x, filter, 1, pad as "same", "NHWC", dilation)),
              inputs([2, h, w, 3], [...filter, 3, 2]),
            ),
          ).toBeUndefined();
        },
      ),
      { numRuns: 10 },
    );
  });

  it("rounds the output's size up or down as asked", async () => {
    for (const mode of ["floor", "round", "ceil"] as const) {
      expect(
        await differs(
          plain((x, filter) => tf.conv2d(x, filter, [2, 3], 1, "NHWC", [1, 1], mode)),
          inputs([2, 6, 7, 3], [3, 2, 3, 2]),
        ),
      ).toBeUndefined();
    }
  });

  it("takes channels first, gradients too", async () => {
    expect(
      await differs(
        trained((x, filter) => tf.conv2d(x, filter, 2, "same", "NCHW")),
        inputs([2, 3, 5, 7], [3, 2, 3, 5]),
      ),
    ).toBeUndefined();
  });

  it("keeps NaN and infinities where they are, without padding", async () => {
    const x = waves([1, 4, 4, 2]);
    x.data.set([NaN, Infinity, -Infinity], 13);
    expect(
      await differs(
        plain((x, filter) => tf.conv2d(x, filter, 1, "valid")),
        { x, filter: waves([2, 2, 2, 3], 2) },
      ),
    ).toBeUndefined();
  });

  it("holds in one graph for batches of any size, and images of any size at stride 1", async () => {
    const make = (name: string, shape: readonly number[]) => waves(shape, name.length);
    const filter = { dtype: "float32", shape: [3, 2, 2, 5] } as const;
    expect(
      await mismatchAt(
        trained((x, filter) => tf.conv2d(x, filter, 2, "same")),
        { x: { dtype: "float32", shape: ["B", 5, 4, 2] }, filter },
        [{ B: 1 }, { B: 2 }, { B: 6 }],
        make,
        tolerance,
      ),
    ).toBeUndefined();
    expect(
      await mismatchAt(
        trained((x, filter) => tf.conv2d(x, filter, 1, "same")),
        { x: { dtype: "float32", shape: ["B", "H", "W", 2] }, filter },
        [
          { B: 1, H: 1, W: 1 },
          { B: 2, H: 4, W: 1 },
          { B: 3, H: 7, W: 6 },
        ],
        make,
        tolerance,
      ),
    ).toBeUndefined();
  });

  it("says where it cannot be", () => {
    const filter = { dtype: "float32", shape: [3, 3, 2, 5] } as const;
    const of = (strides: number, pad: "valid" | "same") =>
      plain((x, filter) => tf.conv2d(x, filter, strides, pad));
    expect(() =>
      trace(of(1, "valid"), { x: { dtype: "float32", shape: [1, 2, 5, 2] }, filter }),
    ).toThrow(
      "Conv2D: a filter of [3, 3] fits nowhere into [2, 5]; pad the input, or take a smaller filter",
    );
    expect(() =>
      trace(
        plain((x, filter) => tf.conv2d(x, filter, [3, 1], 1)),
        { x: { dtype: "float32", shape: [1, 5, 5, 2] }, filter },
      ),
    ).toThrow("Conv2D: tfjs takes one number of padding for a square filter and one stride");
    expect(() =>
      trace(of(2, "valid"), { x: { dtype: "float32", shape: [1, "H", 5, 2] }, filter }),
    ).toThrow("has a size of");
  });
});

describe.skipIf(!exact)("what tfjs makes of conv2d", () => {
  it("conv1d, conv2dTranspose and separableConv2d, with their gradients", async () => {
    expect(
      await differs(
        withGradients(
          ({ x, filter }) => tf.conv1d(x as tf.Tensor3D, filter as tf.Tensor3D, 2, "same"),
          "x",
          "filter",
        ),
        inputs([2, 7, 3], [3, 3, 5]),
      ),
    ).toBeUndefined();
    expect(
      await differs(
        trained((x, filter) => tf.conv2dTranspose(x, filter, [2, 6, 7, 3], [2, 3], "same")),
        inputs([2, 3, 3, 5], [3, 2, 3, 5]),
      ),
    ).toBeUndefined();
    expect(
      await differs(
        withGradients(
          ({ x, filter, pointwise }) =>
            tf.separableConv2d(
              x as tf.Tensor4D,
              filter as tf.Tensor4D,
              pointwise as tf.Tensor4D,
              2,
              "same",
            ),
          "x",
          "filter",
          "pointwise",
        ),
        { ...inputs([2, 5, 4, 3], [3, 2, 3, 2]), pointwise: waves([1, 1, 6, 5], 3) },
      ),
    ).toBeUndefined();
  });
});

describe.skipIf(!exact)("depthwiseConv2d", () => {
  it("agrees with tfjs for any filter, stride and padding, and so do its gradients", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ batch: size, filter: pair, more: fc.tuple(fc.nat(3), fc.nat(3)) }),
        pair,
        size,
        fc.constantFrom<Padding[]>("same", "valid", 1),
        async ({ batch, filter: [h, width], more }, [channels, multiplier], stride, pad) => {
          const w = typeof pad === "number" ? h : width;
          const x = [batch, fitting(h, more[0]), fitting(w, more[1]), channels];
          expect(
            await differs(
              trained((x, filter) => tf.depthwiseConv2d(x, filter, stride, pad as "same")),
              inputs(x, [h, w, channels, multiplier]),
            ),
          ).toBeUndefined();
        },
      ),
      { numRuns: 30 },
    );
  });

  it("agrees with tfjs with dilations, and holds for batches of any size", async () => {
    expect(
      await differs(
        plain((x, filter) => tf.depthwiseConv2d(x, filter, 1, "same", "NHWC", [2, 3])),
        inputs([2, 5, 7, 3], [3, 2, 3, 2]),
      ),
    ).toBeUndefined();
    expect(
      await mismatchAt(
        trained((x, filter) => tf.depthwiseConv2d(x, filter, 2, "same")),
        {
          x: { dtype: "float32", shape: ["B", 5, 4, 3] },
          filter: { dtype: "float32", shape: [3, 3, 3, 2] },
        },
        [{ B: 1 }, { B: 2 }, { B: 5 }],
        (name, shape) => waves(shape, name.charCodeAt(0)),
        tolerance,
      ),
    ).toBeUndefined();
  });
});

describe("fused.conv2d and fused.depthwiseConv2d", () => {
  it("add the bias and apply each activation that tfjs knows", async () => {
    for (const conv of ["conv2d", "depthwiseConv2d"] as const) {
      const channels = conv === "conv2d" ? 2 : 6;
      expect(
        await differs(
          eachActivation((activation, { x, filter, bias }) =>
            tf.fused[conv]({
              x: x as tf.Tensor4D,
              filter: filter as tf.Tensor4D,
              strides: 2,
              pad: "same",
              bias: bias as tf.Tensor,
              ...activation,
            }),
          ),
          {
            ...inputs([2, 5, 4, 3], [3, 2, 3, 2]),
            bias: waves([channels], 3),
            alpha: waves([channels], 4),
          },
        ),
      ).toBeUndefined();
    }
  });

  it("take one number a channel with channels first", async () => {
    expect(
      await differs(
        ({ x, filter, bias, alpha }) => ({
          y: tf.fused.conv2d({
            x: x as tf.Tensor4D,
            filter: filter as tf.Tensor4D,
            strides: 1,
            pad: "valid",
            dataFormat: "NCHW",
            bias: bias as tf.Tensor,
            activation: "prelu",
            preluActivationWeights: alpha as tf.Tensor,
          }),
        }),
        { ...inputs([2, 3, 5, 4], [3, 2, 3, 2]), bias: waves([2], 3), alpha: waves([2], 4) },
      ),
    ).toBeUndefined();
  });

  it("have gradients, of the bias too", async () => {
    expect(
      await differs(
        withGradients(
          ({ x, filter, bias }) =>
            tf.fused.conv2d({
              x: x as tf.Tensor4D,
              filter: filter as tf.Tensor4D,
              strides: 1,
              pad: "same",
              bias: bias as tf.Tensor,
              activation: "relu",
            }),
          "x",
          "filter",
          "bias",
        ),
        { ...inputs([2, 5, 4, 3], [3, 2, 3, 2]), bias: waves([2], 3) },
      ),
    ).toBeUndefined();
  });
});

describe("batchNorm", () => {
  it("agrees with tfjs with and without scale and offset, gradients too", async () => {
    const about = { mean: waves([5], 2), variance: f32([5], [0.1, 0.5, 1, 2, 3]) };
    const learnt = { scale: waves([5], 4), offset: waves([5], 5) };
    expect(
      await mismatch(
        withGradients(
          ({ x, mean, variance, scale, offset }) =>
            tf.batchNorm(
              x as tf.Tensor4D,
              mean as tf.Tensor1D,
              variance as tf.Tensor1D,
              offset as tf.Tensor1D,
              scale as tf.Tensor1D,
              0.01,
            ),
          "x",
          "mean",
          "variance",
          "scale",
          "offset",
        ),
        { x: waves([2, 3, 2, 5]), ...about, ...learnt },
        { rtol: 1e-5, atol: 1e-5 },
      ),
    ).toBeUndefined();
    expect(
      await mismatch(
        ({ x, mean, variance, scale }) => ({
          plain: tf.batchNorm2d(x as tf.Tensor2D, mean as tf.Tensor1D, variance as tf.Tensor1D),
          scaled: tf.batchNorm2d(
            x as tf.Tensor2D,
            mean as tf.Tensor1D,
            variance as tf.Tensor1D,
            undefined,
            scale as tf.Tensor1D,
          ),
        }),
        { x: waves([3, 5]), ...about, scale: learnt.scale },
      ),
    ).toBeUndefined();
  });

  it("takes a number for each of x, and none for each row", async () => {
    const x = waves([2, 3, 2, 5]);
    expect(
      await mismatch(
        ({ x, mean, variance }) => ({
          y: tf.batchNorm(x as tf.Tensor4D, mean as tf.Tensor4D, variance as tf.Tensor4D),
        }),
        {
          x,
          mean: waves(x.shape, 2),
          variance: f32(
            x.shape,
            [...waves(x.shape, 3).data].map((v) => v * v),
          ),
        },
        { rtol: 1e-5, atol: 1e-5 },
      ),
    ).toBeUndefined();
    const rows = { dtype: "float32", shape: [2, 1, 1, 1] } as const;
    expect(() =>
      trace(
        ({ x, mean, variance }) => ({
          y: tf.batchNorm(x as tf.Tensor4D, mean as tf.Tensor4D, variance as tf.Tensor4D),
        }),
        { x: { dtype: "float32", shape: [2, 3, 2, 5] }, mean: rows, variance: rows },
      ),
    ).toThrow("FusedBatchNorm: expected one number for each channel, or for each of x, got");
  });
});
