export {
  type AdaptiveOptions,
  checkExitLayers,
  dropoutSites,
  embed,
  encoderLayer,
  exitAfter,
  exitLogits,
  exitParameters,
  hiddenStates,
  layerContext,
  sharedPoolerParameters,
} from "./adaptive-encoder.ts";
export type {
  EncoderComputation,
  EncoderDefinition,
  EncoderInputs,
  LayerContext,
} from "./encoders/architecture.ts";
export { computationOf, type EncoderParams, encoderParams } from "./encoders/architectures.ts";
export { attentionBias, selfAttention, type SelfAttentionParams } from "./encoders/attention.ts";
export type { BertParams } from "./encoders/bert.ts";
export type { BertConfig } from "./encoders/bert-config.ts";
export { type Checkpoint, readCheckpoint, writeCheckpoint } from "./weights/checkpoint.ts";
export type { DebertaParams } from "./encoders/deberta.ts";
export type { DebertaConfig } from "./encoders/deberta-config.ts";
export type { DebertaV2Params } from "./encoders/deberta-v2.ts";
export type { DebertaV2Config } from "./encoders/deberta-v2-config.ts";
export { bucketedDistanceRows, type DistanceRows } from "./encoders/disentangled-attention.ts";
export type { Dropout, DropoutSite } from "./encoders/dropout-sites.ts";
export type { EncoderShape } from "./encoders/encoder-config.ts";
export {
  definitionOf,
  type EncoderConfig,
  encoderConfig,
  encoderConfigJson,
  encoderParameters,
  longestText,
  segmentParameters,
} from "./encoders/encoder-definitions.ts";
export {
  encoderDownloads,
  type EncoderSource,
  type PretrainedEncoder,
  pretrainedEncoder,
  repositoryEncoder,
} from "./weights/pretrained-encoder.ts";
export {
  exitHead,
  type ExitParams,
  type PoolerActivation,
  type Pooling,
  poolings,
  tokensRead,
  type TokensRead,
} from "./exit-head.ts";
export { initialWeights } from "./weights/initial-weights.ts";
export {
  dropout,
  gelu,
  layerNorm,
  type LayerNormParams,
  linear,
  type LinearParams,
} from "./encoders/layers.ts";
export { forwardOperations } from "./encoders/operations.ts";
export { openWeights, weightFiles, type Weights } from "./weights/open-weights.ts";
export type { ParameterRole, ParameterSpec } from "./encoders/parameters.ts";
export { publishedClass, publishedName } from "./weights/published-names.ts";
export type { RobertaConfig } from "./encoders/roberta-config.ts";
export type { LayerParams } from "./encoders/transformer-layer.ts";
