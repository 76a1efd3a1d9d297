import { z } from "zod";
import { accuracy } from "./accuracy.ts";
import { f1 } from "./f1.ts";
import { macroF1 } from "./macro-f1.ts";
import { mcc } from "./mcc.ts";
import type { Metric } from "./metric.ts";

/** The names of the metrics. */
export type MetricName = "accuracy" | "macroF1" | "mcc" | "f1";

/** The metrics. */
export const metrics: Readonly<Record<MetricName, Metric>> = { accuracy, macroF1, mcc, f1 };

/** The names, in the order of the table. */
export const metricNames: readonly MetricName[] = Object.keys(metrics) as MetricName[]; // its own keys

/** Whether there is such a metric. */
export const metricSchema: z.ZodType<MetricName> = z.enum(metricNames);
