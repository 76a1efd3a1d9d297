import { zeroEstimate } from "@sweetspot/artifact";
import { describe, expect, it } from "vitest";
import { stage } from "./stage.ts";

/** The estimate for a model of 100 bytes and 7 operations for each example, trained on some examples. */
async function estimateOf(precision: "fp32" | "int8" | "both", training: number) {
  const of = (quantities: Record<string, number>) => ({
    settings: {},
    estimate: { ...zeroEstimate, quantities },
  });
  const inputs = { data: of({ training }), train: of({ weights: 100, forward: 7, exits: 2 }) };
  return stage.estimate?.({ settings: { precision }, inputs });
}

describe("the estimate of export", () => {
  it.each([
    ["fp32", 100, 0],
    ["int8", 30, 200 * 7],
    ["both", 130, 200 * 7],
  ] as const)(
    "counts the files and the calibration of %s",
    async (precision, bytes, operations) => {
      expect(await estimateOf(precision, 200)).toMatchObject({
        weightBytes: bytes,
        operations,
        quantities: { forward: 7, exits: 2 },
      });
    },
  );

  it("counts no more texts than are used", async () => {
    expect(await estimateOf("int8", 100_000)).toMatchObject({ operations: 256 * 7 });
  });
});
