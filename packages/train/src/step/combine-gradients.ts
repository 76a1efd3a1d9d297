import * as tf from "@tensorflow/tfjs";
import type { Objective } from "../objectives/objective.ts";
import { type ClassifierGradients, dot } from "./gradient-conflict.ts";

/** How an objective combines. */
type Combine = NonNullable<Objective["combine"]> | "summed";

/**
 * The gradient that a step follows, from each classifier's own; `projected` has the formula.
 *
 * @param gradients `[E][P]`; `undefined` where a classifier does not reach a parameter
 * @returns `[P]`; the caller disposes of them
 */
export function combineGradients(
  gradients: readonly ClassifierGradients[],
  how: Combine = "summed",
): tf.Tensor[] {
  const terms = how === "projected" ? withoutConflicts(gradients) : gradients;
  return (gradients[0] ?? []).map((_, p) => tf.addN(terms.flatMap((of) => of[p] ?? [])));
}

function withoutConflicts(gradients: readonly ClassifierGradients[]): ClassifierGradients[] {
  return gradients.map((own, i) =>
    gradients.reduce((kept, other, j) => (i === j ? kept : withoutConflict(kept, other)), own),
  );
}

/** A gradient without its component against another. */
function withoutConflict(
  gradient: ClassifierGradients,
  other: ClassifierGradients,
): ClassifierGradients {
  const along = dot(gradient, other);
  const square = dot(other, other, gradient);
  // 0 over 0 where the two share no parameter that moves.
  const share = tf.div(tf.minimum(along, 0), tf.maximum(square, 1e-30));
  return gradient.map((g, p) => {
    const against = other[p];
    return g === undefined || against === undefined ? g : tf.sub(g, tf.mul(against, share));
  });
}
