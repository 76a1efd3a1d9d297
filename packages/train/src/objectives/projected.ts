import * as tf from "@tensorflow/tfjs";
import { earlyExit } from "./early-exit.ts";
import type { ClassifierGradients, Objective } from "./objective.ts";
import { dot } from "../step/gradient-conflict.ts";

/**
 * Early-Exit without conflicts (PCGrad): before they are summed, a classifier's gradient that points
 * against another's loses what it has along it, `g_i - (g_i . g_j / |g_j|^2) g_j` where `g_i . g_j < 0`,
 * for the other classifiers one after the other from the first. Each two are compared over the
 * parameters that both reach.
 *
 * Source: Yu et al., arXiv:2001.06782, algorithm 1, in a fixed order where it draws one, and pair by
 * pair where all its tasks share the same parameters.
 */
export const projected: Objective = {
  ...earlyExit,
  combine(gradients) {
    const sums = gradients.map((own, i) =>
      gradients.reduce((kept, other, j) => (i === j ? kept : withoutConflict(kept, other)), own),
    );
    return (gradients[0] ?? []).map((_, p) =>
      tf.addN(sums.flatMap((gradient) => gradient[p] ?? [])),
    );
  },
};

/** A gradient less what it has against another. */
function withoutConflict(
  gradient: ClassifierGradients,
  other: ClassifierGradients,
): ClassifierGradients {
  const along = dot(gradient, other);
  const square = dot(other, other, gradient);
  // 0 over 0 where the two meet in no parameter that moves.
  const share = tf.div(tf.minimum(along, 0), tf.maximum(square, 1e-30));
  return gradient.map((g, p) => {
    const against = other[p];
    return g === undefined || against === undefined ? g : tf.sub(g, tf.mul(against, share));
  });
}
