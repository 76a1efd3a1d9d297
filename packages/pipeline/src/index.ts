export { command, type Surroundings } from "./command.ts";
export type { Cell } from "./plan.ts";
export { type Plan, planPipeline } from "./plan-pipeline.ts";
export { type Axis, type Place, type StageEntry, stages } from "./stages.ts";
