export type { BertConfig } from "./encoders/bert/definition.ts";
export type { DebertaConfig } from "./encoders/deberta/v1-definition.ts";
export type { DebertaV2Config } from "./encoders/deberta/v2-definition.ts";
export {
  type EncoderConfig,
  encoderConfig,
  encoderConfigJson,
  encoderParameters,
  longestText,
  segmentParameters,
} from "./encoders/definitions.ts";
export type {
  EncoderInputs,
  LayerContext,
  PoolerActivation,
  TokensRead,
} from "./encoders/encoder-kind.ts";
export type { EncoderShape } from "./encoders/encoder-shape.ts";
export { dropout, type LinearParams } from "./encoders/layers/basic-layers.ts";
export type { Dropout, DropoutSite } from "./encoders/layers/dropout-sites.ts";
export type { ParameterRole, ParameterSpec } from "./encoders/layers/parameters.ts";
export type { RobertaConfig } from "./encoders/roberta/definition.ts";
export {
  embed,
  encoderLayer,
  exitAfter,
  exitLogits,
  type ExitOptions,
  hiddenStates,
  layerContext,
} from "./exits/encoder-with-exits.ts";
export {
  checkExitLayers,
  dropoutSites,
  exitParameters,
  headOf,
  linearPooling,
  type Pooling,
  sharedPoolerParameters,
  tokensRead,
} from "./exits/exit-definition.ts";
export { type ExitParams, readLayer } from "./exits/exit-head.ts";
export { type EncoderParams, encoderParams } from "./exits/parameter-tree.ts";
export { type Checkpoint, readCheckpoint, writeCheckpoint } from "./weights/checkpoint.ts";
export type { PretrainedEncoder } from "./pretrained/embedded-encoders.ts";
export { initialWeights } from "./weights/initial-weights.ts";
export { openWeights, type Weights } from "./weights/open-weights.ts";
export { pretrainedEncoder, repositoryEncoder } from "./pretrained/pretrained-encoder.ts";
export { publishedClass, publishedName } from "./weights/published-names.ts";
