import { z } from "zod";
import { entropyScores } from "./entropy.ts";
import type { ExitLogits, LabelledLogits } from "./exit-logits.ts";
import { fitLearnedExits, learnedScores } from "./learned.ts";
import { marginScores } from "./margin.ts";
import { maxProbabilityScores } from "./max-probability.ts";
import { patienceWithConfidenceScores } from "./patience-with-confidence.ts";
import { patienceScores } from "./patience.ts";

/**
 * From logits to a score of every exit for every example, `[E][N]`, in `[0, 1]`; a larger score leaves
 * sooner. An example leaves at the first exit whose score reaches the threshold, so that
 * `speedAccuracyCurve` can treat scores as confidences. An exit's score depends on that exit and those
 * before it, never on later ones.
 *
 * @param calibration what a learned rule is fitted on
 */
export type ExitRule = (input: ExitLogits, calibration: LabelledLogits) => Float64Array[];

/** The names of the exit rules. */
export type ExitRuleName =
  | "max-probability"
  | "entropy"
  | "margin"
  | "patience"
  | "patience-with-confidence"
  | "learned";

/** The exit rules. */
export const exitRules: Readonly<Record<ExitRuleName, ExitRule>> = {
  "max-probability": maxProbabilityScores,
  entropy: entropyScores,
  margin: marginScores,
  patience: patienceScores,
  "patience-with-confidence": (input) => patienceWithConfidenceScores(input),
  learned: (input, calibration) => learnedScores(input, fitLearnedExits(calibration)),
};

/** The names, in the order of the table. */
export const exitRuleNames: readonly ExitRuleName[] = Object.keys(exitRules) as ExitRuleName[];

/** Whether there is such a rule. */
export const exitRuleSchema: z.ZodType<ExitRuleName> = z.enum(exitRuleNames);
