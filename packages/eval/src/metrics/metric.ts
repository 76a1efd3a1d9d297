import type { Interval } from "@sweetspot/statistics";
import type { Confusion } from "./confusion.ts";

/** A number that says how good answers are; more is better. */
export interface Metric {
  /** Its name in tables, inside a sentence. */
  label: string;
  /** The number of classes that it is defined for; any if absent. */
  classes?: number;
  /** Computes it. The matrix has at least one example. */
  value(confusion: Confusion): number;
  /** Its interval at a level in `(0, 1)`, where a formula is better than the bootstrap. */
  interval?(confusion: Confusion, level: number): Interval;
}
