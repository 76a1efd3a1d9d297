import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Artifact,
  type EncodedSplit,
  openArtifact,
  readSafetensors,
  readSplit,
} from "@sweetspot/artifact";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cellsIn } from "../test/cells.ts";
import { logitsOf, paddedBatch } from "../test/padded.ts";
import { type Bundle, openBundle } from "./bundle.ts";

let cells: ReturnType<typeof cellsIn>;
let split: EncodedSplit;
let both: Artifact;
let int8: Bundle;
beforeAll(async () => {
  cells = cellsIn(await mkdtemp(join(tmpdir(), "precision-")));
  split = await readSplit(await cells.pairs(), "test");
  const train = await cells.train("train", { method: "sweet", epochs: 4, learningRate: 1e-2 });
  both = await cells.export("both", train);
  for (const precision of ["fp32", "int8"])
    await cells.export(precision, train, undefined, { precision });
  int8 = await openBundle(both.dir, { precision: "int8" });
});
afterAll(async () => {
  await int8.dispose();
  await rm(cells.folder, { recursive: true });
});

describe("a bundle in int8", () => {
  it("gives a text the same logits in any batch, with any padding and neighbours", async () => {
    const texts = split.labels.length;
    const alone = await Promise.all(
      Array.from({ length: texts }, (_, i) => logitsOf(int8, paddedBatch(split, [i], 0))),
    );
    const row = fc.integer({ min: 0, max: texts - 1 });
    const batch = fc
      .constantFrom(1, 8, 32)
      .chain((size) => fc.array(row, { minLength: size, maxLength: size }));
    await fc.assert(
      fc.asyncProperty(batch, fc.integer({ min: 0, max: 9 }), async (rows, extra) => {
        const got = await logitsOf(int8, paddedBatch(split, rows, extra));
        for (const [e, logits] of got.entries()) {
          const expected = rows.flatMap((i) => alone[i]?.[e] ?? []);
          expect(logits).toHaveLength(expected.length);
          const apart = logits.map((x, i) => Math.abs(x - (expected[i] ?? NaN)));
          expect(Math.max(...apart)).toBeLessThanOrEqual(1e-4);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("has other logits than fp32, but close ones", async () => {
    const fp32 = await openBundle(both.dir);
    const batch = paddedBatch(split, [...split.labels.keys()], 0);
    const [a, b] = [await logitsOf(fp32, batch), await logitsOf(int8, batch)];
    await fp32.dispose();
    const apart = a.flatMap((exit, e) => exit.map((x, i) => Math.abs(x - (b[e]?.[i] ?? NaN))));
    expect(Math.max(...apart)).toBeGreaterThan(1e-4);
    expect(Math.max(...apart)).toBeLessThan(0.1);
  });
});

describe("openBundle", () => {
  const opened = async (name: string, precision?: "fp32" | "int8") => {
    const bundle = await openBundle(join(cells.folder, name), precision && { precision });
    await bundle.dispose();
    return bundle.precision;
  };

  it("opens fp32 if the bundle has it, else int8", async () => {
    expect(await opened("both")).toBe("fp32");
    expect(await opened("fp32")).toBe("fp32");
    expect(await opened("int8")).toBe("int8");
    expect(await opened("both", "int8")).toBe("int8");
  });

  it("says what to do if the bundle does not have the precision", async () => {
    await expect(opened("fp32", "int8")).rejects.toThrow(
      new RangeError(
        `${join(cells.folder, "fp32", "bundle.json")}: expected a bundle with int8, got one with fp32; choose that, or export it with precision: int8, or both`,
      ),
    );
    await expect(opened("int8", "fp32")).rejects.toThrow(/with fp32, got one with int8; choose/);
  });
});

describe("the stage predict", () => {
  it("takes the precision from its settings and records it", async () => {
    const predicted = await cells.predict("predicted", both, { precision: "int8", batchSize: 5 });
    const description = JSON.parse(await readFile(predicted.path("predictions.json"), "utf8"));
    expect(description).toMatchObject({ precision: "int8" });
    const { logits } = await readSafetensors(predicted.path("test.safetensors"));
    const expected = await logitsOf(int8, paddedBatch(split, [...split.labels.keys()], 0));
    const apart = expected.flat().map((x, i) => Math.abs(x - Number(logits?.data[i])));
    expect(Math.max(...apart)).toBeLessThanOrEqual(1e-4);
  });

  it("refuses a bundle that lacks it", async () => {
    const only = await openArtifact(join(cells.folder, "int8"));
    await expect(cells.predict("wrong", only)).rejects.toThrow(
      /expected a bundle with fp32, got one with int8; choose that, or export it with precision: fp32/,
    );
  });
});
