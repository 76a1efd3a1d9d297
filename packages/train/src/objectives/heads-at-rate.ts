import type { Objective } from "./objective.ts";

/**
 * The same objective with a learning rate of its own for the exits' heads.
 *
 * @param factor multiplies the heads' share of the learning rate, above 0
 */
export function headsAtRate<O extends Pick<Objective, "course">>(objective: O, factor: number): O {
  if (factor === 1) return objective;
  const { course } = objective;
  return {
    ...objective,
    course: (place) => {
      const values = course?.(place) ?? {};
      const exits = place.exitLayers.length;
      const rates = values.rates ?? Array.from({ length: 2 * exits }, () => 1);
      return { ...values, rates: rates.map((rate, i) => (i < exits ? rate : rate * factor)) };
    },
  };
}
