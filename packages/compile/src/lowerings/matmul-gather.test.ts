import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exact, f32, i32, mismatch, open, waves } from "../../test/eager.ts";
import { eachActivation } from "../../test/each-activation.ts";
import { compile } from "../session.ts";
import { trace } from "../trace/trace.ts";
import { elementCount } from "../graph/graph.ts";

const size = fc.integer({ min: 1, max: 5 });

function numbers(count: number, make: (i: number) => number): number[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

describe("matMul", () => {
  it("agrees with tfjs for any sizes, ranks and transpositions, of float32 and int32", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(size, size, size),
        fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
        fc.constantFrom("both", "a", "b"),
        fc.boolean(),
        fc.boolean(),
        async ([m, k, n], batch, batched, transposeA, transposeB) => {
          const aBatch = batched === "b" ? batch.map(() => 1) : batch;
          const bBatch = batched === "a" ? batch.map(() => 1) : batch;
          const a = waves([...aBatch, ...(transposeA ? [k, m] : [m, k])], 1);
          const b = waves([...bBatch, ...(transposeB ? [n, k] : [k, n])], 2);
          const whole = ({ shape, data }: typeof a) =>
            i32(
              shape,
              [...data].map((x) => Math.round(x * 9)),
            );
          expect(
            await mismatch(
              ({ a, b, i, j }) => ({
                float: tf.matMul(a as tf.Tensor, b as tf.Tensor, transposeA, transposeB),
                whole: tf.matMul(i as tf.Tensor, j as tf.Tensor, transposeA, transposeB),
              }),
              { a, b, i: whole(a), j: whole(b) },
            ),
          ).toBeUndefined();
        },
      ),
      { numRuns: 25 },
    );
  });

  it("of vectors, by tf.dot", async () => {
    expect(
      await mismatch(
        ({ m, v }) => ({
          vector: tf.dot(m as tf.Tensor, v as tf.Tensor),
          scalar: tf.dot(v as tf.Tensor, v as tf.Tensor),
          outer: tf.outerProduct(v as tf.Tensor1D, v as tf.Tensor1D),
        }),
        { m: waves([2, 3]), v: waves([3], 2) },
      ),
    ).toBeUndefined();
  });

  it("names itself where sizes do not match", () => {
    expect(() =>
      trace(({ a }) => ({ y: tf.matMul(a, a) }), { a: { dtype: "float32", shape: [2, 3] } }),
    ).toThrow("BatchMatMul: expected matrices whose inner sizes match, got [2,3] and [2,3]");
  });
});

describe("fused.matMul", () => {
  it("adds the bias and applies each activation that tfjs knows", async () => {
    expect(
      await mismatch(
        eachActivation((activation, { a, b, bias }) =>
          tf.fused.matMul({
            a: a as tf.Tensor2D,
            b: b as tf.Tensor2D,
            transposeB: true,
            bias: bias as tf.Tensor,
            ...activation,
          }),
        ),
        { a: waves([2, 3]), b: waves([5, 3], 2), bias: waves([5], 3), alpha: waves([5], 4) },
      ),
    ).toBeUndefined();
  });
});

