import * as Plot from "@observablehq/plot";
import type { Milliseconds } from "@sweetspot/artifact";
import type { ReportedCell } from "../cell.ts";
import { dotItem, draw, type Figure, hollow, methodItem, type Size } from "./draw.ts";
import { count, percent } from "../summary/numbers.ts";
import { meanCurve, thin, type XY } from "./step-curve.ts";
import type { Group, MethodSummary } from "../summary/summary.ts";

/** What the x axis measures. */
interface Axis {
  label: string;
  of(point: { cost: number; ms: Pick<Milliseconds, "1"> }): number;
}

const layersAxis: Axis = {
  label: "layers run, % of the full model →",
  of: (point) => 100 * point.cost,
};
const msAxis: Axis = {
  label: "milliseconds per example, batch 1 →",
  of: (point) => point.ms["1"],
};

/** Accuracy against cost in layers: every threshold, the grid's thresholds, and each exit alone. */
export function layersFigure(group: Group, name: string): Figure {
  return {
    name,
    title: "Accuracy against layers run",
    caption: `Each line is a cascade at every possible threshold, from “all leave at the first exit” to “all go to the last”. ${marksCaption(group)} Multi-Model's restarts count, so its line can exceed 100%; its exits alone do not restart.`,
    draw: (size) => drawCurves(group, layersAxis, size),
  };
}

/** The same against measured milliseconds at batch 1. */
export function millisecondsFigure(group: Group, name: string): Figure {
  return {
    name,
    title: "Accuracy against measured time",
    caption: `As above, but in milliseconds a text, one text a call, tokenisation included: measured at five thresholds and for each exit alone, interpolated between them. ${machinesText(group)}`,
    draw: (size) => drawCurves(group, msAxis, size),
  };
}

/** Where the milliseconds were measured. */
export function machinesText({ machines }: Group): string {
  const texts = machines.map(
    (m) =>
      `${m.cpu} (${m.cores} cores, ${m.threads} ${m.threads === 1 ? "thread" : "threads"} used), ${m.platform}, Node ${m.node}, ONNX Runtime ${m.onnxruntime}${m.device === "cpu" ? "" : ` on ${m.device}`}`,
  );
  if (texts.length === 1) return `Measured on ${texts[0]}.`;
  return `Measured on ${texts.length} different machines, so the times of different lines cannot be compared: ${texts.join("; ")}.`;
}

function marksCaption({ methods }: Group): string {
  const seeds = Math.max(...methods.map((m) => m.cells.length));
  const lines =
    seeds > 1
      ? "Faint lines are single seeds, strong lines their mean; open symbols are each exit's classifier alone on every example, with a bar from the lowest seed to the highest."
      : "Open symbols are each exit's classifier alone on every example.";
  const thresholds = methods[0]?.grid.map((g) => g.threshold) ?? [];
  return `${lines} Small dots are the thresholds ${thresholds.map((t) => Number(t.toFixed(3))).join(", ")}; thresholds with the same decisions share one dot.`;
}

