import fc from "fast-check";
import { expect, it } from "vitest";
import { copyMs, stepsPerRun } from "./pace.ts";

it("starts with two steps, to measure", () => {
  expect(stepsPerRun(undefined, 1e9, 64)).toBe(2);
});

it("a small state: about two seconds", () => {
  expect(stepsPerRun(100, 1000, 64)).toBe(20);
  expect(stepsPerRun(2500, 1000, 64)).toBe(1);
});

it("a large state: as many steps as make copying 3% of the time", () => {
  // 300 MB take 180 ms to copy, and 97 parts to 3 of that are 5.8 s.
  expect(copyMs(300e6)).toBeCloseTo(180);
  expect(stepsPerRun(400, 300e6, 64)).toBe(15);
});

it("keeps copying under 3%, a run under half a minute, and both under 64 steps", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.01, max: 1e5, noNaN: true }),
      fc.integer({ min: 0, max: 4e9 }),
      (stepMs, stateBytes) => {
        const steps = stepsPerRun(stepMs, stateBytes, 64);
        const copying = copyMs(stateBytes) / (copyMs(stateBytes) + steps * stepMs);
        expect(Number.isInteger(steps)).toBe(true);
        expect(steps).toBeGreaterThanOrEqual(1);
        expect(steps).toBeLessThanOrEqual(64);
        expect(steps === 1 || steps * stepMs <= 30_000).toBe(true);
        const atItsMost = steps === 64 || (steps + 1) * stepMs > 30_000;
        expect(atItsMost || copying <= 0.03 + 1e-12).toBe(true);
      },
    ),
  );
});
