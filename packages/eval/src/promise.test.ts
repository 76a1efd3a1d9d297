import { describe, expect, test } from "vitest";
import { type AnsweredOutcomes, candidateThresholds, kept, learnThenTest } from "./promise.ts";
import { exitPromiseSchema } from "@sweetspot/artifact";
import { exitsAt } from "./curves/speed-accuracy.ts";
import { sfc32 } from "@sweetspot/statistics";

/** Two exits, after layers 1 and 4 of 4. `first` gives the first exit's confidences and whether it is right; the last exit is always right. */
function cascade(first: readonly { confidence: number; right: boolean }[]): AnsweredOutcomes {
  const right = Uint8Array.from(first, (e) => Number(e.right));
  const all = Uint8Array.from(first, () => 1);
  return {
    confidences: [first.map((e) => e.confidence), all],
    predicted: [right, all],
    correct: [right, all],
    exitLayers: [1, 4],
    layers: 4,
  };
}

/** n examples with confidences evenly spaced in (0, 1); the first exit is wrong on the `wrong` least confident ones. */
function sorted(n: number, wrong: number): AnsweredOutcomes {
  return cascade(
    Array.from({ length: n }, (_, i) => ({ confidence: (i + 0.5) / n, right: i >= wrong })),
  );
}

const fine = Array.from({ length: 1001 }, (_, i) => i / 1000);
const grid = Array.from({ length: 101 }, (_, i) => i / 100);

describe("learnThenTest", () => {
  test("agreement: allows as many other answers as the binomial does, and no more", () => {
    // SciPy: for n = 500, P(X <= 4) at 0.02 is 0.028, P(X <= 5) is 0.066.
    const outcomes = sorted(500, 100);
    const { threshold } = learnThenTest({ agree: 0.98 }, outcomes, grid);
    // Answers with confidences up to 0.2 are wrong; five of them are above 0.19.
    expect(threshold).toBe(0.2);
    expect(learnThenTest({ agree: 0.98 }, outcomes, fine).threshold).toBe(0.192);
    expect(kept(outcomes, 0.192)).toEqual({
      cost: (404 * 1 + 96 * 4) / 2000,
      accuracy: 0.992,
      agreement: 0.992,
    });
  });

  test("accuracy lost: only right answers that turn wrong count", () => {
    const outcomes = sorted(500, 100);
    // SciPy: for n = 500, P(X <= 1) at 0.01 is 0.040, P(X <= 2) is 0.123.
    expect(learnThenTest({ lose: 1 }, outcomes, fine).threshold).toBe(0.198);
    // If the full model is wrong too, another answer loses nothing.
    const bothWrong = {
      ...outcomes,
      correct: [outcomes.correct[0] ?? [], outcomes.correct[0] ?? []],
    };
    expect(learnThenTest({ lose: 1 }, bothWrong, fine).threshold).toBe(0);
    expect(learnThenTest({ agree: 0.98 }, bothWrong, fine).threshold).toBe(0.192);
  });

  test("stops at the first threshold that is not certified, whatever comes after", () => {
    // Of 200, 40 leave at the second exit, wrongly, at a threshold of 0.8, and at the first at 0.4.
    const lasting = Array.from({ length: 200 }, () => 1);
    const second = lasting.map((_, i) => Number(i >= 40));
    const outcomes = {
      confidences: [lasting.map(() => 0.5), second.map((right) => (right ? 0.5 : 0.9)), lasting],
      predicted: [lasting, second, lasting],
      correct: [lasting, second, lasting],
      exitLayers: [1, 2, 4],
      layers: 4,
    };
    expect(learnThenTest({ agree: 0.98 }, outcomes, [0.4, 0.8, 0.95]).threshold).toBe(0.95);
    expect(learnThenTest({ agree: 0.98 }, outcomes, [0.4, 0.95]).threshold).toBe(0.4);
  });

  test("cost: returns the largest threshold certified to spend no more", () => {
    // A fifth may continue. SciPy: for n = 500, 81 have a p-value of 0.047, 82 of 0.063.
    const { threshold } = learnThenTest({ spend: 0.4 }, sorted(500, 100), fine);
    expect(threshold).toBe(0.163);
    expect(kept(sorted(500, 100), 0.163).cost).toBe((419 + 81 * 4) / 2000);
    expect(learnThenTest({ spend: 0.25 }, sorted(500, 100), grid)).toEqual({ threshold: 0 });
    expect(learnThenTest({ spend: 1 }, sorted(500, 100), grid)).toEqual({ threshold: 1 });
  });

  test("says why nothing can be promised, and how many examples would be enough", () => {
    expect(learnThenTest({ agree: 0.98 }, sorted(148, 0), grid)).toEqual({
      threshold: null,
      why: "0 of 148 examples have an answer other than the full model's at the safest threshold; 149 examples with none would be enough",
    });
    expect(learnThenTest({ agree: 0.98 }, sorted(149, 0), grid)).toEqual({ threshold: 0 });
    // SciPy: at that rate, the p-value is at most 0.05 from 8 of 719 on.
    expect(learnThenTest({ lose: 2 }, sorted(200, 2), [0])).toEqual({
      threshold: null,
      why: "2 of 200 examples lose a right answer of the full model at the safest threshold; at that rate about 719 examples would be enough",
    });
    expect(learnThenTest({ lose: 2 }, sorted(200, 4), [0])).toMatchObject({
      why: expect.stringMatching(/4 of 200 .*; at that rate no number would be enough$/) as string,
    });
    expect(learnThenTest({ spend: 0.2 }, sorted(200, 4), [0])).toEqual({
      threshold: null,
      why: "the first exit alone costs 0.25 of the full model",
    });
    expect(() => learnThenTest({ spend: 0.2 }, sorted(200, 4), [0], 95)).toThrow(/got 95/);
  });
});

