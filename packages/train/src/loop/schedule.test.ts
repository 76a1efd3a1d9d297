import fc from "fast-check";
import { expect, it } from "vitest";
import { learningRateSchedule } from "./schedule.ts";

const rates = (totalSteps: number, warmupRatio: number, learningRate = 1, restartsAt?: number) => {
  const schedule = learningRateSchedule({ learningRate, warmupRatio }, totalSteps, restartsAt);
  return Array.from({ length: totalSteps }, (_, step) => schedule.at(step).rate);
};

it("rises to the peak by the last step of the warm-up and falls to one part above 0", () => {
  expect(rates(10, 0.4)).toEqual([1 / 4, 2 / 4, 3 / 4, 1, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6]);
});

it("starts at the peak without a warm-up", () => {
  expect(rates(4, 0)).toEqual([1, 3 / 4, 2 / 4, 1 / 4]);
});

it("ends at the peak if all steps warm up", () => {
  expect(rates(4, 1)).toEqual([1 / 4, 2 / 4, 3 / 4, 1]);
});

it("takes a single step at the peak, whatever the warm-up", () => {
  for (const ratio of [0, 0.1, 0.5, 1]) expect(rates(1, ratio)).toEqual([1]);
});

it("with a restart runs each stage as a schedule of its own", () => {
  expect(rates(10, 0.5, 2, 0.4)).toEqual([...rates(4, 0.5, 2), ...rates(6, 0.5, 2)]);
  const { at } = learningRateSchedule({ learningRate: 1, warmupRatio: 0 }, 10, 0.4);
  expect([0, 3, 4, 9].map((step) => at(step).stepInStage)).toEqual([0, 3, 0, 5]);
});

it("is linear on both sides, never 0, and proportional to the peak", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 1e-6, max: 1, noNaN: true }),
      (totalSteps, warmupRatio, peak) => {
        const warmup = Math.floor(totalSteps * warmupRatio);
        const scaled = rates(totalSteps, warmupRatio, peak);
        for (const [step, rate] of rates(totalSteps, warmupRatio).entries()) {
          const rise = warmup === 0 ? Infinity : (step + 1) / warmup;
          const fall =
            warmup === totalSteps ? Infinity : (totalSteps - step) / (totalSteps - warmup);
          expect(rate).toBeCloseTo(Math.min(rise, fall), 12);
          expect(rate).toBeGreaterThan(0);
          expect(scaled[step]).toBeCloseTo(peak * rate, 12);
        }
      },
    ),
  );
});
