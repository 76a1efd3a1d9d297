export { command, type Surroundings } from "./command.ts";
export type { Cell } from "./plan/plan.ts";
export { type Plan, planPipeline } from "./plan/plan-pipeline.ts";
export { type Axis, type Place, type StageEntry, stages } from "./plan/stages.ts";
