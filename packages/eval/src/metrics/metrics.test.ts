import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Confusion, confusionMatrix } from "./confusion.ts";
import { metricNames, metrics, metricSchema } from "./metrics.ts";
import { precisions, recalls } from "./precision-recall.ts";

interface Case {
  classes: number;
  labels: number[];
  answers: number[];
  confusion: number[];
  scores: Record<string, number>;
  precision: number[];
  recall: number[];
}

const file = new URL("../../reference/metrics.json", import.meta.url);
const { cases } = JSON.parse(await readFile(file, "utf8")) as { cases: Case[] };

const defined = ({ classes }: Confusion) =>
  metricNames.filter((name) => (metrics[name].classes ?? classes) === classes);

describe("metrics", () => {
  test.each(cases)(
    "agree with scikit-learn on $classes classes, $labels.length examples",
    ({ classes, labels, answers, confusion, scores, precision, recall }) => {
      const matrix = confusionMatrix(labels, answers, classes);
      expect(Array.from(matrix.counts)).toEqual(confusion);
      expect(Object.keys(scores)).toEqual(defined(matrix));
      for (const name of defined(matrix)) {
        expect(metrics[name].value(matrix)).toBeCloseTo(scores[name] ?? NaN, 12);
      }
      precisions(matrix).forEach((p, k) => expect(p).toBeCloseTo(precision[k] ?? NaN, 12));
      recalls(matrix).forEach((r, k) => expect(r).toBeCloseTo(recall[k] ?? NaN, 12));
    },
  );

  test("are known by name", () => {
    expect(metricNames).toEqual(["accuracy", "macroF1", "mcc", "f1"]);
    expect(metricSchema.safeParse("mcc").success).toBe(true);
    expect(metricSchema.safeParse("auc").success).toBe(false);
  });

  test("a matrix needs an answer for each label", () => {
    expect(() => confusionMatrix([0, 1], [0], 2)).toThrow(/answer for each of 2 labels, got 1/);
  });
});

/** A confusion matrix of 2 to 5 classes with at least one example. */
const anyConfusion: fc.Arbitrary<Confusion> = fc.integer({ min: 2, max: 5 }).chain((classes) =>
  fc
    .array(fc.integer({ min: 0, max: 40 }), {
      minLength: classes * classes,
      maxLength: classes * classes,
    })
    .filter((counts) => counts.some((count) => count > 0))
    .map((counts) => ({ classes, counts })),
);

describe("every metric", () => {
  test("is in its range, and 1 exactly if all answers are right and two classes occur", () => {
    fc.assert(
      fc.property(anyConfusion, (confusion) => {
        for (const name of defined(confusion)) {
          const value = metrics[name].value(confusion);
          expect(value).toBeGreaterThanOrEqual(name === "mcc" ? -1 : 0);
          expect(value).toBeLessThanOrEqual(1);
        }
        const { classes, counts } = confusion;
        const diagonal = {
          classes,
          counts: Array.from(counts, (c, i) => (i % (classes + 1) ? 0 : c + 1)),
        };
        for (const name of defined(diagonal))
          expect(metrics[name].value(diagonal)).toBeCloseTo(1, 12);
      }),
    );
  });

  test("does not change if every example is there twice", () => {
    fc.assert(
      fc.property(anyConfusion, ({ classes, counts }) => {
        const twice = { classes, counts: Array.from(counts, (c) => 2 * c) };
        for (const name of defined(twice)) {
          expect(metrics[name].value(twice)).toBeCloseTo(
            metrics[name].value({ classes, counts }),
            12,
          );
        }
      }),
    );
  });

  test("but F1 of one class does not change if the classes are named in another order", () => {
    fc.assert(
      fc.property(anyConfusion, ({ classes, counts }) => {
        const last = classes - 1;
        const renamed = {
          classes,
          counts: Array.from(counts, (_, i) => {
            const [row, column] = [Math.floor(i / classes), i % classes];
            return counts[(last - row) * classes + (last - column)] ?? 0;
          }),
        };
        for (const name of ["accuracy", "macroF1", "mcc"] as const) {
          expect(metrics[name].value(renamed)).toBeCloseTo(
            metrics[name].value({ classes, counts }),
            12,
          );
        }
        const reversed = Array.from(recalls({ classes, counts })).toReversed();
        expect(Array.from(recalls(renamed))).toEqual(reversed);
      }),
    );
  });

  test("Matthews correlation is 0 if answers do not depend on the class", () => {
    const count = fc.integer({ min: 1, max: 30 });
    fc.assert(
      fc.property(fc.tuple(count, count, count), fc.tuple(count, count, count), (rows, columns) => {
        const counts = rows.flatMap((r) => columns.map((c) => r * c));
        expect(metrics.mcc.value({ classes: 3, counts })).toBeCloseTo(0, 12);
      }),
    );
  });
});
