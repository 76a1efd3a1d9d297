import * as Plot from "@observablehq/plot";
import type { ReportedCell } from "../cell.ts";
import { dotItem, draw, type Figure, type Size } from "./draw.ts";
import type { Group } from "../summary/summary.ts";

/** Where examples leave: the exits' shares at every threshold, one panel for each method. */
export function leavingFigure(group: Group, name: string): Figure {
  const several = group.methods.some((m) => m.cells.length > 1);
  return {
    name,
    title: "Where examples leave",
    caption: `The share of test examples that leave at each exit, by threshold${several ? " (mean of the seeds)" : ""}. The axis is stretched towards 1 (by −log of the distance to 1), where most decisions are made; up to 1/${group.labels.length}, which every confidence reaches, all leave at the first exit.`,
    draw: (size) => drawLeaving(group, size),
  };
}

const samples = 160;

function drawLeaving(group: Group, size: Size): string {
  const { methods, labels } = group;
  const from = stretch(1 / labels.length);
  const to = Math.max(
    ...methods.flatMap((m) => m.cells.map((cell) => stretch(almostAllGoOn(cell)))),
  );
  const exits = Math.max(...methods.map((m) => m.exits.length));
  const opacity = (e: number) => (exits === 1 ? 0.6 : 0.12 + (0.83 * e) / (exits - 1));
  const areas = methods.flatMap((method) =>
    method.exits.flatMap((_, e) =>
      Array.from({ length: samples + 1 }, (_, i) => {
        const x = from + ((to - from) * i) / samples;
        const shares = method.cells.map((cell) => sharesAt(cell, 1 - 10 ** -x));
        const below = (k: number) =>
          shares.reduce((sum, s) => sum + s.slice(0, k).reduce((a, b) => a + b, 0), 0) /
          shares.length;
        return { method: method.label, e, x, y1: 100 * below(e), y2: 100 * below(e + 1) };
      }),
    ),
  );
  const isWide = size.name === "wide";
  const ticks = [0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999]
    .filter((t) => stretch(t) >= from - 1e-9 && stretch(t) <= to)
    .map(stretch);
  const facet = { domain: methods.map((m) => m.label), label: null, padding: isWide ? 0.08 : 0.18 };
  return draw(
    {
      height: isWide ? 330 : 130 + 150 * methods.length,
      ...(isWide ? { fx: facet } : { fy: { ...facet, axis: null } }),
      x: {
        domain: [from, to],
        ticks,
        tickFormat: (x: number) => String(Number((1 - 10 ** -x).toFixed(6))),
        label: "threshold →",
      },
      y: { domain: [0, 100], ticks: isWide ? 5 : 3 },
      marks: [
        ...Array.from({ length: exits }, (_, e) =>
          Plot.areaY(
            areas.filter((a) => a.e === e),
            {
              x: "x",
              y1: "y1",
              y2: "y2",
              ...(isWide ? { fx: "method" } : { fy: "method" }),
              fill: "var(--ramp)",
              fillOpacity: opacity(e),
              stroke: "var(--page)",
              strokeWidth: 0.5,
            },
          ),
        ),
        ...(isWide
          ? []
          : [
              Plot.text(
                methods.map((m) => ({ method: m.label })),
                {
                  fy: "method",
                  text: "method",
                  frameAnchor: "top-left",
                  dy: -14,
                  textAnchor: "start",
                },
              ),
            ]),
      ],
    },
    {
      size,
      headroom: size.fontSize,
      yLabel: "↑ examples, %",
      legend: Array.from({ length: exits }, (_, e) =>
        dotItem(exitName(group, e), {
          symbol: "square",
          r: 6,
          fill: "var(--ramp)",
          fillOpacity: opacity(e),
          stroke: "var(--ramp)",
          strokeWidth: 0.5,
        }),
      ),
      alt: `${group.task}, ${group.encoder}: share of examples that leave at each exit, by threshold, for ${methods.map((m) => m.label).join(", ")}.`,
    },
  );
}

/** An exit's layer if all methods agree on it, else its number. */
function exitName({ methods }: Group, e: number): string {
  const layers = new Set(methods.flatMap((m) => m.exits[e]?.exitLayer ?? []));
  return layers.size === 1 ? `layer ${[...layers][0]}` : `exit ${e + 1}`;
}

/** The exits' shares at a threshold: the first point of the curve with a threshold at or above it makes the same decisions. */
function sharesAt({ results }: ReportedCell, threshold: number): number[] {
  const { curve } = results;
  let low = 0;
  let high = curve.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((curve[middle]?.threshold ?? Infinity) < threshold) low = middle + 1;
    else high = middle;
  }
  return curve[low]?.exitShares ?? [];
}

/** The threshold at which 99% go on to the last exit, clamped to `[0.9, 1 - 1e-6]`. */
function almostAllGoOn({ results }: ReportedCell): number {
  const point = results.curve.find((p) => (p.exitShares.at(-1) ?? 1) >= 0.99);
  return Math.min(1 - 1e-6, Math.max(0.9, point?.threshold ?? 1));
}

function stretch(threshold: number): number {
  return -Math.log10(1 - threshold);
}
