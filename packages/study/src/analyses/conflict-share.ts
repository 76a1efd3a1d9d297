import type { StudyCell } from "../cell.ts";
import { mean } from "@sweetspot/report/parts";

/** How often a method's classifiers pull a shared layer in opposite directions. */
export interface ConflictShare {
  /** The share of all (step, layer, pair of classifiers) with a cosine below 0, averaged over tasks. */
  share: number;
  /** The mean cosine. */
  cosine: number;
  perTask: { task: string; control: boolean; share: number; cosine: number }[];
}

/**
 * Of a method's trainings, how often two classifiers' gradients conflict: averaged over seeds,
 * then over tasks without controls. Undefined if nothing was measured, or no two classifiers share a
 * layer.
 */
export function conflictShare(
  cells: readonly StudyCell[],
  method: string,
  controls: readonly string[] = [],
): ConflictShare | undefined {
  const measured = cells
    .filter((c) => c.method === method)
    .flatMap(({ task, results }) => {
      const pairs = results.conflict?.flatMap((member) => member.pairs) ?? [];
      if (pairs.length === 0) return [];
      return [
        {
          task,
          share: mean(pairs.map((p) => p.conflicts)),
          cosine: mean(pairs.map((p) => p.cosine)),
        },
      ];
    });
  const perTask = [...new Set(measured.map((m) => m.task))].map((task) => {
    const own = measured.filter((m) => m.task === task);
    return {
      task,
      control: controls.includes(task),
      share: mean(own.map((m) => m.share)),
      cosine: mean(own.map((m) => m.cosine)),
    };
  });
  const counted = perTask.filter((t) => !t.control);
  if (counted.length === 0) return undefined;
  return {
    share: mean(counted.map((t) => t.share)),
    cosine: mean(counted.map((t) => t.cosine)),
    perTask,
  };
}
