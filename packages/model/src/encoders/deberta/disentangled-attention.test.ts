import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bucketedDistanceRows, plainDistanceRows } from "./disentangled-attention.ts";

/** What `test/reference/encoders.py` left: of distances from `-(most - 1)` to `most - 1`. */
const { buckets } = JSON.parse(
  readFileSync(
    new URL("../../../../../test/reference/encoders/encoders.json", import.meta.url),
    "utf8",
  ),
) as { buckets: { buckets: number; most: number; rows: number[] }[] };

describe("the rows of distances", () => {
  it.each(buckets)("are the reference's for $buckets buckets below $most", (b) => {
    const { rows } = bucketedDistanceRows(b.buckets, b.most, b.most - 1);
    const clamped = b.rows.map((r) => Math.max(0, Math.min(r + b.buckets, 2 * b.buckets - 1)));
    expect(Array.from(rows)).toEqual(clamped);
  });

  it("without buckets are one for each distance, and the farthest's beyond", () => {
    expect(Array.from(plainDistanceRows(2, 4).rows)).toEqual([0, 0, 0, 1, 2, 3, 3, 3, 3]);
  });
});