describe("promises of a known population", () => {
  /**
   * The first exit's confidence is uniform in (0, 1); at u it is wrong with probability (1 - u) / 5.
   * At threshold t, therefore, (1 - t)^2 / 10 of all answers differ, and cost is 1/4 + 3/4 t.
   */
  const population = {
    loss: (t: number) => (1 - t) ** 2 / 10,
    cost: (t: number) => 0.25 + 0.75 * t,
  };
  const draws = 2000;
  const n = 307;
  const random = sfc32(20260);
  const uniform = () => random(2 ** 32) / 2 ** 32;
  const samples = Array.from({ length: draws }, () =>
    cascade(
      Array.from({ length: n }, () => {
        const confidence = uniform();
        return { confidence, right: uniform() >= (1 - confidence) / 5 };
      }),
    ),
  );
  const steps = Array.from({ length: 51 }, (_, i) => i / 50);
  const share = (thresholds: readonly (number | null)[], is: (t: number) => boolean) =>
    thresholds.filter((t) => t !== null && is(t)).length / draws;
  const certified = (promise: Parameters<typeof learnThenTest>[0], confidence?: number) =>
    samples.map((sample) => learnThenTest(promise, sample, steps, confidence).threshold);

  test.each([
    [{ agree: 0.95 }, (t: number) => population.loss(t) > 0.05],
    [{ lose: 4 }, (t: number) => population.loss(t) > 0.04],
    [{ spend: 0.4 }, (t: number) => population.cost(t) > 0.4],
  ])("%o is broken no more often than stated", (promise, breaks) => {
    const thresholds = certified(promise);
    // 0.05 plus three standard deviations of a share of 2,000.
    expect(share(thresholds, breaks)).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / draws));
    // And not because nothing useful is ever promised.
    expect(share(thresholds, (t) => t > 0.05 && t < 0.75)).toBeGreaterThan(0.9);
  });

  test("at a confidence of 0.8 agreement is broken just less often than one time in five", () => {
    const often = share(certified({ agree: 0.95 }, 0.8), (t) => population.loss(t) > 0.05);
    expect(often).toBeLessThan(0.2 + 3 * Math.sqrt((0.2 * 0.8) / draws));
    expect(often).toBeGreaterThan(0.1);
  });

  test("a threshold that merely fits the sample breaks the promise over three times as often as stated", () => {
    const agreeing = samples.map((sample) => steps.find((t) => kept(sample, t).agreement >= 0.95));
    const cheap = samples.map((sample) => steps.findLast((t) => kept(sample, t).cost <= 0.4));
    expect(
      share(
        agreeing.map((t) => t ?? null),
        (t) => population.loss(t) > 0.05,
      ),
    ).toBeGreaterThan(0.15);
    expect(
      share(
        cheap.map((t) => t ?? null),
        (t) => population.cost(t) > 0.4,
      ),
    ).toBeGreaterThan(0.15);
  });
});

describe("candidateThresholds", () => {
  test("are the curve's, thinned evenly to 500, first and last included", () => {
    const few = sorted(7, 0);
    expect(candidateThresholds(few)).toHaveLength(8);
    const many = candidateThresholds(sorted(2003, 0));
    expect(many).toHaveLength(500);
    expect(many[0]).toBe(0.5 / 2003);
    expect(exitsAt(sorted(2003, 0), many.at(-1) ?? NaN).every((exit) => exit === 1)).toBe(true);
    expect(many).toEqual([...new Set(many)].sort((a, b) => a - b));
  });

  test("stay within [0, 1] if a confidence is exactly 1, as does the certified threshold", () => {
    const sure = (n: number) =>
      cascade(
        Array.from({ length: n }, (_, i) => ({ confidence: i % 3 === 0 ? 0.4 : 1, right: true })),
      );
    const candidates = candidateThresholds(sure(30));
    expect(candidates).toEqual([0.4, 1]);
    for (const promise of [{ agree: 0.98 }, { lose: 2 }, { spend: 0.9 }, { spend: 1 }]) {
      const { threshold } = learnThenTest(promise, sure(600), candidates);
      expect(threshold).toBeGreaterThanOrEqual(0);
      expect(threshold).toBeLessThanOrEqual(1);
    }
  });
});

test("accepts three kinds of promises, each within its range", () => {
  for (const promise of [{ agree: 0.98 }, { lose: 1 }, { spend: 0.4 }]) {
    expect(exitPromiseSchema.parse(promise)).toEqual(promise);
  }
  for (const other of [{ agree: 98 }, { lose: -1 }, { spend: 0 }, {}, { agree: 0.9, lose: 1 }]) {
    expect(exitPromiseSchema.safeParse(other).success).toBe(false);
  }
});
