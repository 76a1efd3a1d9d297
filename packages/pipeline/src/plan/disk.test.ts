import { zeroEstimate } from "@sweetspot/artifact";
import { describe, expect, it } from "vitest";
import { diskNeed, tooMuch } from "./disk.ts";
import { dryTable } from "./dry-table.ts";
import type { Estimates } from "./estimates.ts";
import type { Cell } from "./plan.ts";
import { weightBatches } from "./weights.ts";

const cell = (id: string, inputs: Record<string, string> = {}): Cell => ({
  id,
  stage: id.split(".")[0] ?? "",
  settings: {},
  inputs,
});
/** Three combinations: trained, exported, predicted. */
const names = ["a", "b", "c"];
const cells = [
  cell("data"),
  ...names.map((n) => cell(`train.${n}`, { data: "data" })),
  ...names.map((n) => cell(`export.${n}`, { data: "data", train: `train.${n}` })),
  ...names.map((n) => cell(`predict.${n}`, { data: "data", export: `export.${n}` })),
];
const readers = new Map(
  names.flatMap((n) => [
    [`train.${n}`, [`export.${n}`]],
    [`export.${n}`, [`predict.${n}`]],
  ]),
);
const keep = () => false;
const estimates: Estimates = new Map(
  cells.map(({ id, stage }) => [
    id,
    {
      ...zeroEstimate,
      operations: stage === "train" ? 3e12 : 0,
      memoryBytes: stage === "train" ? 7e9 : 0,
      diskBytes: 1e6,
      weightBytes: readers.has(id) ? 1e9 : 0,
      downloads: stage === "train" ? { weights: 440e6 } : {},
    },
  ]),
);
const small = cells.length * (48e3 + 1.3e6);

describe("weightBatches", () => {
  const bytesOf = (id: string) => estimates.get(id)?.weightBytes ?? 0;
  const ofAll = (limit: number) => weightBatches(cells, readers, bytesOf, limit);

  it("keeps connected cells together, in order, and stays below the limit", () => {
    const of = (n: string) => [`train.${n}`, `export.${n}`, `predict.${n}`];
    expect(ofAll(4e9)).toEqual([[...of("a"), ...of("b")], of("c")]);
    expect(ofAll(6e9)).toEqual([["a", "b", "c"].flatMap(of)]);
  });

  it("runs a group that is larger than the limit on its own", () => {
    expect(ofAll(1).map((batch) => batch.length)).toEqual([3, 3, 3]);
  });

  it("leaves cells out that neither make nor read weights", () => {
    expect(weightBatches([cell("data")], readers, bytesOf, 1)).toEqual([]);
  });
});

describe("diskNeed", () => {
  it("counts the weights of one batch at a time, and results with turbo's copy", () => {
    const { peak, done } = diskNeed(cells, estimates, { readers, keep });
    expect(done).toBeCloseTo(small);
    // One combination at a time: two would have 4 GB.
    expect(peak).toBeCloseTo(small + 2e9);
  });

  it("counts kept weights in both", () => {
    const { peak, done } = diskNeed(cells, estimates, { readers, keep: (id) => id === "export.a" });
    expect(done).toBeCloseTo(small + 1e9);
    expect(peak).toBeCloseTo(small + 3e9);
  });
});

describe("tooMuch", () => {
  it("says how much disk the cells need at most, if that is more than is free", () => {
    const need = { peak: 1.15e9, done: 1e8 };
    expect(tooMuch(need, 1.1e9)).toMatch(
      /^needs up to 1\.1 GB of disk, \.run\/ has 1\.1 GB free; free some \(npm run clean\)/,
    );
    expect(tooMuch(need, 1.2e9)).toBeUndefined();
  });
});

describe("dryTable", () => {
  it("shows what each cell needs and the totals, counting a shared file once", () => {
    const outcomes = cells.slice(0, 3).map((c) => ({ cell: c.id, hit: false }));
    expect(dryTable(cells, outcomes, estimates, () => 1e11, { readers, keep })).toEqual([
      "        cell           work  time  memory     disk  download",
      "to run  data                                1.3 MB",
      "to run  train.a  3.00 TFLOP  30 s  7.0 GB  1001 MB    440 MB",
      "to run  train.b  3.00 TFLOP  30 s  7.0 GB  1001 MB",
      "3 cells: 3 to run, 0 cached",
      "estimated: 6.0 TFLOP, 60 s at 100 GFLOP/s (measured just now), 7.0 GB of memory at most, up to 2.0 GB of disk, 4.0 MB when done, 440 MB to download",
    ]);
  });

  it("is a plain list if nothing is known or nothing runs", () => {
    const outcomes = [
      { cell: "data", hit: true },
      { cell: "train.a", hit: true },
    ];
    expect(dryTable(cells, outcomes, estimates, () => undefined, { readers, keep })).toEqual([
      "cached  data",
      "cached  train.a",
      "2 cells: 0 to run, 2 cached",
    ]);
  });
});
