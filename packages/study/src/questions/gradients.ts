import type { GradientConflict } from "@sweetspot/artifact";
import type { StudyCell } from "../cell.ts";
import { mean } from "@sweetspot/report/parts";

/** How a method's classifiers pull at the layers, a mean over trainings. Layer 0 is the embeddings. */
export interface Gradients extends Pick<GradientConflict, "pairs" | "alignments"> {
  method: string;
}

/**
 * Mean cosines and shares of conflicts of each method's trainings, all trainings alike; members of a
 * cascade together. Methods whose training told nothing are left out.
 */
export function gradientsOf(cells: readonly StudyCell[]): Gradients[] {
  return [...new Set(cells.map((c) => c.method))].flatMap((method) => {
    const measured = cells
      .filter((c) => c.method === method)
      .flatMap((c) => c.results.conflict ?? []);
    if (measured.length === 0) return [];
    const pairs = grouped(
      measured.flatMap((m) => m.pairs),
      ({ layer, exits }) => `${layer} ${exits.join()}`,
    );
    const alignments = grouped(
      measured.flatMap((m) => m.alignments),
      ({ layer, exit }) => `${layer} ${exit}`,
    );
    return [
      {
        method,
        pairs: pairs.map(([first, all]) => ({
          ...first,
          cosine: mean(all.map((p) => p.cosine)),
          conflicts: mean(all.map((p) => p.conflicts)),
        })),
        alignments: alignments.map(([first, all]) => ({
          ...first,
          cosine: mean(all.map((a) => a.cosine)),
        })),
      },
    ];
  });
}

/** By key, in the order in which keys come: the first of each and all of it. */
function grouped<T>(values: readonly T[], key: (value: T) => string): [T, T[]][] {
  const groups = new Map<string, [T, T[]]>();
  for (const value of values) {
    const before = groups.get(key(value));
    if (before === undefined) groups.set(key(value), [value, [value]]);
    else before[1].push(value);
  }
  return [...groups.values()];
}
