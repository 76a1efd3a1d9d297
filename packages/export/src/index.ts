export { calibrationSentences } from "./calibration.ts";
export { type CheckedSentences, checkedSentences, checkMember } from "./check-member.ts";
export { checkWhole } from "./repository/check-whole.ts";
export {
  type Measured,
  type MeasuredExit,
  type MeasuredPoint,
  type ModelCard,
  modelCard,
} from "./repository/model-card.ts";
export { segmentGraph, type SegmentRange, segmentRanges } from "./segment-graph.ts";
export type { ExportSettings } from "./settings.ts";
export { wholeGraph } from "./repository/whole-graph.ts";
export { type MemberTexts, writeMember } from "./write-member.ts";
export { writeSegment } from "./write-segment.ts";
export {
  type RepositoryContent,
  writeRepository,
  type WrittenRepository,
} from "./repository/write-repository.ts";