function drawCurves(group: Group, axis: Axis, size: Size): string {
  const { methods, examples } = group;
  const plotted = methods.map((method) => {
    const seeds = method.cells.map((cell) => curveOf(cell, axis));
    const [only] = seeds;
    return {
      method,
      seeds: seeds.length > 1 ? seeds.map((line) => thin(line, size.width / 3)) : [],
      line: seeds.length === 1 && only !== undefined ? thin(only, size.width) : meanCurve(seeds),
      alone: method.exits.map((exit) => ({
        x: axis.of({ cost: exit.cost, ms: { "1": exit.ms["1"].mean } }),
        y: 100 * exit.accuracy.mean,
        low: 100 * exit.accuracy.min,
        high: 100 * exit.accuracy.max,
      })),
      grid: method.grid.map((g) => ({
        x: axis.of({ cost: g.cost.mean, ms: { "1": g.ms["1"].mean } }),
        y: 100 * g.accuracy.mean,
      })),
    };
  });
  const points = plotted.flatMap((p) => [
    ...p.line,
    ...p.seeds.flat(),
    ...p.grid,
    ...p.alone.flatMap(({ x, y, low, high }) => [
      { x, y },
      { x, y: low },
      { x, y: high },
    ]),
  ]);
  const right = Math.max(...points.map((p) => p.x));
  const half = meanHalfInterval(methods);
  const [low, high] = yDomain(points.map((p) => p.y));
  const center = low + Math.max(1.5 * half, 0.08 * (high - low));
  const bar = { x: right * 0.985, y1: center - half, y2: center + half };
  return draw(
    {
      height: size.name === "wide" ? 440 : 360,
      x: {
        domain: [0, right * 1.02],
        label: axis.label,
        grid: true,
        ticks: size.name === "wide" ? 8 : 5,
      },
      y: { domain: [low, high], grid: true },
      marks: [
        ...(axis === layersAxis && right > 100
          ? [Plot.ruleX([100], { stroke: "var(--muted)", strokeDasharray: "2 3" })]
          : []),
        ...majorityMarks(group, low, high),
        ...plotted.flatMap(({ method: { color }, seeds }) =>
          seeds.map((line) =>
            Plot.lineY(line, { x: "x", y: "y", stroke: color, strokeWidth: 1, strokeOpacity: 0.3 }),
          ),
        ),
        ...plotted.map(({ method: { color }, line }) =>
          Plot.lineY(line, { x: "x", y: "y", stroke: color, strokeWidth: 1.8 }),
        ),
        ...plotted.map(({ method: { color }, grid }) =>
          Plot.dot(grid, { x: "x", y: "y", fill: color, r: 2.8 }),
        ),
        ...plotted.flatMap(({ method: { color, symbol, cells }, alone }) => [
          ...(cells.length > 1
            ? [
                Plot.ruleX(alone, {
                  x: "x",
                  y1: "low",
                  y2: "high",
                  stroke: color,
                  strokeWidth: 1.5,
                }),
              ]
            : []),
          Plot.dot(alone, { x: "x", y: "y", ...hollow(color), symbol }),
        ]),
        Plot.ruleX([bar], { x: "x", y1: "y1", y2: "y2", stroke: "var(--ink)", strokeWidth: 1.5 }),
        Plot.dot([bar.y1, bar.y2], {
          x: () => bar.x,
          y: (y: number) => y,
          symbol: cap,
          stroke: "var(--ink)",
          strokeWidth: 1.5,
        }),
        Plot.text([bar], {
          x: "x",
          y: (b: typeof bar) => (b.y1 + b.y2) / 2,
          text: [`${percent(group.confidence, 0)} interval of one\naccuracy, n ${count(examples)}`],
          textAnchor: "end",
          dx: -8,
          fill: "var(--muted)",
          stroke: "var(--page)",
          strokeWidth: 4,
        }),
      ],
    },
    {
      size,
      yLabel: "↑ accuracy, %",
      legend: [
        ...methods.map(methodItem),
        dotItem("an exit alone", { ...hollow("var(--muted)"), symbol: "circle" }),
        dotItem("a threshold of the grid", { fill: "var(--muted)", r: 2.8 }),
      ],
      alt: altText(group, axis),
    },
  );
}

/** An end of the interval's bar. (Plot's markers would do, but their ids count up from run to run.) */
const cap = {
  draw(path: { moveTo(x: number, y: number): void; lineTo(x: number, y: number): void }) {
    path.moveTo(-4, 0);
    path.lineTo(4, 0);
  },
};

/** One seed's curve, all points; accuracies in %. */
function curveOf({ results }: ReportedCell, axis: Axis): XY[] {
  return results.curve.map((p) => ({ x: axis.of(p), y: 100 * p.accuracy }));
}

/** Half of the exits' mean interval, in points. */
function meanHalfInterval(methods: readonly MethodSummary[]): number {
  const widths = methods.flatMap((m) => m.exits.map(({ interval: [low, high] }) => high - low));
  return (100 * widths.reduce((a, b) => a + b, 0)) / widths.length / 2;
}

/** The range of accuracies in %, with a small margin. */
export function yDomain(values: readonly number[]): [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const air = Math.max(0.5, 0.07 * (high - low));
  return [Math.max(0, low - air), Math.min(100.5, high + air)];
}

/** The majority baseline, if it is within the axis. */
export function majorityMarks({ majority }: Group, low: number, high: number): Plot.Markish[] {
  const y = 100 * majority.share;
  if (y <= low || y >= high) return [];
  return [
    Plot.ruleY([y], { stroke: "var(--muted)", strokeDasharray: "6 3" }),
    Plot.text([`always “${majority.label}”`], {
      frameAnchor: "left",
      y: [y],
      textAnchor: "start",
      dx: 4,
      dy: -8,
      fill: "var(--muted)",
      stroke: "var(--page)",
      strokeWidth: 4,
    }),
  ];
}

function altText({ methods, task, encoder }: Group, axis: Axis): string {
  const ends = methods.map(
    (m) =>
      `${m.label} from ${percent(m.exits[0]?.accuracy.mean ?? NaN)} with all leaving at the first exit to ${percent(m.exits.at(-1)?.accuracy.mean ?? NaN)} with all going to the last`,
  );
  return `${task}, ${encoder}: accuracy against ${axis.label.replace(" →", "")}. ${ends.join("; ")}.`;
}
