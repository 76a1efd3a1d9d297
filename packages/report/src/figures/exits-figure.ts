import * as Plot from "@observablehq/plot";
import { majorityMarks, yDomain } from "./curve-figure.ts";
import { draw, type Figure, hollow, methodItem, type Size } from "./draw.ts";
import { percent } from "../summary/numbers.ts";
import type { Group } from "../summary/summary.ts";

/** Individual classifiers: each exit alone on every example, with its interval. */
export function exitsFigure(group: Group, name: string): Figure {
  const several = group.methods.some((m) => m.cells.length > 1);
  const level = percent(group.confidence, 0);
  return {
    name,
    title: "Each exit alone",
    caption: `Every exit's classifier on all test examples. Bars are ${level} intervals (Wilson)${
      several
        ? ", averaged over seeds, for one model on another draw of test examples; small dots beside them are the seeds, the symbol their mean"
        : ""
    }. Exits whose bars overlap may still differ significantly when compared example by example; the list above says which do.`,
    draw: (size) => drawExits(group, size),
  };
}

function drawExits(group: Group, size: Size): string {
  const { methods } = group;
  const layers = [...new Set(methods.flatMap((m) => m.exits.map((e) => e.exitLayer)))].sort(
    (a, b) => a - b,
  );
  // Side by side, centred on the layer.
  const step = Math.min(0.18, 0.7 / methods.length);
  const marks = methods.map((method, i) => ({
    method,
    exits: method.exits.map((exit) => ({
      x: layers.indexOf(exit.exitLayer) + (i - (methods.length - 1) / 2) * step,
      y: 100 * exit.accuracy.mean,
      low: 100 * exit.interval[0],
      high: 100 * exit.interval[1],
    })),
    seeds: method.cells.flatMap((cell) =>
      cell.results.exits.map((exit) => ({
        x: layers.indexOf(exit.exitLayer) + (i - (methods.length - 1) / 2) * step,
        y: 100 * exit.accuracy,
      })),
    ),
  }));
  const [low, high] = yDomain(
    marks.flatMap((m) => [...m.exits.flatMap((e) => [e.low, e.high]), ...m.seeds.map((s) => s.y)]),
  );
  return draw(
    {
      height: size.name === "wide" ? 380 : 330,
      x: {
        domain: [-0.5, layers.length - 0.5],
        ticks: layers.map((_, i) => i),
        tickFormat: (i: number) => String(layers[i] ?? ""),
        tickSize: 0,
        label: "exit after layer →",
      },
      y: { domain: [low, high], grid: true },
      marks: [
        ...majorityMarks(group, low, high),
        ...marks.flatMap(({ method: { color, symbol, cells }, exits, seeds }) => [
          Plot.ruleX(exits, { x: "x", y1: "low", y2: "high", stroke: color, strokeWidth: 2 }),
          Plot.dot(exits, { x: "x", y: "y", ...hollow(color), symbol }),
          ...(cells.length > 1
            ? [Plot.dot(seeds, { x: "x", y: "y", dx: 10, fill: color, r: 2 })]
            : []),
        ]),
      ],
    },
    {
      size,
      yLabel: "↑ accuracy, %",
      legend: methods.map(methodItem),
      alt: `${group.task}, ${group.encoder}: accuracy of each exit alone. ${methods
        .map(
          (m) =>
            `${m.label}: ${m.exits.map((e) => `layer ${e.exitLayer} ${percent(e.accuracy.mean)}`).join(", ")}`,
        )
        .join("; ")}.`,
    },
  );
}
