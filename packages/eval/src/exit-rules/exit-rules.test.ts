import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import reference from "../../reference/eval.json" with { type: "json" };
import { confidence } from "./confidence.ts";
import { exitsAt, operatingPoint, speedAccuracyCurve } from "../curves/speed-accuracy.ts";
import { certainty, entropyScores } from "./entropy.ts";
import { type ExitLogits, type LabelledLogits, predictedClasses } from "./exit-logits.ts";
import { exitRuleNames, exitRules, exitRuleSchema } from "./exit-rules.ts";
import { exitFeatures, fitLearnedExits, learnedScores } from "./learned.ts";
import { margin, marginScores } from "./margin.ts";
import { oracle } from "./oracle.ts";
import { patienceWithConfidenceScores } from "./patience-with-confidence.ts";
import { agreeingExits, patienceScores } from "./patience.ts";

/** From probabilities by exit, example and class to logits: their logarithms. */
function exits(...probabilities: number[][][]): ExitLogits {
  return {
    logits: probabilities.map((rows) => Float32Array.from(rows.flat(), Math.log)),
    classes: probabilities[0]?.[0]?.length ?? 0,
  };
}

const rows = (scores: readonly ArrayLike<number>[]) =>
  scores.map((row) => Array.from(row, (x) => Number(x.toFixed(6))));

/** Whole eighths: sums of them and of whole numbers are exact in float32. */
const cascade: fc.Arbitrary<LabelledLogits> = fc
  .record({
    exits: fc.integer({ min: 1, max: 5 }),
    n: fc.integer({ min: 1, max: 7 }),
    classes: fc.integer({ min: 2, max: 3 }),
  })
  .chain(({ exits: e, n, classes }) =>
    fc.record({
      logits: fc.array(
        fc
          .array(fc.integer({ min: -80, max: 80 }), {
            minLength: n * classes,
            maxLength: n * classes,
          })
          .map((row) => Float32Array.from(row, (x) => x / 8)),
        { minLength: e, maxLength: e },
      ),
      labels: fc.array(fc.nat(classes - 1), { minLength: n, maxLength: n }),
      classes: fc.constant(classes),
      temperatures: fc.option(
        fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: e, maxLength: e }),
        { nil: undefined },
      ),
    }),
  );

describe.each(exitRuleNames)("the rule %s", (name) => {
  const rule = exitRules[name];

  test("gives every exit and example a score in [0, 1]", () => {
    fc.assert(
      fc.property(cascade, (c) => {
        const scores = rule(c, c);
        expect(scores.map((row) => row.length)).toEqual(c.logits.map(() => c.labels.length));
        expect(scores.every((row) => row.every((s) => s >= 0 && s <= 1))).toBe(true);
      }),
    );
  });

  test("ignores a constant that is added to an exit's logits", () => {
    fc.assert(
      fc.property(cascade, fc.integer({ min: -64, max: 64 }), (c, shift) => {
        const shifted = { ...c, logits: c.logits.map((exit) => exit.map((x) => x + shift)) };
        expect(rule(shifted, shifted)).toEqual(rule(c, c));
      }),
    );
  });

  test("depends only on an exit and those before it", () => {
    fc.assert(
      fc.property(cascade, (c) => {
        const short = {
          ...c,
          logits: c.logits.slice(0, 1),
          temperatures: c.temperatures?.slice(0, 1),
        };
        const scale = name === "patience" ? c.logits.length : 1;
        expect(rule(short, short)[0]).toEqual(rule(c, c)[0]?.map((s) => scale * s));
      }),
    );
  });

  test("has an exact curve", () => {
    fc.assert(
      fc.property(cascade, (c) => {
        const confidences = rule(c, c);
        const correct = predictedClasses(c).map((row) =>
          Uint8Array.from(row, (label, i) => Number(label === c.labels[i])),
        );
        for (const point of speedAccuracyCurve({ confidences, correct })) {
          expect(operatingPoint({ confidences, correct }, point.threshold)).toEqual(point);
        }
      }),
    );
  });

  test("is accepted by name", () => {
    expect(exitRuleSchema.parse(name)).toBe(name);
    expect(exitRuleSchema.safeParse(`${name}s`).success).toBe(false);
  });
});

describe("max-probability", () => {
  test("equals what a deployment computes, to the last bit", () => {
    fc.assert(
      fc.property(cascade, (c) => {
        const { logits, classes, temperatures } = c;
        expect(exitRules["max-probability"](c, c).map((row) => row[0])).toEqual(
          logits.map((exit, e) => confidence(exit, 0, classes, temperatures?.[e] ?? 1)),
        );
      }),
    );
  });
});

describe("entropy", () => {
  test("equals one less SciPy's entropy divided by log K", () => {
    for (const { probabilities, entropy } of reference.entropy) {
      expect(certainty(probabilities)).toBeCloseTo(1 - entropy, 14);
    }
  });

  test("is 0 for equal classes, 1 for a certain one, and follows the temperature", () => {
    const input = exits([
      [1 / 3, 1 / 3, 1 / 3],
      [1, 1e-30, 1e-30],
    ]);
    expect(rows(entropyScores(input))).toEqual([[0, 1]]);
    const [soft, hard] = [2, 0.5].map(
      (t) => entropyScores({ ...exits([[0.6, 0.4]]), temperatures: [t] })[0]?.[0] ?? NaN,
    );
    // Odds of 3 to 2 to the power of 1/T.
    const p = Math.sqrt(1.5) / (1 + Math.sqrt(1.5));
    expect(soft).toBeCloseTo(certainty([p, 1 - p]), 6);
    expect(hard).toBeCloseTo(certainty([9 / 13, 4 / 13]), 6);
  });
});

