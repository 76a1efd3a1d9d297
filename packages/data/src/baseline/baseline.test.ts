import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runStage } from "@sweetspot/artifact";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { baselineOf, readBaseline } from "./baseline.ts";
import { splitmix32, shuffled, uniform } from "@sweetspot/statistics";
import type { Example } from "../sources/examples.ts";
import { stage } from "../stage.ts";

/** Texts of 7 words out of 60; the word "yes" gives the label away in `tenths` of 10 texts. */
function texts(n: number, tenths: number, seed: number): Example[] {
  const random = splitmix32(seed);
  return Array.from({ length: n }, (_, i) => {
    const label = i % 3 === 0 ? "right" : "wrong";
    const noise = Array.from({ length: 6 }, () => `w${Math.floor(60 * uniform(random))}`);
    const word = (label === "right") === 10 * uniform(random) < tenths ? "yes" : "no";
    return { text: shuffled([...noise, word], random).join(" "), label };
  });
}

const splitsOf = (tenths: number) => ({
  train: texts(211, tenths, 1),
  calibration: texts(5, tenths, 2),
  threshold: texts(101, tenths, 3),
  test: texts(151, tenths, 4),
});

describe("baselineOf", () => {
  test("finds the word that gives the label away, and counts the test split", () => {
    const { format, majority, bagOfWords } = baselineOf(splitsOf(10), ["right", "wrong"]);
    expect(format).toBe("sweetspot-baseline-1");
    // Each third text is right, the first among them: 51 of 151.
    expect(majority).toEqual({ label: "wrong", share: 100 / 151 });
    expect(bagOfWords).toMatchObject({ n: 151, correct: 151, accuracy: 1 });
  });

  test("a word that gives the label away in nine of ten cases is worth no more than that; the same again each time", () => {
    const baseline = baselineOf(splitsOf(9), ["right", "wrong"]);
    expect(baseline.bagOfWords.accuracy).toBeGreaterThan(0.8);
    expect(baseline.bagOfWords.accuracy).toBeLessThan(0.95);
    expect(baseline.bagOfWords.correct / 151).toBe(baseline.bagOfWords.accuracy);
    expect(baselineOf(splitsOf(9), ["right", "wrong"])).toEqual(baseline);
  });

  test("the regularisation is the one that is best on the threshold split, the strongest of equals", () => {
    const easyTexts = texts(31, 10, 5).map(({ label }) => ({ text: `it is ${label}`, label }));
    const easy = { train: easyTexts, calibration: [], threshold: easyTexts, test: easyTexts };
    expect(baselineOf(easy, ["right", "wrong"]).bagOfWords.regularisation).toBe(0.01);
    // To know noise by heart the weakest is best.
    const noise = texts(211, 5, 7);
    const heart = baselineOf({ ...splitsOf(5), train: noise, threshold: noise }, [
      "right",
      "wrong",
    ]);
    expect(heart.bagOfWords.regularisation).toBeLessThan(0.01);
  });

  test("1,000 texts of 20,000 terms take seconds", () => {
    const random = splitmix32(11);
    const long = (n: number) =>
      Array.from({ length: n }, (_, i) => ({
        text: Array.from({ length: 23 }, () => `w${Math.floor(5000 * uniform(random) ** 2)}`).join(
          " ",
        ),
        label: String(i % 3),
      }));
    const splits = { train: long(1000), calibration: [], threshold: long(300), test: long(500) };
    const begin = performance.now();
    baselineOf(splits, ["0", "1", "2"]);
    expect(performance.now() - begin).toBeLessThan(8000);
  });
});

describe("readBaseline", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sweetspot-baseline-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("reads what the stage left, which is of the training split", async () => {
    const run = (trainSize: number) =>
      runStage(stage, {
        settings: { task: "yelp", trainSize },
        inputs: {},
        output: join(folder, `data-${trainSize}`),
      });
    const baseline = await readBaseline(await run(400));
    expect(baseline.majority.share).toBeCloseTo(0.5, 2);
    expect(baseline.bagOfWords.n).toBe(349);
    // Bounds from one measurement: 0.73 and 0.59.
    expect(baseline.bagOfWords.accuracy).toBeGreaterThan(0.68);
    const few = await readBaseline(await run(40));
    expect(few.bagOfWords.accuracy).toBeLessThan(0.68);
    expect(few.majority).toEqual(baseline.majority);
  });

  test("another format is an error that names the file and the key", async () => {
    const data = { path: (name: string) => join(folder, name) } as Parameters<
      typeof readBaseline
    >[0];
    await writeFile(
      join(folder, "baseline.json"),
      JSON.stringify({ format: "sweetspot-baseline-0" }),
    );
    await expect(readBaseline(data)).rejects.toThrow(/baseline\.json: format: /);
  });
});
