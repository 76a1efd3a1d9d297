import type { GradientConflict } from "@sweetspot/artifact";
import type { StudyCell } from "../cell.ts";
import { mean } from "@sweetspot/report/parts";
import { byMethod } from "./by-method.ts";

/** How a method's classifiers pull the layers, averaged over training runs. Layer 0 is the embeddings. */
export interface Gradients extends Pick<GradientConflict, "pairs" | "alignments"> {
  method: string;
}

/**
 * Mean cosines and shares of conflicts for each method, with equal weight for all training runs; members
 * of a cascade are pooled. Methods whose training measured nothing are left out.
 */
export function gradientsOf(cells: readonly StudyCell[]): Gradients[] {
  return byMethod(cells, (results) => results.conflict).map(({ method, all: measured }) => {
    const pairs = grouped(
      measured.flatMap((m) => m.pairs),
      ({ layer, exits }) => `${layer} ${exits.join()}`,
    );
    const alignments = grouped(
      measured.flatMap((m) => m.alignments),
      ({ layer, exit }) => `${layer} ${exit}`,
    );
    return {
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
    };
  });
}

/** Groups by key, in order of first appearance: the first item of each group, and all of them. */
function grouped<T>(values: readonly T[], key: (value: T) => string): [T, T[]][] {
  const groups = new Map<string, [T, T[]]>();
  for (const value of values) {
    const before = groups.get(key(value));
    if (before === undefined) groups.set(key(value), [value, [value]]);
    else before[1].push(value);
  }
  return [...groups.values()];
}
