import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exact, f32, mismatch, mismatchAt, waves } from "../../test/eager.ts";
import { withGradients } from "../../test/gradients.ts";
import { trace } from "../trace/trace.ts";

type Pool = (
  x: tf.Tensor4D,
  filter: [number, number] | number,
  strides: [number, number] | number,
  pad: "same" | "valid" | number,
) => tf.Tensor;

const pools: Record<string, Pool> = {
  maxPool: (x, filter, strides, pad) => tf.maxPool(x, filter, strides, pad),
  avgPool: (x, filter, strides, pad) => tf.avgPool(x, filter, strides, pad),
};
const size = fc.integer({ min: 1, max: 3 });
const pair = fc.tuple(size, size);

describe.each(Object.keys(pools))("%s", (name) => {
  const pool = pools[name] as Pool;
  const slope = (
    filter: [number, number] | number,
    strides: [number, number] | number,
    pad: "same" | "valid" | number,
  ) => withGradients((t) => pool(t["x"] as tf.Tensor4D, filter, strides, pad), "x");

  it.skipIf(!exact)(
    "agrees with tfjs for any filter, stride and padding, where numbers come again too",
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.record({ batch: size, filter: pair, more: fc.tuple(fc.nat(4), fc.nat(4)) }),
          size,
          pair,
          fc.constantFrom<("same" | "valid" | number)[]>("same", "valid", 0, 1),
          fc.boolean(),
          async ({ batch, filter: [h, width], more }, channels, strides, pad, ties) => {
            // tfjs takes one number of padding for a square filter and one stride; a window of padding alone has no number.
            const isNumber = typeof pad === "number";
            const w = isNumber ? h : width;
            const x = waves([batch, h + more[0], w + more[1], channels]);
            if (ties) x.data.set([...x.data].map((v) => Math.round(v * 2)));
            expect(
              await mismatch(
                slope(
                  [h, w],
                  isNumber ? strides[0] : strides,
                  isNumber ? Math.min(pad, h - 1) : pad,
                ),
                { x },
                // The value is a sum of up to 441 numbers, which cancel out.
                { atol: 2e-5 },
              ),
            ).toBeUndefined();
          },
        ),
        { numRuns: 40 },
      );
    },
  );

  it.skipIf(!exact)("agrees with tfjs on NaN and infinities", async () => {
    const rows = [
      [NaN, 1, 2, 3],
      [NaN, NaN, -Infinity, 5],
      [-Infinity, -Infinity, -Infinity, Infinity],
      [-Infinity, -Infinity, 7, Infinity],
      [NaN, NaN, -5e37, -5e37],
      [NaN, NaN, -5e37, -5e37],
    ];
    const x = f32([1, 6, 4, 1], rows.flat());
    for (const stride of [1, 2])
      expect(
        await mismatch(({ x }) => ({ y: pool(x as tf.Tensor4D, 2, stride, "valid") }), { x }),
      ).toBeUndefined();
    expect(
      await mismatch(
        ({ x }) => ({
          dx: tf.grad((x) => tf.sum(pool(x as tf.Tensor4D, 2, 2, "same")))(x as tf.Tensor),
        }),
        { x },
      ),
    ).toBeUndefined();
  });

  it.skipIf(!exact)(
    "holds in one graph for batches of any size, and images of any size at stride 1",
    async () => {
      const make = (_: string, shape: readonly number[]) => waves(shape);
      expect(
        await mismatchAt(
          slope([3, 2], 2, "same"),
          { x: { dtype: "float32", shape: ["B", 5, 4, 3] } },
          [{ B: 1 }, { B: 2 }, { B: 6 }],
          make,
        ),
      ).toBeUndefined();
      expect(
        await mismatchAt(
          slope([3, 2], 1, "same"),
          { x: { dtype: "float32", shape: ["B", "H", 4, 3] } },
          [
            { B: 1, H: 1 },
            { B: 3, H: 8 },
          ],
          make,
        ),
      ).toBeUndefined();
    },
  );

  it("of an image without a batch, and of single numbers", async () => {
    expect(
      await mismatch(
        ({ x }) => ({
          image: pool(x as tf.Tensor4D, 2, 1, "valid"),
          numbers: pool(x as tf.Tensor4D, 1, 1, "valid"),
          fewer: pool(x as tf.Tensor4D, 1, 2, "same"),
        }),
        { x: f32([3, 2, 2], [NaN, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -Infinity]) },
      ),
    ).toBeUndefined();
  });

  it("says where it cannot be", () => {
    const x = { dtype: "float32", shape: [1, 4, 4, 1] } as const;
    expect(() => trace(({ x }) => ({ y: pool(x as tf.Tensor4D, 2, 2, 2) }), { x })).toThrow(
      "padding must be smaller than the filter [2, 2], got 2, 2, 2, 2",
    );
    expect(() => trace(({ x }) => ({ y: pool(x as tf.Tensor4D, 5, 2, "valid") }), { x })).toThrow(
      "a filter of [5, 5] fits nowhere into [4, 4]",
    );
    expect(() =>
      trace(({ x }) => ({ y: pool(x as tf.Tensor4D, 2, 2, "valid") }), {
        x: { dtype: "int32", shape: [1, 4, 4, 1] },
      }),
    ).toThrow(/float32.*got int32/);
  });
});