describe("gather", () => {
  it("agrees with tfjs along any axis, by indices of any shape", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(size, { minLength: 1, maxLength: 3 }),
        fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
        fc.nat(),
        async (shape, indexShape, at) => {
          const axis = (at % (2 * shape.length)) - shape.length;
          const along = shape.at(axis) ?? 1;
          const count = elementCount(indexShape);
          expect(
            await mismatch(
              ({ x, indices }) => ({
                float: tf.gather(x as tf.Tensor, indices as tf.Tensor1D, axis),
                flags: tf.gather(tf.greater(x as tf.Tensor, 0), indices as tf.Tensor1D, axis),
              }),
              {
                x: waves(shape),
                indices: i32(
                  indexShape,
                  numbers(count, (i) => (i * 7 + at) % along),
                ),
              },
            ),
          ).toBeUndefined();
        },
      ),
      { numRuns: 25 },
    );
  });

  it.skipIf(!exact).each([-1, 3])(
    "of index %i fails, as in tfjs, and names the kernel",
    async (index) => {
      const session = await open(
        trace(({ x, i }) => ({ y: tf.gather(x, i as tf.Tensor1D) }), {
          x: { dtype: "float32", shape: [3] },
          i: { dtype: "int32", shape: ["N"] },
        }),
      );
      const x = f32([3], [1, 2, 3]);
      expect([...((await session.run({ x, i: i32([2], [2, 0]) }))["y"]?.data ?? [])]).toEqual([
        3, 1,
      ]);
      await expect(session.run({ x, i: i32([1], [index]) })).rejects.toThrow(
        /Gather.*out of data bounds/s,
      );
      await session.close();
    },
  );

  it("refuses batch dimensions", () => {
    expect(() =>
      trace(({ x, i }) => ({ y: tf.gather(x, i as tf.Tensor1D, 1, 1) }), {
        x: { dtype: "float32", shape: [2, 3] },
        i: { dtype: "int32", shape: [2, 2] },
      }),
    ).toThrow("GatherV2: batchDims must be 0, got 1");
  });
});

describe("gatherND and scatterND", () => {
  it("agree with tfjs for indices into any number of axes, and add up where one comes again", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(size, { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 }),
        fc.nat(),
        async (shape, many, seed) => {
          const depth = (seed % shape.length) + 1;
          const count = elementCount(many);
          const indices = i32(
            [...many, depth],
            numbers(count * depth, (i) => (i * 7 + seed) % (shape[i % depth] ?? 1)),
          );
          expect(
            await mismatch(
              ({ x, indices, updates }) => ({
                gathered: tf.gatherND(x as tf.Tensor, indices as tf.Tensor),
                flags: tf.gatherND(tf.greater(x as tf.Tensor, 0), indices as tf.Tensor),
                scattered: tf.scatterND(indices as tf.Tensor, updates as tf.Tensor, shape),
                whole: tf.scatterND(
                  indices as tf.Tensor,
                  tf.cast(tf.mul(updates as tf.Tensor, 9), "int32"),
                  shape,
                ),
              }),
              { x: waves(shape), indices, updates: waves([...many, ...shape.slice(depth)], 2) },
            ),
          ).toBeUndefined();
        },
      ),
      { numRuns: 25 },
    );
  });

  it.skipIf(!exact).each([-1, 3])("of index %i fail, as in tfjs", async (index) => {
    for (const fn of [
      ({ i }: Record<string, tf.Tensor>) => ({ y: tf.gatherND(tf.range(0, 3), i as tf.Tensor) }),
      ({ i }: Record<string, tf.Tensor>) => ({
        y: tf.scatterND(i as tf.Tensor, tf.ones([1]), [3]),
      }),
    ]) {
      const session = await open(trace(fn, { i: { dtype: "int32", shape: [1, 1] } }));
      await expect(session.run({ i: i32([1, 1], [index]) })).rejects.toThrow(
        /nvalid ind|out of data bounds/,
      );
      await session.close();
    }
  });
});

describe("einsum", () => {
  it("agrees with tfjs for products, sums, transpositions and batches", async () => {
    expect(
      await mismatch(
        ({ a, b, c }) => ({
          product: tf.einsum("ij, jk -> ik", a as tf.Tensor, b as tf.Tensor),
          turned: tf.einsum("ij->ji", a as tf.Tensor),
          sum: tf.einsum("ij->", a as tf.Tensor),
          rows: tf.einsum("ij->i", a as tf.Tensor),
          outer: tf.einsum("ij,kl->ikjl", a as tf.Tensor, b as tf.Tensor),
          attention: tf.einsum("bqhd,bkhd->bhqk", c as tf.Tensor, tf.square(c as tf.Tensor)),
        }),
        { a: waves([2, 3]), b: waves([3, 5], 2), c: waves([2, 3, 5, 2], 3) },
      ),
    ).toBeUndefined();
  });
});

