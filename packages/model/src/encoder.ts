// The entry for those who ask what an encoder is, and compute nothing: it loads no tfjs.
export { encoderParameters, type EncoderConfig, longestText } from "./encoder-definitions.ts";
export { forwardOperations } from "./operations.ts";
export {
  encoderDownloads,
  type EncoderSource,
  type PretrainedEncoder,
  pretrainedEncoder,
} from "./pretrained-encoder.ts";
