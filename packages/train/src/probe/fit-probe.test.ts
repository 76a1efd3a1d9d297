import { shuffled, splitmix32, uniform } from "@sweetspot/statistics";
import { describe, expect, it } from "vitest";
import { type FittedProbe, fitProbe } from "./fit-probe.ts";

/** Rows of `width` numbers; a row's class shows in the first ones, as strongly as `signal`. */
function made(n: number, width: number, classes: number, signal: number, seed = 1) {
  const random = splitmix32(seed);
  const labels = Int32Array.from(shuffled([...Array(n).keys()], random), (i) => i % classes);
  const values = Float32Array.from({ length: n * width }, (_, i) => {
    const hit = i % width === labels[Math.floor(i / width)];
    return 2 * uniform(random) - 1 + (hit ? signal : 0);
  });
  return { features: { values, width }, labels };
}

const answers = (
  { weight, bias }: FittedProbe,
  { values, width }: { values: Float32Array; width: number },
) =>
  Array.from({ length: values.length / width }, (_, i) => {
    const scores = Array.from(bias, (b, k) => {
      const at = (c: number) => (values[i * width + c] ?? 0) * (weight[k * width + c] ?? 0);
      return Array.from({ length: width }, (_, c) => at(c)).reduce((x, y) => x + y, b);
    });
    return scores.indexOf(Math.max(...scores));
  });

describe("fitProbe", () => {
  it("learns classes that show in the features, whatever their scale and place", () => {
    const { features, labels } = made(120, 7, 3, 2);
    const stretched = {
      width: 7,
      values: features.values.map((x, i) => x * 10 ** ((i % 7) - 3) + 5 * (i % 7)),
    };
    const [plain, moved] = [fitProbe(features, labels, 3), fitProbe(stretched, labels, 3)];
    const right = answers(plain, features).filter((k, i) => k === labels[i]).length;
    expect(right / 120).toBeGreaterThan(0.9);
    expect(plain.crossValidation.accuracy).toBeGreaterThan(0.85);
    expect(answers(moved, stretched)).toEqual(answers(plain, features));
    expect(moved.penalty).toBe(plain.penalty);
  });

  it("gives the same bits twice", () => {
    const { features, labels } = made(50, 5, 2, 1);
    expect(fitProbe(features, labels, 2)).toEqual(fitProbe(features, labels, 2));
  });

  it("penalises noise as strongly as it can, and gives constant features no weight", () => {
    const { features, labels } = made(90, 40, 2, 0);
    const noise = fitProbe(features, labels, 2);
    expect(noise.penalty).toBeGreaterThanOrEqual(1000);
    // It knows next to nothing: ln 2.
    expect(noise.crossValidation.loss).toBeCloseTo(Math.log(2), 1);
    const constant = {
      ...features,
      values: features.values.map((x, i) => (i % 40 === 3 ? 0.1 : x)),
    };
    const { weight } = fitProbe(constant, labels, 2);
    expect([weight[3], weight[43]]).toEqual([0, 0]);
    expect(weight.every(Number.isFinite)).toBe(true);
  });

  it("stays finite with fewer examples than features, a class of one example and a class of none", () => {
    const { features } = made(9, 30, 2, 1);
    const probe = fitProbe(features, Int32Array.of(0, 0, 0, 0, 1, 1, 1, 1, 2), 4);
    expect([...probe.weight, ...probe.bias].every(Number.isFinite)).toBe(true);
    expect(Number.isFinite(probe.crossValidation.loss)).toBe(true);
    // Nothing speaks for the class without examples.
    expect(answers(probe, features)).not.toContain(3);
    const two = fitProbe(made(2, 3, 2, 1).features, Int32Array.of(0, 1), 2);
    expect(Number.isFinite(two.crossValidation.loss)).toBe(true);
  });
});
