import { expect, it } from "vitest";
import { checkFinite } from "./finite.ts";

it.each([NaN, Infinity, -Infinity])(
  "%d among a tensor's numbers names file, tensor and place",
  (bad) => {
    const data = Float32Array.from({ length: 1000 }, (_, i) => (i - 500) * 1e35);
    expect(() => checkFinite("a/w.bin", "x.weight", { shape: [1000], data })).not.toThrow();
    data[617] = bad;
    expect(() => checkFinite("a/w.bin", "x.weight", { shape: [1000], data })).toThrow(
      new RangeError(
        `a/w.bin: tensor "x.weight" must hold finite numbers, got ${bad} at 617 of 1000; its training diverged or the file is damaged; use another checkpoint`,
      ),
    );
  },
);

it("integers are finite", () => {
  expect(() => checkFinite("w", "x", { shape: [1], data: Int32Array.of(3) })).not.toThrow();
});
