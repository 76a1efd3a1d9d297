export { type CheckedSentences, checkedSentences, checkMember } from "./check-member.ts";
export { checkWhole } from "./check-whole.ts";
export {
  type Measured,
  type MeasuredExit,
  type MeasuredPoint,
  type ModelCard,
  modelCard,
} from "./model-card.ts";
export { segmentGraph, type SegmentRange, segmentRanges } from "./segment-graph.ts";
export type { ExportSettings } from "./settings.ts";
export { wholeGraph } from "./whole-graph.ts";
export { writeSegment } from "./write-segment.ts";
export {
  type RepositoryContent,
  writeRepository,
  type WrittenRepository,
} from "./write-repository.ts";
