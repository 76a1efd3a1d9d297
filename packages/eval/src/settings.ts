import { z } from "zod";
import { type ExitRuleName, exitRuleNames, exitRuleSchema } from "./exit-rules/exit-rules.ts";
import { type MetricName, metricSchema } from "./metrics/metrics.ts";
import { exitPromiseSchema, type ExitPromise } from "@sweetspot/artifact";

/** The settings of `eval`. */
export interface EvalSettings {
  /** The grid of exit thresholds shown beside the exact curve: each in `[0, 1]`, ascending, or the paper's. */
  thresholds: number[] | "paper";
  /**
   * The split on which each exit's temperature, which divides its logits, is fitted; `off` for none.
   * With `test`, it is fitted on the split that it is evaluated on.
   */
  temperature: "off" | "calibration" | "test";
  /** The level of the intervals, in `(0, 0.999]`: a higher one takes more resamples than are drawn. */
  confidence: number;
  /** The metric that the task is judged by; by default the task's own, or accuracy if it names none. */
  metric?: MetricName | undefined;
  /** The exit rules whose curves are computed, each once. */
  rules: ExitRuleName[];
  /** The promises to test, each with its own confidence in `(0, 1)`. */
  promises: (ExitPromise & { confidence: number })[];
}

const promised = z
  .looseObject({ confidence: z.number().gt(0).lt(1).default(0.95) })
  .transform(({ confidence, ...promise }, context) => {
    const parsed = exitPromiseSchema.safeParse(promise);
    if (parsed.success) return { ...parsed.data, confidence };
    context.addIssue({
      code: "custom",
      message:
        "must be one of agree: a share in (0, 1), lose: points in (0, 100), spend: a cost above 0",
    });
    return z.NEVER;
  });

/** The settings of the stage `eval`. */
export const evalSettings: z.ZodType<EvalSettings> = z.strictObject({
  thresholds: z
    .union([
      z.literal("paper"),
      z
        .array(z.number().min(0, "must be in [0, 1]").max(1, "must be in [0, 1]"))
        .min(1)
        .refine((ts) => ts.every((t, i) => i === 0 || t > (ts[i - 1] ?? 0)), {
          error: "must rise, each threshold once",
        }),
    ])
    .default("paper"),
  temperature: z.enum(["off", "calibration", "test"]).default("off"),
  confidence: z.number().gt(0).max(0.999).default(0.95),
  metric: metricSchema.optional(),
  rules: z
    .array(exitRuleSchema)
    .refine((rules) => new Set(rules).size === rules.length, {
      error: "must name each rule once",
    })
    .default([...exitRuleNames]),
  promises: z.array(promised).prefault([{ agree: 0.98 }, { lose: 1 }, { spend: 0.4 }]),
});

/** The settings of `choose`. */
export interface ChooseSettings {
  /** The encoder and method that a regime is chosen for. */
  encoder: string;
  method: string;
  /** What each input, an artifact of `eval`, is. */
  cells: { input: string; task: string; regime: string; seed: number }[];
}

const text = z.string().min(1);

/** The settings of the stage `choose`. */
export const chooseSettings: z.ZodType<ChooseSettings> = z.strictObject({
  encoder: text,
  method: text,
  cells: z
    .array(z.strictObject({ input: text, task: text, regime: text, seed: z.int().nonnegative() }))
    .min(1),
});
