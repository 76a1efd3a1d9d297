import fc from "fast-check";
import { expect, test } from "vitest";
import { labelKey, looksMissing } from "./label-key.ts";

test.each([
  ["good", ["good ", " good", "go\u200bod", "good\u200f", "\ufeffgood", "go\u00adod", "ｇｏｏｄ"]],
  ["café", ["cafe\u0301", "caf\u00e9", "cafe\u200b\u0301"]],
  ["very good", ["very  good", "very\u00a0good", "very\t good"]],
  ["1", ["1.0", "+1", "1e0", "1.", "10e-1", "0.1e1", "１"]],
  ["0", ["-0", "0.0", "+0e7", ".0"]],
  ["-2.5", ["-2.50", "\u22122.5", "-25e-1"]],
  ["9007199254740993", ["9007199254740993.0", "9007199254740993e0"]],
])("%j is spelled %j too", (label, others) => {
  for (const other of others) expect(labelKey(other)).toBe(labelKey(label));
});

test.each([
  ["1", "01"],
  ["7", "007"],
  ["1", "-1"],
  ["1", "10"],
  ["1", "1e1"],
  ["9007199254740992", "9007199254740993"],
  ["1e400", "1e401"],
  ["good", "Good"],
  ["a b", "ab"],
  ["1.0.0", "1"],
  [
    "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
  ],
])("%j and %j are two labels", (one, other) => {
  expect(labelKey(one)).not.toBe(labelKey(other));
});

test("numbers have one key if they have one value", () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 });
  fc.assert(
    fc.property(number, fc.integer({ min: -5, max: 5 }), (value, n) => {
      expect(labelKey(value.toExponential())).toBe(labelKey(String(value)));
      expect(labelKey(`${n}.000`)).toBe(labelKey(String(n)));
      expect(labelKey(String(value)) === labelKey(String(n))).toBe(value === n);
    }),
  );
});

test("words that other programs write for missing values are recognised", () => {
  expect(
    ["nan", "NaN", "NA", "N/A", "#N/A", "null", "None", " nan\u200b"].filter(looksMissing),
  ).toHaveLength(8);
  expect(["no", "Nancy", "0", "-", "nano"].filter(looksMissing)).toEqual([]);
});
