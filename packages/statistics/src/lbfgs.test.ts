import { expect, test } from "vitest";
import { minimise } from "./lbfgs.ts";

test("finds the minimum of a quadratic function of unequal curvatures", () => {
  const curvatures = [1, 7, 130];
  const centre = [3, -5, 0.2];
  const x = new Float64Array(3);
  const steps = minimise(
    (x, gradient) =>
      curvatures.reduce((sum, c, i) => {
        const away = (x[i] ?? 0) - (centre[i] ?? 0);
        gradient[i] = c * away;
        return sum + (c / 2) * away * away;
      }, 0),
    x,
    { mostSteps: 100, tolerance: 1e-9 },
  );
  expect(steps).toBeLessThan(30);
  centre.forEach((c, i) => expect(x[i]).toBeCloseTo(c, 9));
});

test("follows Rosenbrock's curved valley to its end", () => {
  const x = Float64Array.of(-1.2, 1);
  const rosenbrock = ([a = 0, b = 0]: Float64Array, gradient: Float64Array) => {
    gradient[0] = -400 * a * (b - a * a) - 2 * (1 - a);
    gradient[1] = 200 * (b - a * a);
    return 100 * (b - a * a) ** 2 + (1 - a) ** 2;
  };
  expect(minimise(rosenbrock, x, { mostSteps: 200, tolerance: 1e-8 })).toBeLessThan(100);
  expect(x[0]).toBeCloseTo(1, 6);
  expect(x[1]).toBeCloseTo(1, 6);
});

test("takes at most the steps given", () => {
  const x = Float64Array.of(10);
  const fourth = ([v = 0]: Float64Array, gradient: Float64Array) => {
    gradient[0] = 4 * v ** 3;
    return v ** 4;
  };
  expect(minimise(fourth, x, { mostSteps: 3, tolerance: 0 })).toBe(3);
  expect(x[0]).toBeLessThan(10);
});
