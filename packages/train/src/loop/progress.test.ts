import { expect, it } from "vitest";
import { progressReport } from "./progress.ts";

const step = (...losses: number[]) => ({
  step: 0,
  epoch: 0,
  learningRate: 0,
  losses,
  gradientNorm: 0,
});

function report(lengths: number[], firstStep: number) {
  const lines: string[] = [];
  const clock = { ms: 5000 };
  const plan = lengths.map((length) => ({ length }));
  const log = progressReport(
    plan,
    firstStep,
    (line) => lines.push(line),
    () => clock.ms,
  );
  return { lines, clock, log };
}

it("logs step, loss, rate and time left, every two seconds and at the end", () => {
  const { lines, clock, log } = report([10, 10, 10, 10, 10], 0);
  clock.ms += 1000;
  log([step(1, 3)]);
  expect(lines).toEqual([]);
  clock.ms += 1000;
  log([step(0.5, 1.5), step(1, 1)]);
  // The mean over the exits of 2, 1 and 1.
  expect(lines).toEqual(["step 3/5  loss 1.333  1.5 steps/s  0:01 left"]);
  clock.ms += 500;
  log([step(0.25, 0.75)]);
  clock.ms += 1;
  log([step(0.5, 0.5)]);
  expect(lines.slice(1)).toEqual(["step 5/5  loss 0.500  2.0 steps/s  0:00 left"]);
});

it("resumes from a step, and counts longer batches for more of the time left", () => {
  const { lines, clock, log } = report([8, 8, 10, 30, 90], 2);
  clock.ms += 10_000;
  log([step(1)]);
  // 10 tokens in 10 s; 120 are left.
  expect(lines).toEqual(["step 3/5  loss 1.000  0.1 steps/s  2:00 left"]);
});
