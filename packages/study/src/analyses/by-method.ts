import type { CellResults } from "@sweetspot/artifact";
import type { ReportedCell } from "@sweetspot/report/parts";

/**
 * What the cells of each method hold of something, in the order of the methods; methods without any
 * are left out.
 */
export function byMethod<T>(
  cells: readonly ReportedCell[],
  held: (results: CellResults) => readonly T[] | undefined,
): { method: string; all: T[] }[] {
  return [...new Set(cells.map((c) => c.method))]
    .map((method) => ({
      method,
      all: cells.filter((c) => c.method === method).flatMap((c) => held(c.results) ?? []),
    }))
    .filter(({ all }) => all.length > 0);
}
