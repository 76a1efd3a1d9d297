import { type Confusion, margins } from "./confusion.ts";

/**
 * Each class's precision, `[K]`: of the examples that got this answer, the share that are of the class,
 * `C[k, k] / column k`, in `[0, 1]`; 0 for a class that is never answered.
 *
 * Source: scikit-learn's `precision_score` with `average=None`.
 */
export function precisions(confusion: Confusion): Float64Array {
  const { right, answered } = margins(confusion);
  return right.map((count, k) => share(count, answered[k] ?? 0));
}

/**
 * Each class's recall, `[K]`: of the examples of the class, the share that got this answer,
 * `C[k, k] / row k`, in `[0, 1]`; 0 for a class without examples.
 *
 * Source: scikit-learn's `recall_score` with `average=None`.
 */
export function recalls(confusion: Confusion): Float64Array {
  const { right, present } = margins(confusion);
  return right.map((count, k) => share(count, present[k] ?? 0));
}

function share(count: number, of: number): number {
  return of === 0 ? 0 : count / of;
}
