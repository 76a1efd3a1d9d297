import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bool, exact, f32, type HostTensor, i32, mismatch, waves } from "../../test/eager.ts";
import { trace } from "../trace/trace.ts";
import { elementCount } from "../graph/graph.ts";

type Reduction = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor;

const onNumbers: Record<string, Reduction> = {
  max: tf.max,
  mean: tf.mean,
  min: tf.min,
  prod: tf.prod,
  sum: tf.sum,
  logSumExp: tf.logSumExp,
};

/** A shape of rank 1 to 4 and some of its axes, counted from either end. */
const shapeAndAxes = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
  .chain((shape) =>
    fc.tuple(
      fc.constant(shape),
      fc
        .subarray(
          shape.map((_, i) => i),
          { minLength: 1 },
        )
        .chain((axes) =>
          fc.tuple(...axes.map((axis) => fc.constantFrom(axis, axis - shape.length))),
        ),
      fc.boolean(),
    ),
  );

/** Numbers of which there are only five, so that the largest stands several times. */
function repeating(shape: readonly number[]): HostTensor {
  return f32(
    shape,
    [...waves(shape).data].map((v) => Math.round(v * 2)),
  );
}

describe("reductions", () => {
  it("agree with tfjs over any axes of any shape, of float32, int32 and bool", async () => {
    await fc.assert(
      fc.asyncProperty(shapeAndAxes, async ([shape, axes, keepDims]) => {
        const x = waves(shape, elementCount(shape));
        const whole = i32(
          shape,
          [...x.data].map((v) => Math.round(v * 3)),
        );
        const flags = bool(
          shape,
          [...x.data].map((v) => Number(v > -0.5)),
        );
        expect(
          await mismatch(
            ({ x, whole, flags }) => {
              const named = (
                prefix: string,
                t: tf.Tensor | undefined,
                table: Record<string, Reduction>,
              ) =>
                Object.entries(table).map(([name, fn]) => [
                  `${prefix} ${name}`,
                  fn(t as tf.Tensor, axes, keepDims),
                ]);
              const { logSumExp: _, ...onWhole } = onNumbers;
              return Object.fromEntries([
                ...named("float", x, onNumbers),
                ...named("whole", whole, onWhole),
                ...named("flags", flags, {
                  all: tf.all,
                  any: tf.any,
                  sum: tf.sum,
                  max: tf.max,
                  min: tf.min,
                  mean: tf.mean,
                }),
              ]);
            },
            { x, whole, flags },
          ),
        ).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });

  it("fold all axes by default, and none of a scalar or for an empty list", async () => {
    expect(
      await mismatch(
        ({ x, s, b }) => ({
          ...Object.fromEntries(
            Object.entries(onNumbers).flatMap(([name, fn]) => [
              [`${name} all`, fn(x as tf.Tensor)],
              [`${name} scalar`, fn(s as tf.Tensor)],
            ]),
          ),
          "sum none": tf.sum(x as tf.Tensor, []),
          "all none": tf.all(b as tf.Tensor, []),
          "any of all": tf.any(b as tf.Tensor),
          "all of a scalar": tf.all(tf.greater(s as tf.Tensor, 0)),
        }),
        { x: waves([2, 3, 5]), s: f32([], [-1.5]), b: bool([2, 2], [1, 0, 0, 0]) },
      ),
    ).toBeUndefined();
  });

  it.skipIf(!exact)("see NaN at any position, and infinities", async () => {
    const rows = [
      [NaN, 1, 2],
      [1, NaN, 2],
      [1, 2, NaN],
      [NaN, NaN, NaN],
      [Infinity, 1, 2],
      [-Infinity, 1, 2],
      [Infinity, -Infinity, 1],
    ];
    expect(
      await mismatch(
        ({ x }) =>
          Object.fromEntries(
            [0, 1].flatMap((axis) =>
              Object.entries({
                max: tf.max,
                min: tf.min,
                sum: tf.sum,
                mean: tf.mean,
                prod: tf.prod,
              }).map(([name, fn]) => [`${name} ${axis}`, fn(x as tf.Tensor, axis)]),
            ),
          ),
        { x: f32([7, 3], rows.flat()) },
      ),
    ).toBeUndefined();
  });

  it.skipIf(!exact)("sum and mean nothing as tfjs does", async () => {
    expect(
      await mismatch(
        ({ x }) => ({ sum: tf.sum(x as tf.Tensor, 0), prod: tf.prod(x as tf.Tensor, 0) }),
        {
          x: f32([0, 3], []),
        },
      ),
    ).toBeUndefined();
  });

  it("argMax and argMin give the first of several", async () => {
    await fc.assert(
      fc.asyncProperty(shapeAndAxes, async ([shape, [axis]]) => {
        const x = repeating(shape);
        expect(
          await mismatch(
            ({ x }) => ({
              most: tf.argMax(x as tf.Tensor, axis),
              least: tf.argMin(x as tf.Tensor, axis),
              whole: tf.argMax(tf.cast(x as tf.Tensor, "int32"), axis),
            }),
            { x },
          ),
        ).toBeUndefined();
      }),
      { numRuns: 15 },
    );
  });

  it("topk gives the largest first, and the first of several", async () => {
    await fc.assert(
      fc.asyncProperty(shapeAndAxes, fc.nat(), async ([shape], many) => {
        const k = (many % (shape.at(-1) ?? 1)) + 1;
        const x = repeating(shape);
        expect(
          await mismatch(
            ({ x }) => ({
              ...tf.topk(x as tf.Tensor, k),
              ...Object.fromEntries(
                Object.entries(tf.topk(tf.cast(x as tf.Tensor, "int32"), k)).map(([name, t]) => [
                  `whole ${name}`,
                  t,
                ]),
              ),
            }),
            { x },
          ),
        ).toBeUndefined();
      }),
      { numRuns: 15 },
    );
  });

  it("refuse bools where tfjs multiplies or adds them up by chance", () => {
    expect(() =>
      trace(({ x }) => ({ y: tf.engine().runKernel("All", { x }, { axis: 0 }) as tf.Tensor }), {
        x: { dtype: "float32", shape: [3] },
      }),
    ).toThrow("All: expected bool, got float32");
  });
});

describe("cumulative sums and softmax", () => {
  it("agree with tfjs along any axis, either way, exclusive or not", async () => {
    await fc.assert(
      fc.asyncProperty(
        shapeAndAxes,
        fc.boolean(),
        async ([shape, [axis = 0], exclusive], reverse) => {
          // tfjs takes an axis from the end here for the wrong one.
          const at = axis < 0 ? axis + shape.length : axis;
          expect(
            await mismatch(
              ({ x }) => ({
                cumsum: tf.cumsum(x as tf.Tensor, at, exclusive, reverse),
                whole: tf.cumsum(
                  tf.cast(tf.mul(x as tf.Tensor, 5), "int32"),
                  at,
                  exclusive,
                  reverse,
                ),
                softmax: tf.softmax(x as tf.Tensor),
                logSoftmax: tf.logSoftmax(x as tf.Tensor),
              }),
              { x: waves(shape, 3) },
            ),
          ).toBeUndefined();
        },
      ),
      { numRuns: 20 },
    );
  });

  it("softmax of large numbers neither overflows nor loses its sum", async () => {
    expect(
      await mismatch(
        ({ x }) => ({
          softmax: tf.softmax(x as tf.Tensor),
          logSoftmax: tf.logSoftmax(x as tf.Tensor),
        }),
        { x: f32([3, 3], [1e9, 0, -1e9, 88, 89, 90, -1e30, -1e30, -1e30]) },
      ),
    ).toBeUndefined();
  });
});