describe("oneHot", () => {
  it("gives a row of the off value for an index that is no class", async () => {
    expect(
      await mismatch(
        ({ i, m }) => ({
          plain: tf.oneHot(i as tf.Tensor, 3),
          float: tf.oneHot(i as tf.Tensor, 3, 2.5, -1, "float32"),
          flags: tf.oneHot(i as tf.Tensor, 3, 1, 0, "bool"),
          matrix: tf.oneHot(m as tf.Tensor, 4),
          scalar: tf.oneHot(tf.scalar(1, "int32"), 2),
        }),
        { i: i32([6], [0, 2, 3, -1, 1, -3]), m: i32([2, 3], [0, 1, 2, 3, 4, -1]) },
      ),
    ).toBeUndefined();
  });
});

describe("unsortedSegmentSum", () => {
  it("adds rows of one id up and leaves out ids that are no segment", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -2, max: 6 }), { minLength: 1, maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
        async (ids, width) => {
          expect(
            await mismatch(
              ({ x, ids }) => ({ y: tf.unsortedSegmentSum(x as tf.Tensor, ids as tf.Tensor1D, 5) }),
              { x: waves([ids.length, ...width]), ids: i32([ids.length], ids) },
            ),
          ).toBeUndefined();
        },
      ),
      { numRuns: 20 },
    );
  });

  it("loses no row on several threads, however often an id comes again", async () => {
    const [rows, segments, width] = [4099, 53, 389];
    const sum = await compile(
      ({ x, ids }) => ({
        segments: tf.unsortedSegmentSum(x, ids as tf.Tensor1D, segments),
        scattered: tf.scatterND(tf.reshape(ids, [rows, 1]), x, [segments, width]),
      }),
      { x: { dtype: "float32", shape: [rows, width] }, ids: { dtype: "int32", shape: [rows] } },
      { threads: 2 },
    );
    // Whole numbers, so that every sum is exact in any order.
    const x = Float32Array.from({ length: rows * width }, (_, i) => i % 5);
    const ids = Int32Array.from({ length: rows }, (_, i) => (7 * i) % segments);
    const expected = new Float32Array(segments * width);
    for (let i = 0; i < x.length; i++) {
      const at = (ids[Math.floor(i / width)] ?? 0) * width + (i % width);
      expected[at] = (expected[at] ?? 0) + (x[i] ?? 0);
    }
    for (let run = 0; run < 10; run++) {
      for (const sums of Object.values(await sum.run({ x, ids })))
        expect(sums.every((value, i) => value === expected[i])).toBe(true);
    }
    await sum.dispose();
  });

  it("of int32 stays int32, as on tfjs's other backends", async () => {
    const session = await open(
      trace(({ x, ids }) => ({ y: tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 3) }), {
        x: { dtype: "int32", shape: [4] },
        ids: { dtype: "int32", shape: [4] },
      }),
    );
    const { y } = await session.run({ x: i32([4], [1, 2, 3, 4]), ids: i32([4], [2, 0, 2, -1]) });
    expect(y).toEqual({ dtype: "int32", shape: [3], data: Int32Array.of(2, 0, 4) });
    await session.close();
  });

  it.skipIf(!exact)("keeps a NaN of a row that is left out to itself", async () => {
    expect(
      await mismatch(
        ({ x, ids }) => ({
          y: tf.unsortedSegmentSum(
            tf.where(tf.isNaN(x as tf.Tensor), 0, x as tf.Tensor),
            ids as tf.Tensor1D,
            2,
          ),
        }),
        { x: f32([3], [1, NaN, 3]), ids: i32([3], [0, 9, 1]) },
      ),
    ).toBeUndefined();
    const session = await open(
      trace(({ x, ids }) => ({ y: tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 2) }), {
        x: { dtype: "float32", shape: [3] },
        ids: { dtype: "int32", shape: [3] },
      }),
    );
    const { y } = await session.run({ x: f32([3], [1, NaN, 3]), ids: i32([3], [0, 9, 1]) });
    expect([...(y?.data ?? [])]).toEqual([1, 3]);
    await session.close();
  });
});
