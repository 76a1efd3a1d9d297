import type { ExitPromise, PromiseResult } from "@sweetspot/artifact";
import type { ReportedCell } from "../cell.ts";
import { mean } from "./mean.ts";

/** The outcome of one promise of a method, over the cells given. */
export interface PromiseRow {
  method: string;
  promise: ExitPromise;
  confidence: number;
  /** How many cells. */
  runs: number;
  /** How many cells have a threshold that keeps the promise on the threshold split. */
  made: number;
  /** In how many of those the test split keeps it. */
  kept: number;
  /** The threshold, if there is a single cell: a mean over several would promise nothing. */
  threshold?: number;
  /** Mean results on the test split at the thresholds of the promises made; null if none was. */
  onTest: { cost: number; accuracy: number; agreement: number } | null;
  /** Why the promise could not be made, in the first cell where it could not. */
  why?: string;
}

/** Each method's promises, in the order of the cells. */
export function promisesOf(cells: readonly ReportedCell[]): PromiseRow[] {
  return [...new Set(cells.map((c) => c.method))].flatMap((method) => {
    const own = cells.filter((c) => c.method === method);
    const keys = new Set(own.flatMap((c) => (c.results.promises ?? []).map(keyOf)));
    return [...keys].flatMap((key) => {
      const entries = own.flatMap((cell) =>
        (cell.results.promises ?? [])
          .filter((p) => keyOf(p) === key)
          .map((result) => ({ cell, result })),
      );
      const [first] = entries;
      if (first === undefined) return [];
      const made = entries.flatMap(({ cell, result: { threshold, onTest } }) =>
        threshold === null || onTest === undefined ? [] : [{ cell, threshold, ...onTest }],
      );
      const why = entries.find(({ result }) => result.why !== undefined)?.result.why;
      const { promise, confidence } = first.result;
      return [
        {
          method,
          promise,
          confidence,
          runs: entries.length,
          made: made.length,
          kept: made.filter((m) => keeps(promise, m, m.cell)).length,
          ...(entries.length === 1 && made[0] !== undefined
            ? { threshold: made[0].threshold }
            : {}),
          onTest:
            made.length === 0
              ? null
              : {
                  cost: mean(made.map((m) => m.cost)),
                  accuracy: mean(made.map((m) => m.accuracy)),
                  agreement: mean(made.map((m) => m.agreement)),
                },
          ...(why === undefined ? {} : { why }),
        },
      ];
    });
  });
}

function keyOf({ promise, confidence }: PromiseResult): string {
  return JSON.stringify([promise, confidence]);
}

/** Whether a test split keeps a promise. Its last exit is the full model. */
function keeps(
  promise: ExitPromise,
  { cost, accuracy, agreement }: { cost: number; accuracy: number; agreement: number },
  { results }: ReportedCell,
): boolean {
  // Rounding alone does not break a promise.
  const slack = 1e-9;
  if ("agree" in promise) return agreement >= promise.agree - slack;
  if ("spend" in promise) return cost <= promise.spend + slack;
  const full = results.exits.at(-1)?.accuracy ?? NaN;
  return full - accuracy <= promise.lose / 100 + slack;
}
