import { mistakesSchema, parse } from "@sweetspot/artifact";
import { describe, expect, test } from "vitest";
import { findMistakes } from "./mistakes.ts";

const logit = (p: number) => Math.log(p / (1 - p));

/** Examples of two classes by the full model's probability of the second; the first exit is always wrong. */
function split(name: string, given: readonly [label: number, p: number][], text = "text") {
  const logits = Float32Array.from(given.flatMap(([, p]) => [0, logit(p)]));
  return {
    split: name,
    examples: given.map(([label], i) => ({
      text: `${name} ${text} ${i}`,
      label: label === 1 ? "good" : "bad",
    })),
    labels: Int32Array.from(given, ([label]) => label),
    logits: [logits.map((l) => -l), logits],
  };
}

const labels = ["bad", "good"];

describe("findMistakes", () => {
  test("has the test split's errors, the most confident first, and suspects of all splits", () => {
    const found = findMistakes(
      [
        split("test", [
          [1, 0.9],
          [0, 0.8],
          [0, 0.05],
          [1, 0.03],
        ]),
        split("calibration", [
          [1, 0.95],
          [0, 0.99],
          [0, 0.1],
        ]),
      ],
      labels,
    );
    expect(parse(mistakesSchema, found, "found")).toEqual(found);
    expect(found.errors.count).toBe(2);
    expect(found.errors.first.map((e) => [e.text, e.label, e.answer])).toEqual([
      ["test text 3", "good", "bad"],
      ["test text 1", "bad", "good"],
    ]);
    expect(found.errors.first[0]?.confidence).toBeCloseTo(0.97, 6);
    expect([found.labels.count, found.labels.of]).toEqual([3, 7]);
    expect(found.labels.first.map((e) => [e.text, e.split, e.answer])).toEqual([
      ["calibration text 1", "calibration", "good"],
      ["test text 3", "test", "bad"],
      ["test text 1", "test", "good"],
    ]);
    expect(found.labels.first[0]?.labelConfidence).toBeCloseTo(0.01, 6);
  });

  test("keeps 20 of each, cuts long texts between characters, and softens by the temperature", () => {
    const many = split(
      "test",
      Array.from({ length: 60 }, (_, i): [number, number] => [
        i % 2,
        i < 30 ? 0.01 + 0.98 * ((i + 1) % 2) : 0.01 + 0.98 * (i % 2),
      ]),
      "👍".repeat(500),
    );
    const found = findMistakes([many], labels, 2);
    expect([found.errors.count, found.errors.first.length]).toEqual([30, 20]);
    expect(found.labels.first.length).toBe(20);
    const [first] = found.errors.first;
    expect(Array.from(first?.text ?? "")).toHaveLength(400);
    expect(first?.text.endsWith("👍…")).toBe(true);
    expect(first?.confidence).toBeCloseTo(1 / (1 + Math.exp(-logit(0.99) / 2)), 6);
  });
});
