export { didYouMean } from "./did-you-mean.ts";
export { diskError } from "./folder/disk-error.ts";
export {
  type Estimate,
  type EstimateContext,
  inputQuantity,
  type PlannedInput,
  zeroEstimate,
} from "./estimate.ts";
export { type Baseline, baselineSchema } from "./formats/baseline.ts";
export { type BundleFile, type BundleSegment, precisionsOf, readBundle } from "./formats/bundle.ts";
export { type Precision, precisions, precisionSchema } from "./formats/precision.ts";
export { type CascadeFile, cascadeSchema } from "./formats/cascade.ts";
export { type EncodedSplit, readSplit, writeSplit } from "./formats/encoded-split.ts";
export { type GradientConflict, readGradientConflict } from "./formats/gradient-conflict.ts";
export {
  type LabelProblem,
  type Mistake,
  type Mistakes,
  mistakesSchema,
} from "./formats/mistakes.ts";
export { type Method, methodSchema } from "./formats/method.ts";
export type { ClassResult, MetricsResult, Score } from "./formats/metrics.ts";
export {
  type CostedOutcomes,
  type Outcomes,
  readOutcomes,
  readRightAnswers,
  type RightAnswers,
  writeOutcomes,
  writeRightAnswers,
} from "./formats/outcomes.ts";
export { type Predictions, predictionsSchema } from "./formats/predictions.ts";
export { type RawExample, readRawSplit } from "./formats/raw-split.ts";
export {
  type LayerProbe,
  type LinearHead,
  type LinearPooling,
  type ProbeFile,
  probeSchema,
  probeTensors,
  readProbes,
} from "./formats/probe.ts";
export {
  type BaselineResult,
  type BudgetResult,
  type CalibrationResult,
  type CascadeBudget,
  type CellResults,
  cellResultsSchema,
  type CurvePoint,
  type ExitPromise,
  exitPromiseSchema,
  type ExitResult,
  type Kept,
  type Milliseconds,
  type PromiseResult,
  type RuleResult,
} from "./formats/results.ts";
export {
  type Machine,
  machineSchema,
  type TimedBatch,
  timedBatchSchema,
  timedBatchSizes,
  type TimedPoint,
  type Timing,
  timingSchema,
} from "./formats/timing.ts";
export {
  type Artifact,
  dropWeights,
  openArtifact,
  readManifest,
  writeArtifact,
} from "./folder/folder.ts";
export { sha256, sha256OfFile } from "./folder/hash.ts";
export { parseJson, readJson, readJsonAs } from "./json-file.ts";
export { lfsPointerProblem } from "./lfs-pointer.ts";
export { type Holder, type Lock, tryLock, withLock } from "./lock/lock.ts";
export { type FileEntry, type Json, type Manifest } from "./folder/manifest.ts";
export { parse } from "./parse.ts";
export { type PinnedFile, resolvePinnedFile } from "./pinned-file.ts";
export {
  batchesByLength,
  padRows,
  type PaddedBatch,
  type Ragged,
  ragged,
  row,
  rowCount,
} from "./ragged.ts";
export { openWeightFile } from "./safetensors/open-weight-file.ts";
export { readFully, readValues } from "./safetensors/read-values.ts";
export { type HostTensor, readSafetensors, SafetensorsFile } from "./safetensors/safetensors.ts";
export {
  dtypeBytes,
  numberCount,
  type SafetensorsDtype,
  type TensorEntry,
} from "./safetensors/safetensors-header.ts";
export { recoverFolder, replaceFolder } from "./folder/replace-folder.ts";
export {
  runStage,
  settingProblem,
  type SettingProblem,
  type Stage,
  type StageCall,
  type StageContext,
} from "./stage.ts";
export { type LazyTensor, writeSafetensors } from "./safetensors/write-safetensors.ts";
