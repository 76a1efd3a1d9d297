// The entry for those who ask what an encoder is, and compute nothing: it loads no tfjs.
export {
  encoderParameters,
  type EncoderConfig,
  longestText,
} from "./encoders/encoder-definitions.ts";
export { forwardOperations } from "./encoders/operations.ts";
export {
  encoderDownloads,
  type EncoderSource,
  type PretrainedEncoder,
  pretrainedEncoder,
} from "./weights/pretrained-encoder.ts";
