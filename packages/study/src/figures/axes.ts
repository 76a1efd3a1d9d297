import type { Size } from "@sweetspot/report/parts";
import type * as Plot from "@observablehq/plot";

/** A horizontal axis of differences in points of accuracy that shows at least `-least` to `least`. */
export function pointsAxis(
  values: readonly number[],
  { least, margin, size }: { least: number; margin: number; size: Size },
): Plot.ScaleOptions {
  return {
    domain: [Math.min(-least, ...values) - margin, Math.max(least, ...values) + margin],
    grid: true,
    label: "points of accuracy →",
    ticks: size.name === "wide" ? 8 : 4,
  };
}

/** A vertical axis of rows from 0, the first on top. */
export function rowAxis(names: readonly string[]): Plot.ScaleOptions {
  return { domain: [names.length - 0.5, -0.5], ...ticksOf(names) };
}

/** A horizontal axis of columns from 0, one for each layer. */
export function layerAxis(layers: readonly number[]): Plot.ScaleOptions {
  return { domain: [-0.5, layers.length - 0.5], ...ticksOf(layers.map(String)), label: null };
}

/** Where the i-th of n marks of a row or column is beside its middle. */
export function dodge(i: number, n: number, step: number): number {
  return (i - (n - 1) / 2) * step;
}

function ticksOf(names: readonly string[]): Plot.ScaleOptions {
  return {
    ticks: names.map((_, i) => i),
    tickFormat: (i: number) => names[i] ?? "",
    tickSize: 0,
  };
}
