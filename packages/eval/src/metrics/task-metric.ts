import { join } from "node:path";
import { type Artifact, parse } from "@sweetspot/artifact";
import { type MetricName, metricSchema } from "./metrics.ts";

/**
 * The metric that a task is judged by: the fact `metric` of an artifact of the stage `data`, or accuracy
 * if there is none.
 *
 * @throws TypeError that names the manifest if there is no such metric
 */
export function taskMetric(data: Artifact | undefined): MetricName {
  const metric = data?.manifest.facts["metric"];
  if (data === undefined || metric === undefined) return "accuracy";
  return parse(metricSchema, metric, join(data.dir, "manifest.json: facts.metric"));
}
