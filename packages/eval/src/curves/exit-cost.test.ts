import { expect, test } from "vitest";
import { cascadeExits } from "./exit-cost.ts";

test("one model runs each layer once", () => {
  expect(cascadeExits([{ exitLayers: [1, 2, 4, 6] }]).map((e) => e.layers)).toEqual([1, 2, 4, 6]);
});

test("multi-model runs every member from its first layer", () => {
  const exits = cascadeExits([1, 2, 4, 6].map((l) => ({ exitLayers: [l] })));
  expect(exits.map((e) => e.layers)).toEqual([1, 3, 7, 13]);
  expect(exits.map((e) => [e.member, e.segment, e.exitLayer])).toEqual([
    [0, 0, 1],
    [1, 0, 2],
    [2, 0, 4],
    [3, 0, 6],
  ]);
});

test("members with several exits also add up", () => {
  const exits = cascadeExits([{ exitLayers: [1, 3] }, { exitLayers: [5] }]);
  expect(exits.map((e) => e.layers)).toEqual([1, 3, 8]);
});
