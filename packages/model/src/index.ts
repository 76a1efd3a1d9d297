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
  type Pooling,
  poolings,
  sharedPoolerParameters,
  tokensRead,
} from "./exits/exit-definition.ts";
export { type EncoderParams, encoderParams } from "./exits/parameter-tree.ts";
export type {
  EncoderComputation,
  EncoderDefinition,
  EncoderInputs,
  LayerContext,
  PoolerActivation,
  TokensRead,
} from "./encoders/encoder-kind.ts";
export { computationOf } from "./encoders/computations.ts";
export {
  attentionBias,
  selfAttention,
  type SelfAttentionParams,
} from "./encoders/layers/attention.ts";
export type { BertParams } from "./encoders/bert/computation.ts";
export type { BertConfig } from "./encoders/bert/definition.ts";
export { type Checkpoint, readCheckpoint, writeCheckpoint } from "./weights/checkpoint.ts";
export type { DebertaParams } from "./encoders/deberta/v1-computation.ts";
export type { DebertaConfig } from "./encoders/deberta/v1-definition.ts";
export type { DebertaV2Params } from "./encoders/deberta/v2-computation.ts";
export type { DebertaV2Config } from "./encoders/deberta/v2-definition.ts";
export {
  bucketedDistanceRows,
  type DistanceRows,
} from "./encoders/deberta/disentangled-attention.ts";
export type { Dropout, DropoutSite } from "./encoders/layers/dropout-sites.ts";
export type { EncoderShape } from "./encoders/encoder-shape.ts";
export {
  definitionOf,
  type EncoderConfig,
  encoderConfig,
  encoderConfigJson,
  encoderParameters,
  longestText,
  segmentParameters,
} from "./encoders/definitions.ts";
export type { PretrainedEncoder } from "./weights/embedded-encoders.ts";
export {
  encoderDownloads,
  type EncoderSource,
  pretrainedEncoder,
  repositoryEncoder,
} from "./weights/pretrained-encoder.ts";
export { exitHead, type ExitParams } from "./exits/exit-head.ts";
export { initialWeights } from "./weights/initial-weights.ts";
export {
  dropout,
  gelu,
  layerNorm,
  type LayerNormParams,
  linear,
  type LinearParams,
} from "./encoders/layers/basic-layers.ts";
export { forwardOperations } from "./encoders/forward-operations.ts";
export { openWeights, weightFiles, type Weights } from "./weights/open-weights.ts";
export type { ParameterRole, ParameterSpec } from "./encoders/layers/parameters.ts";
export { publishedClass, publishedName } from "./weights/published-names.ts";
export type { RobertaConfig } from "./encoders/roberta/definition.ts";
export type { LayerParams } from "./encoders/layers/transformer-layer.ts";