describe("margin", () => {
  test("is the largest probability less the second, wherever they are", () => {
    expect(margin([0.2, 0.7, 0.1])).toBeCloseTo(0.5, 14);
    expect(margin([0.7, 0.1, 0.2])).toBeCloseTo(0.5, 14);
    expect(rows(marginScores(exits([[0.4, 0.4, 0.2]], [[0.1, 0.3, 0.6]])))).toEqual([[0], [0.3]]);
  });
});

/** One example whose four exits predict 1, 0, 0, 1. */
const changing = exits([[0.3, 0.7]], [[0.9, 0.1]], [[0.6, 0.4]], [[0.2, 0.8]]);
/** One whose exits all predict 0. */
const steady = exits([[0.6, 0.4]], [[0.8, 0.2]], [[0.7, 0.3]]);

describe("patience", () => {
  test("counts how many exits in a row agree", () => {
    expect(agreeingExits(changing).map((row) => row[0])).toEqual([1, 1, 2, 1]);
    expect(rows(patienceScores(changing))).toEqual([[0.25], [0.25], [0.5], [0.25]]);
    expect(rows(patienceScores(steady))).toEqual([[0.333333], [0.666667], [1]]);
  });

  test("one exit agrees with itself", () => {
    expect(rows(patienceScores(exits([[0.6, 0.4]])))).toEqual([[1]]);
  });

  test("PABEE's patience of t agreements is the threshold (t + 1) / E", () => {
    const outcomes = {
      confidences: patienceScores(changing),
      correct: changing.logits.map(() => [1]),
    };
    expect([0, 1, 2].map((t) => exitsAt(outcomes, (t + 1) / 4)[0])).toEqual([0, 2, 3]);
  });
});

describe("patience-with-confidence", () => {
  test("is the lowest confidence of the last exits if they agree, else 0", () => {
    expect(rows(patienceWithConfidenceScores(changing))).toEqual([[0], [0], [0.6], [0]]);
    expect(rows(patienceWithConfidenceScores(steady))).toEqual([[0], [0.6], [0.7]]);
    expect(rows(patienceWithConfidenceScores(steady, 3))).toEqual([[0], [0], [0.6]]);
  });

  test("at a patience of 1 it is the maximum probability", () => {
    expect(patienceWithConfidenceScores(changing, 1)).toEqual(
      exitRules["max-probability"](changing, { ...changing, labels: [0] }),
    );
    expect(() => patienceWithConfidenceScores(changing, 0)).toThrow(/at least 1, got 0/);
  });
});

describe("learned", () => {
  test("features are the log-probabilities, margin, certainty and agreement", () => {
    const p = [0.7, 0.2, 0.1];
    const features = exitFeatures(exits([[0.1, 0.7, 0.2]], [[0.2, 0.7, 0.1]]));
    const expected = [...p.map(Math.log), 0.5, certainty(p)];
    [...expected, 0].forEach((x, d) => expect(features[0]?.[0]?.[d]).toBeCloseTo(x, 6));
    [...expected, 1].forEach((x, d) => expect(features[1]?.[0]?.[d]).toBeCloseTo(x, 6));
  });

  test("learns which exit to trust if confidences are the same", () => {
    // Both exits are equally sure, but the first is right on every second example, the second on all.
    const sure = Array.from({ length: 40 }, (_, i) => (i % 2 ? [0.9, 0.1] : [0.1, 0.9]));
    const wrong = sure.map(([a = 0, b = 0], i) => (i % 4 < 2 ? [b, a] : [a, b]));
    const split = { ...exits(wrong, sure), labels: sure.map((_, i) => (i % 2 ? 0 : 1)) };
    const learned = fitLearnedExits(split);
    const scores = learnedScores(split, learned);
    // Platt's shares of 20 of 40 and of 40 of 40; after that, agreement separates the two kinds.
    expect(scores[0]?.[0]).toBeCloseTo(0.5, 10);
    expect(Math.min(...(scores[1] ?? []))).toBeGreaterThan(0.95);
    expect(fitLearnedExits(split)).toEqual(learned);
  });

  test("learns that confident answers are wrong if they are", () => {
    const p = Array.from({ length: 60 }, (_, i) => 0.55 + 0.4 * (i / 60));
    const split = {
      ...exits(p.map((x) => [x, 1 - x])),
      labels: p.map((x) => Number(x > 0.75)),
    };
    const [scores = []] = learnedScores(split, fitLearnedExits(split));
    expect(scores[0]).toBeGreaterThan(0.8);
    expect(scores[59]).toBeLessThan(0.2);
  });

  test("rejects too few regressions", () => {
    expect(() => learnedScores(steady, [])).toThrow(
      "learnedScores: expected one regression for each of 3 exits, got 0",
    );
  });
});

describe("oracle", () => {
  test("leaves at the first right exit, or at the first exit if none is right", () => {
    expect(
      oracle([
        [1, 0, 0, 0, 0],
        [0, 1, 0, 1, 0],
        [1, 1, 1, 0, 0],
      ]),
    ).toEqual({ exitCounts: [2, 2, 1], correct: 4 });
  });

  test("no point of any rule is more accurate", () => {
    fc.assert(
      fc.property(cascade, fc.constantFrom(...exitRuleNames), (c, name) => {
        const correct = predictedClasses(c).map((row) =>
          Uint8Array.from(row, (label, i) => Number(label === c.labels[i])),
        );
        const best = oracle(correct);
        expect(best.exitCounts.reduce((a, b) => a + b, 0)).toBe(c.labels.length);
        for (const point of speedAccuracyCurve({ confidences: exitRules[name](c, c), correct })) {
          expect(point.correct).toBeLessThanOrEqual(best.correct);
        }
      }),
    );
  });
});
