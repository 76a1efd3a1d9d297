import { type Stage, zeroEstimate } from "@sweetspot/artifact";
import { type StudySettings, studySettings } from "./settings.ts";

/** `study`: the results of many cells -> the paper's claims, each with an interval and a verdict. */
export const stage: Stage<StudySettings> = {
  name: "study",
  reads: "any",
  settings: studySettings,
  // The page, its figures and its numbers, whatever the number of cells.
  estimate: async () => ({ ...zeroEstimate, diskBytes: 5e6 }),
  run: async (context) => (await import("./study-stage.ts")).runStudy(context),
};
