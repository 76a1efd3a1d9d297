/** A function of `x`: writes its gradient into `gradient` and returns its value. */
export type SmoothFunction = (x: Float64Array, gradient: Float64Array) => number;

/** How many pairs of steps and gradient changes the Hessian is estimated from. */
const memory = 10;
/** Armijo's condition: the fraction of the decrease predicted by the slope. */
const sufficient = 1e-4;
const mostHalvings = 30;

/**
 * Minimises a smooth function by L-BFGS with a backtracking line search, in place. It takes at most
 * `mostSteps` steps, and stops once no component of the gradient is larger than `tolerance`.
 *
 * @param x `[D]`, the starting point; afterwards the minimum found
 * @returns the steps taken
 * Source: Nocedal and Wright, Numerical Optimization, 2nd ed., algorithms 3.1, 7.4 and 7.5.
 */
export function minimise(
  objective: SmoothFunction,
  x: Float64Array,
  { mostSteps, tolerance }: { mostSteps: number; tolerance: number },
): number {
  let gradient = new Float64Array(x.length);
  let next = new Float64Array(x.length);
  const start = new Float64Array(x.length);
  const pairs: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  let value = objective(x, gradient);
  for (let step = 0; step < mostSteps; step++) {
    if (largest(gradient) <= tolerance) return step;
    let direction = descent(gradient, pairs);
    let slope = dot(direction, gradient);
    if (slope >= 0) {
      pairs.length = 0;
      direction = descent(gradient, pairs);
      slope = dot(direction, gradient);
    }
    start.set(x);
    // Without an estimate of the curvature, the first step has length 1 at most.
    let rate = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
    let found = Infinity;
    for (let halving = 0; halving < mostHalvings; halving++, rate /= 2) {
      for (let i = 0; i < x.length; i++) x[i] = at(start, i) + rate * at(direction, i);
      found = objective(x, next);
      if (found <= value + sufficient * rate * slope) break;
    }
    if (!(found < value)) {
      // No step leads lower: the limit of float64 precision.
      x.set(start);
      return step;
    }
    const s = x.map((v, i) => v - at(start, i));
    const y = next.map((v, i) => v - at(gradient, i));
    const sy = dot(s, y);
    if (sy > 0) pairs.push({ s, y, rho: 1 / sy });
    if (pairs.length > memory) pairs.shift();
    [gradient, next] = [next, gradient];
    value = found;
  }
  return mostSteps;
}

/** The two-loop recursion: minus the estimated inverse Hessian times the gradient. */
function descent(
  gradient: Float64Array,
  pairs: readonly { s: Float64Array; y: Float64Array; rho: number }[],
): Float64Array {
  const q = gradient.map((g) => -g);
  const alphas: number[] = [];
  for (const { s, y, rho } of pairs.toReversed()) {
    const alpha = rho * dot(s, q);
    alphas.push(alpha);
    for (let i = 0; i < q.length; i++) q[i] = at(q, i) - alpha * at(y, i);
  }
  const last = pairs.at(-1);
  if (last !== undefined) {
    const scale = 1 / (last.rho * dot(last.y, last.y));
    for (let i = 0; i < q.length; i++) q[i] = at(q, i) * scale;
  }
  for (const { s, y, rho } of pairs) {
    const change = (alphas.pop() ?? 0) - rho * dot(y, q);
    for (let i = 0; i < q.length; i++) q[i] = at(q, i) + change * at(s, i);
  }
  return q;
}

function at(values: Float64Array, i: number): number {
  return values[i] ?? 0;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += at(a, i) * at(b, i);
  return sum;
}

function largest(values: Float64Array): number {
  return values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
}
