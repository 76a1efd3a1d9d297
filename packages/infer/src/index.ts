export { allExitLogits, batchesByLength, type EncodedTexts, exitsOf } from "./all-exits.ts";
export { type Bundle, type BundleOptions, openBundle, type SessionOptions } from "./bundle.ts";
export { type Classification, classify, type ClassifyOptions, type TextInput } from "./classify.ts";
export { type HiddenState, Segment, type SegmentInput, type SegmentOutput } from "./segment.ts";
export type { PredictSettings, TimeSettings } from "./settings.ts";
export { timeSegments } from "./time.ts";
