import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dimAt, formatDim } from "../graph/graph.ts";
import { symbolicDim } from "./symbolic-dim.ts";

/** The sizes of `trace`. */
const sizes = [
  { B: 5, S: 19, T: 11 },
  { B: 7, S: 23, T: 13 },
  { B: 3, S: 29, T: 17 },
] as const;

describe("symbolicDim", () => {
  it("finds any constant times a product of the sizes, plus a constant", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -2000, max: 2000 }).filter((f) => f !== 0),
        fc.constantFrom(["B"], ["T"], ["B", "T"], ["T", "T"], ["B", "B", "S"], ["B", "S", "T"]),
        fc.oneof(fc.constant(0), fc.integer({ min: -40, max: 40 })),
        (factor, symbols, offset) => {
          const dim = { factor, symbols, offset };
          const [x, y, z] = [dimAt(dim, sizes[0]), dimAt(dim, sizes[1]), dimAt(dim, sizes[2])];
          const found = symbolicDim([x, y, z], [...sizes]);
          // Held at sizes that it has not seen.
          for (const at of [
            { B: 1, S: 1, T: 1 },
            { B: 8, S: 31, T: 100 },
          ])
            expect(found === undefined ? NaN : dimAt(found, at)).toBe(dimAt(dim, at));
        },
      ),
    );
  });

  it("leaves a number that never changes a number", () => {
    expect(symbolicDim([768, 768, 768], [...sizes])).toBe(768);
  });

  it.each([
    ["a sum of two sizes", ({ B, T }: { B: number; T: number }) => B + T],
    ["a half, rounded", ({ T }: { T: number }) => Math.ceil(T / 2)],
    ["a triangle", ({ T }: { T: number }) => (T * (T + 1)) / 2],
    ["a rest", ({ T }: { T: number }) => T % 4],
    ["a number of the first size alone", ({ T }: { T: number }) => (T === 11 ? 1 : 2)],
    ["a number of the third size alone", ({ T }: { T: number }) => (T === 17 ? 1 : 2)],
  ])("finds none for %s", (_, of) => {
    expect(symbolicDim([of(sizes[0]), of(sizes[1]), of(sizes[2])], [...sizes])).toBeUndefined();
  });
});

describe("formatDim and dimAt", () => {
  it("say what the dimension is", () => {
    expect(formatDim({ factor: 12, symbols: ["B", "T"] })).toBe("12 * B * T");
    expect(formatDim({ factor: 1, symbols: ["T"], offset: -1 })).toBe("T - 1");
    expect(formatDim(7)).toBe("7");
    expect(dimAt({ factor: 12, symbols: ["B", "T"], offset: 3 }, { B: 2, T: 5 })).toBe(123);
    expect(() => dimAt({ factor: 1, symbols: ["B"] }, { T: 5 })).toThrow(
      "no size given for the dimension B",
    );
  });
});
