import { zeroEstimate } from "@sweetspot/artifact";
import { describe, expect, it } from "vitest";
import { concurrencyFor, type Estimates, tooLarge } from "./estimates.ts";
import type { Cell } from "./plan.ts";

const cell = (id: string, device = "cpu"): Cell => ({
  id,
  stage: id.split(".")[0] ?? "",
  settings: { device },
  inputs: {},
});
const cells = [cell("data.a"), cell("train.a"), cell("train.b"), cell("train.gpu", "cuda")];
const estimates: Estimates = new Map([
  ["data.a", { ...zeroEstimate, downloads: { "glue/train": 3e6 } }],
  [
    "train.a",
    {
      ...zeroEstimate,
      operations: 3e12,
      memoryBytes: 7e9,
      diskBytes: 87e6,
      downloads: { weights: 440e6 },
    },
  ],
  [
    "train.b",
    {
      ...zeroEstimate,
      operations: 6e14,
      memoryBytes: 30e9,
      diskBytes: 500e6,
      downloads: { weights: 440e6 },
    },
  ],
  ["train.gpu", { ...zeroEstimate, operations: 1e12, memoryBytes: 90e9 }],
]);
const all = new Set(cells.map((c) => c.id));

describe("tooLarge", () => {
  it("names the cells on the CPU that need more memory than there is, if they will run", () => {
    expect(tooLarge(cells, estimates, all, 24e9)).toEqual([
      "train.b: needs about 30 GB of memory, this machine has 24 GB; lower batchSize or data's maxLength, or leave it out (--filter)",
    ]);
    expect(tooLarge(cells, estimates, new Set(["train.a"]), 24e9)).toEqual([]);
    expect(tooLarge(cells, estimates, all, 31e9)).toEqual([]);
  });
});

describe("concurrencyFor", () => {
  const at = (some: readonly Cell[], cores: number, memoryBytes: number) =>
    concurrencyFor(some, estimates, { cores, memoryBytes });

  it("is one per core if each core gets at least two cells of a stage, fewer if the largest do not fit in memory together", () => {
    const many = Array.from({ length: 9 }, (_, i) => cell(`predict.${i}`));
    expect([1, 2, 4, 16, 64].map((cores) => at(many, cores, 64e9))).toEqual([1, 2, 4, 4, 16]);
    expect(at(many, 4, 4e9)).toBe(3);
    expect(at([...many, cell("train.a")], 4, 24e9)).toBe(2);
  });

  it("is one per four cores for a few cells, or if a cell does not run compiled on the CPU", () => {
    const few = [cell("data.a"), cell("train.a")];
    expect([at(few, 2, 24e9), at(few, 16, 24e9), at(few, 16, 64e9)]).toEqual([1, 2, 4]);
    const gpu = Array.from({ length: 9 }, (_, i) => cell(`predict.${i}`, "cuda"));
    expect([at(gpu, 2, 64e9), at(gpu, 16, 64e9)]).toEqual([1, 4]);
  });

  it("is one if not even the largest cell fits", () => {
    expect(at(cells, 64, 64e9)).toBe(1);
  });
});
