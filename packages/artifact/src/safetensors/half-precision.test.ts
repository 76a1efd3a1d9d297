import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bfloat16ToNumber,
  float16ToNumber,
  float16Values,
  numberToBfloat16,
  numberToFloat16,
} from "./half-precision.ts";

const all = Array.from({ length: 65536 }, (_, bits) => bits);

/** IEEE 754's definition, of a format with `e` exponent and `f` fraction bits. */
function closedForm(bits: number, e: number, f: number): number {
  const sign = bits >> (e + f) ? -1 : 1;
  const exponent = (bits >> f) & (2 ** e - 1);
  const fraction = bits & (2 ** f - 1);
  const bias = 2 ** (e - 1) - 1;
  if (exponent === 2 ** e - 1) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * 2 ** (1 - bias) * (fraction / 2 ** f);
  return sign * 2 ** (exponent - bias) * (1 + fraction / 2 ** f);
}

/** The nearest of the format's values, the one of even bits where two are as near. */
function nearest(value: number, e: number, f: number): number {
  const largest = (2 ** e - 1) << f;
  if (Number.isNaN(value)) return NaN;
  const negative = value < 0 || Object.is(value, -0);
  const size = Math.abs(value);
  // Past the largest finite value an infinity, from half a step on.
  let [low, high] = [0, largest];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (closedForm(middle, e, f) <= size) low = middle;
    else high = middle;
  }
  const step =
    high === largest
      ? 2 * closedForm(low, e, f) - closedForm(low - 1, e, f)
      : closedForm(high, e, f);
  const [below, above] = [size - closedForm(low, e, f), step - size];
  const bits =
    size === Infinity ? largest : below < above || (below === above && low % 2 === 0) ? low : high;
  return negative ? bits | (1 << (e + f)) : bits;
}

describe.each([
  ["float16", 5, 10, float16ToNumber, numberToFloat16],
  ["bfloat16", 8, 7, bfloat16ToNumber, numberToBfloat16],
] as const)("%s", (_, e, f, toNumber, fromNumber) => {
  it("decodes every value as IEEE 754 defines it: normal, subnormal, infinite, NaN, signed zero", () => {
    const wrong = all.filter((bits) => !Object.is(toNumber(bits), closedForm(bits, e, f)));
    expect(wrong).toEqual([]);
  });

  it("round-trips every value that is a number", () => {
    const wrong = all.filter(
      (bits) => !Number.isNaN(toNumber(bits)) && fromNumber(toNumber(bits)) !== bits,
    );
    expect(wrong).toEqual([]);
  });

  it("rounds any float32 to the nearest, ties to even", () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (value) => {
        expect(fromNumber(value)).toBe(nearest(value, e, f));
      }),
      { numRuns: 2000 },
    );
  });

  it("rounds ties to even, and values beside them to the nearest", () => {
    const finite = all.filter((bits) => bits >> f < 2 ** e - 2 && bits % 97 < 2);
    for (const bits of finite) {
      const [low, high] = [closedForm(bits, e, f), closedForm(bits + 1, e, f)];
      const halfway = (low + high) / 2;
      expect(fromNumber(halfway)).toBe(bits % 2 === 0 ? bits : bits + 1);
      const nextToIt = new Float32Array(new Uint32Array([bitsOf(halfway) + 1]).buffer)[0] ?? NaN;
      const beforeIt = new Float32Array(new Uint32Array([bitsOf(halfway) - 1]).buffer)[0] ?? NaN;
      expect([fromNumber(beforeIt), fromNumber(nextToIt)]).toEqual([bits, bits + 1]);
    }
  });

  it("keeps NaN, whatever its bits", () => {
    for (const pattern of [0x7f800001, 0x7fc00000, 0xffffffff, 0xff800001]) {
      const value = new Float32Array(new Uint32Array([pattern]).buffer)[0] ?? 0;
      expect(toNumber(fromNumber(value))).toBeNaN();
    }
  });
});

function bitsOf(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
}

describe("float16's limits", () => {
  it.each([
    [65504, 0x7bff],
    [65519.99609375, 0x7bff],
    [65520, 0x7c00],
    [-65520, 0xfc00],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [2 ** -25 * 1.0000001, 0x0001],
    [2 ** -26, 0x0000],
    [-(2 ** -26), 0x8000],
    [2 ** -14, 0x0400],
    [2 ** -14 - 2 ** -24, 0x03ff],
    [1e-45, 0],
  ])("%d has the bits %i", (value, bits) => {
    expect(numberToFloat16(value)).toBe(bits);
  });

  it("are in the table of all values", () => {
    const table = float16Values();
    expect(table).toHaveLength(65536);
    expect([table[0x7bff], table[1], table[0xfc00], table[0x7e00]]).toEqual([
      65504,
      2 ** -24,
      -Infinity,
      NaN,
    ]);
  });
});
