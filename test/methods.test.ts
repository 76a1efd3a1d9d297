import { methods } from "@sweetspot/eval";
import { objectives } from "@sweetspot/train";
import { stage } from "@sweetspot/train/stage";
import { expect, it } from "vitest";

// Train and eval may not import each other, and train's settings may not load its objectives.
it("train's objectives, the methods of its settings and those that eval knows are the same", () => {
  expect(Object.keys(objectives)).toEqual([...methods]);
  const taken = (method: string) =>
    stage.settings.safeParse({ encoder: "tiny", exitLayers: [1], method }).success;
  expect(methods.filter(taken)).toEqual([...methods]);
  expect(["", "sweat"].filter(taken)).toEqual([]);
});
