import { type Estimate, zeroEstimate } from "@sweetspot/artifact";
import { diskNeed, diskOf, type WeightPlan } from "./disk.ts";
import type { Estimates } from "./estimates.ts";
import { aligned, duration, gigabytes, megabytes, sizeOf } from "./units.ts";
import type { Cell } from "./plan.ts";
import type { CellOutcome } from "../run/turbo.ts";

/**
 * The lines of a dry run: each cell with what it needs, then the totals. Work counts matrix products only;
 * a file that several cells need is downloaded once.
 *
 * @param outcomes the requested cells, and whether each result comes from the cache
 * @param rate operations per second for a cell; undefined if not measured
 */
export function dryTable(
  cells: readonly Cell[],
  outcomes: readonly Pick<CellOutcome, "cell" | "hit">[],
  estimates: Estimates,
  rate: (cell: Cell) => number | undefined,
  weights: WeightPlan,
): string[] {
  const rows: string[][] = [["", "cell", "work", "time", "memory", "disk", "download"]];
  const fetched = new Set<string>();
  let [hits, seconds, bytes, operations, memory] = [0, 0, 0, 0, 0];
  const toRun: Cell[] = [];
  for (const cell of cells) {
    const outcome = outcomes.find((o) => o.cell === cell.id);
    if (outcome === undefined) continue;
    if (outcome.hit) {
      hits++;
      rows.push(["cached", cell.id, "", "", "", "", ""]);
      continue;
    }
    toRun.push(cell);
    const estimate = estimates.get(cell.id);
    const took = (estimate?.operations ?? 0) / (rate(cell) ?? NaN) + (estimate?.seconds ?? 0);
    const fresh = Object.entries(estimate?.downloads ?? {}).filter(([file]) => !fetched.has(file));
    for (const [file] of fresh) fetched.add(file);
    const download = fresh.reduce((sum, [, size]) => sum + size, 0);
    seconds += Number.isFinite(took) ? took : 0;
    bytes += download;
    operations += estimate?.operations ?? 0;
    memory = Math.max(memory, estimate?.memoryBytes ?? 0);
    rows.push(["to run", cell.id, ...columns(estimate, took, download)]);
  }
  const rates = new Set(cells.map(rate).filter((r) => r !== undefined));
  const measured = [...rates].map((r) => `${(r / 1e9).toFixed(0)} GFLOP/s`).join(", ");
  const runs = toRun.length;
  const { peak, done } = diskNeed(toRun, estimates, weights);
  const sums = [
    `${(operations / 1e12).toFixed(1)} TFLOP`,
    ...(measured === "" ? [] : [`${duration(seconds)} at ${measured} (measured just now)`]),
    `${gigabytes(memory)} of memory at most`,
    `up to ${sizeOf(peak)} of disk, ${sizeOf(done)} when done`,
    `${megabytes(bytes)} to download`,
  ];
  return [
    ...(runs > 0 && operations > 0
      ? aligned(rows)
      : rows.slice(1).map(([state, id]) => `${state}  ${id}`)),
    `${runs + hits} cells: ${runs} to run, ${hits} cached`,
    ...(runs > 0 && operations > 0 ? [`estimated: ${sums.join(", ")}`] : []),
  ];
}

function columns(estimate: Estimate | undefined, seconds: number, download: number): string[] {
  const { operations = 0, memoryBytes = 0 } = estimate ?? {};
  return [
    operations > 0 ? `${(operations / 1e12).toFixed(2)} TFLOP` : "",
    operations > 0 && Number.isFinite(seconds) ? duration(seconds) : "",
    memoryBytes > 0 ? gigabytes(memoryBytes) : "",
    megabytes(diskOf(estimate ?? zeroEstimate)),
    download > 0 ? megabytes(download) : "",
  ];
}
