import { expect, it } from "vitest";
import { earlyExit } from "./early-exit.ts";
import type { Objective } from "./objective.ts";
import { headsAtRate } from "./heads-at-rate.ts";
import { sweetRates } from "./sweet-rates.ts";

const place = { step: 3, totalSteps: 9, exitLayers: [1, 2, 4] };

it("multiplies the heads' shares and leaves the segments'", () => {
  expect(headsAtRate(earlyExit, 10).course?.(place)).toEqual({ rates: [1, 1, 1, 10, 10, 10] });
  const shares = [0.5, 1, 1.5];
  expect(headsAtRate(sweetRates, 2).course?.(place)).toEqual({ rates: [...shares, 1, 2, 3] });
});

it("keeps the objective's other values, and the objective itself at a factor of 1", () => {
  const weighted: Pick<Objective, "course"> = { course: () => ({ lossWeights: [1, 2, 3] }) };
  expect(headsAtRate(weighted, 3).course?.(place)).toEqual({
    lossWeights: [1, 2, 3],
    rates: [1, 1, 1, 3, 3, 3],
  });
  expect(headsAtRate(sweetRates, 1)).toBe(sweetRates);
});
