/** A point of a figure. */
export interface XY {
  x: number;
  y: number;
}

/**
 * The y of the last point whose x is not above `x`: the accuracy at a budget of `x`. The first point's
 * y if all are above.
 *
 * @param points at least one, x ascending
 */
export function stepAt(points: readonly XY[], x: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.x ?? Infinity) <= x) low = middle + 1;
    else high = middle;
  }
  return points[Math.max(0, low - 1)]?.y ?? NaN;
}

/**
 * The mean of several curves as steps, at `samples` x's spread evenly over the range that all of
 * them cover.
 */
export function meanCurve(curves: readonly (readonly XY[])[], samples = 400): XY[] {
  const from = Math.max(...curves.map((c) => c[0]?.x ?? NaN));
  const to = Math.min(...curves.map((c) => c.at(-1)?.x ?? NaN));
  return Array.from({ length: samples + 1 }, (_, i) => {
    const x = i === samples ? to : from + ((to - from) * i) / samples;
    return { x, y: curves.reduce((sum, c) => sum + stepAt(c, x), 0) / curves.length };
  });
}

/**
 * Fewer points that draw the same line: the first, lowest, highest and last of each of `columns` slices
 * of x.
 *
 * @param points x ascending
 */
export function thin(points: readonly XY[], columns: number): XY[] {
  const from = points[0]?.x ?? 0;
  const width = ((points.at(-1)?.x ?? 0) - from) / columns || 1;
  const kept: XY[] = [];
  let begin = 0;
  while (begin < points.length) {
    const column = Math.floor(((points[begin]?.x ?? 0) - from) / width);
    let end = begin + 1;
    let lowest = begin;
    let highest = begin;
    while (end < points.length && Math.floor(((points[end]?.x ?? 0) - from) / width) === column) {
      if ((points[end]?.y ?? NaN) < (points[lowest]?.y ?? NaN)) lowest = end;
      if ((points[end]?.y ?? NaN) > (points[highest]?.y ?? NaN)) highest = end;
      end++;
    }
    const indices = [...new Set([begin, lowest, highest, end - 1])].sort((a, b) => a - b);
    kept.push(...indices.flatMap((i) => points[i] ?? []));
    begin = end;
  }
  return kept;
}
