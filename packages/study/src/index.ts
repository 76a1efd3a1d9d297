export { readStudyCell, type StudyCell } from "./cell.ts";
export {
  type Claim,
  type ClaimPart,
  claimsOf,
  type PaperClaim,
  paperClaims,
  type Verdict,
} from "./claims.ts";
export {
  type Bootstrapping,
  bootstrapping,
  type Effect,
  estimateEffect,
} from "./effects/effect-estimate.ts";
export { sharedSeeds } from "./effects/effects.ts";
export { type MadeStudy, makeStudy } from "./make-study.ts";
export { type ObjectiveRow, objectivesOf } from "./analyses/objectives.ts";
export { type RegimeRow, regimesOf } from "./analyses/regimes.ts";
export type { StudySettings } from "./settings.ts";
export type { StudyNumbers, TaskNumbers } from "./study.ts";
