export { type Baseline, readBaseline } from "./baseline.ts";
export { batchPlan, type PlannedBatch } from "./batch-plan.ts";
export { type EmbeddedTask, embeddedTasks, readEmbeddedTask } from "./embedded-tasks.ts";
export { padBatch } from "./pad-batch.ts";
export {
  type EncoderSource,
  encoderTokenizerJson,
  loadTokenizer,
  tokenizerFilesOf,
} from "./encoder-tokenizer.ts";
export { readOwnFile } from "./own-file.ts";
export {
  type Counts,
  type EncodedExample,
  type Prepared,
  prepareSplits,
  type Removed,
} from "./prepare.ts";
export type { Example, Source } from "./source.ts";
export { type SplitName, splitNames, type SplitSizes } from "./splits.ts";
export type { DataSettings, OwnFile } from "./stage.ts";
