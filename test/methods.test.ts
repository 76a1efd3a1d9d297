import { methodSchema } from "@sweetspot/eval";
import { objectives } from "@sweetspot/train";
import { stage } from "@sweetspot/train/stage";
import { expect, it } from "vitest";

// Train's settings may not load its objectives, and eval, which takes any name, may not import train.
it("train's settings take the names of its objectives and no others, and eval takes them all", () => {
  const names = Object.keys(objectives);
  const taken = (method: string) =>
    stage.settings.safeParse({ encoder: "tiny", exitLayers: [1], method }).success;
  expect(names.filter(taken)).toEqual(names);
  expect(["", "sweat"].filter(taken)).toEqual([]);
  expect(names.filter((name) => methodSchema.safeParse(name).success)).toEqual(names);
  expect(["", "sweet spot", "sweet/1"].filter((n) => methodSchema.safeParse(n).success)).toEqual(
    [],
  );
});
