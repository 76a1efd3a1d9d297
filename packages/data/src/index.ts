export { baselineOf, readBaseline } from "./baseline/baseline.ts";
export { batchPlan, type PlannedBatch } from "./splits/batch-plan.ts";
export { type EmbeddedTask, embeddedTasks, readEmbeddedTask } from "./tasks/embedded-tasks.ts";
export { padBatch } from "./splits/pad-batch.ts";
export { encoderTokenizerJson, loadTokenizer, tokenizerFilesOf } from "./encoder-tokenizer.ts";
export { type OwnFile, readOwnFile } from "./sources/own-file.ts";
export {
  type Counts,
  type EncodedExample,
  type Prepared,
  prepareSplits,
  type Removed,
} from "./splits/prepare.ts";
export type { Example, TaskExamples } from "./sources/examples.ts";
export { type SplitName, splitNames, type SplitSizes } from "./splits/splits.ts";
export type { DataSettings } from "./settings.ts";
