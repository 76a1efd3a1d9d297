import { type SettingProblem, settingProblem, type Stage } from "@sweetspot/artifact";
import { type DataSettings, dataSettings } from "./settings.ts";

/** `data`: text -> token ids, in four disjoint splits. */
export const stage: Stage<DataSettings> = {
  name: "data",
  reads: [],
  settings: dataSettings,
  check: async (settings) => {
    const { encoderLimitProblem } = await import("./encoder-limits.ts");
    let past: SettingProblem | undefined;
    const unknown = await settingProblem("encoder", async () => {
      past = await encoderLimitProblem(settings);
    });
    return unknown ?? past;
  },
  estimate: async (context) => (await import("./estimate.ts")).estimateData(context),
  run: async (context) => (await import("./data-stage.ts")).runData(context),
};
