export type { Bundle, BundleSegment } from "./bundle.ts";
export { type CheckedSentences, checkedSentences, checkMember } from "./check-member.ts";
export { segmentGraph, type SegmentRange, segmentRanges } from "./segment-graph.ts";
export type { ExportSettings } from "./stage.ts";
export { writeSegment } from "./write-segment.ts";
