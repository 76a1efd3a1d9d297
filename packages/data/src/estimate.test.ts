import { expect, test } from "vitest";
import { poolSizes } from "./tasks/pool-sizes.ts";
import { estimateData } from "./estimate.ts";
import type { DataSettings } from "./settings.ts";

const settings: DataSettings = {
  task: "gloss-topic",
  encoder: "minilm",
  maxLength: 128,
  trainSize: 1000,
  trainSelection: "seeded",
  calibrationSize: 300,
  thresholdSize: 0.1,
  testSize: 500,
  seed: 1,
};

test("an embedded task's examples and tokens are estimated without making its pool", async () => {
  const begin = performance.now();
  const { quantities, downloads } = await estimateData({ settings, inputs: {} });
  expect(performance.now() - begin).toBeLessThan(100);
  expect(downloads).toEqual({});
  const { examples, tokens } = poolSizes["gloss-topic"];
  expect(examples).toBe(4000);
  expect(quantities).toEqual({
    training: 1000,
    heldOut: 300 + 400 + 500,
    test: 500,
    tokens: 1.15 * tokens,
    longest: 128,
  });
  const all = await estimateData({ settings: { ...settings, trainSize: "all" }, inputs: {} });
  expect(all.quantities["training"]).toBe(4000 - 1200);
});

test("maxLength bounds the tokens of a text", async () => {
  const { quantities } = await estimateData({
    settings: { ...settings, task: "spam", maxLength: 64 },
    inputs: {},
  });
  expect([quantities["tokens"], quantities["longest"]]).toEqual([64, 64]);
});
