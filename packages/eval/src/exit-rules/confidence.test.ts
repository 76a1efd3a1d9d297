import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { argmax, confidence, exitOf, leaves, softmax } from "./confidence.ts";

const logits = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
  minLength: 2,
  maxLength: 7,
});

describe("confidence", () => {
  test("equals the closed form for two classes", () => {
    // Float64 from float32 logits: 1 / (1 + exp(-2)).
    expect(confidence(Float32Array.of(1, 3))).toBeCloseTo(0.8807970779778823, 15);
    expect(confidence([2, 2])).toBe(0.5);
    expect(confidence([0, 0, 0])).toBe(1 / 3);
  });

  test("is finite for large logits", () => {
    expect(confidence([1e38, -1e38])).toBe(1);
    expect(confidence([-1e30, -1e30])).toBe(0.5);
    expect(softmax([1000, 1001])[1]).toBeCloseTo(0.7310585786300049, 15);
  });

  test("is the largest entry of softmax, which sums to 1", () => {
    fc.assert(
      fc.property(logits, (row) => {
        const p = softmax(row);
        expect(Math.max(...p)).toBe(confidence(row));
        expect(p[argmax(row)]).toBe(confidence(row));
        expect(p.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
        expect(confidence(row)).toBeGreaterThanOrEqual(1 / row.length - 1e-15);
      }),
    );
  });

  test("reads a row inside a longer array", () => {
    expect(confidence([9, 1, 3, 9], 1, 2)).toBe(confidence([1, 3]));
    expect(argmax([9, 1, 3, 9], 1, 2)).toBe(1);
  });

  test.each([[[NaN, 1]], [[1, NaN]], [[Infinity, 0]], [[-Infinity, -Infinity]], [[]]])(
    "rejects %j",
    (row) => {
      expect(() => confidence(row)).toThrow(RangeError);
    },
  );
});

test("equal logits predict the first class", () => {
  expect(argmax([1, 4, 4])).toBe(1);
});

test("a confidence equal to the threshold leaves", () => {
  expect(leaves(0.7, 0.7)).toBe(true);
  expect(leaves(0.7, 0.7000000000000001)).toBe(false);
});

test("an example leaves at the first exit that is confident enough, or else at the last", () => {
  expect(exitOf([0.6, 0.8, 0.9], 0.8)).toBe(1);
  expect(exitOf([0.6, 0.8, 0.7], 0.81)).toBe(2);
  expect(exitOf([0.6], 1)).toBe(0);
});
