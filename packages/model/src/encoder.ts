// The entry for those who ask what an encoder is, and compute nothing: it loads no tfjs.
export { encoderParameters, type EncoderConfig, longestText } from "./encoders/definitions.ts";
export { forwardOperations } from "./encoders/forward-operations.ts";
export {
  encoderDownloads,
  type EncoderSource,
  type PretrainedEncoder,
  pretrainedEncoder,
} from "./weights/pretrained-encoder.ts";
