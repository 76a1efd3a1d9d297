export { allExitLogits, type EncodedTexts, exitsOf } from "./all-exits.ts";
export { type Bundle, type BundleOptions, openBundle, type SessionOptions } from "./bundle.ts";
export { classify, type ClassifyOptions, type TextInput } from "./classify.ts";
export type { Classification } from "./run-cascade.ts";
export { type HiddenState, Segment, type SegmentInput, type SegmentOutput } from "./segment.ts";
export type { PredictSettings, TimeSettings } from "./settings.ts";
export { timeBundles } from "./time-bundles.ts";
