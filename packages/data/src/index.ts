export { batchPlan, type PlannedBatch } from "./batch-plan.ts";
export { type EncodedSplit, padBatch, readSplit, writeSplit } from "./encoded-split.ts";
export { encoderTokenizerJson, loadTokenizer } from "./load-tokenizer.ts";
export { type SplitName, splitNames } from "./splits.ts";
export type { DataSettings, OwnFile } from "./stage.ts";
export { type EncodedText, textTokenizer, type TextTokenizer } from "./tokenizer.ts";
