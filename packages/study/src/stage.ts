import type { Stage } from "@sweetspot/artifact";
import { type StudySettings, studySettings } from "./settings.ts";

/** `study`: the results of many cells -> the paper's claims, each with an interval and a verdict. */
export const stage: Stage<StudySettings> = {
  name: "study",
  reads: "any",
  settings: studySettings,
  run: async (context) => (await import("./study-stage.ts")).runStudy(context),
};
