import * as Plot from "@observablehq/plot";
import {
  type Figure,
  type Group,
  type ReportedCell,
  type Size,
  type XY,
  draw,
  methodItem,
  panelSize,
  percent,
  smallMultiples,
  stepAt,
  yDomain,
} from "@sweetspot/report/parts";
import { taskLabel, type Study } from "../study.ts";

const samples = 120;

/** Curves of the methods that are drawn, a panel for each task. */
export function curvesFigure(study: Study): Figure {
  const several = study.seeds.length > 1;
  return {
    name: "study-curves",
    title: "Which method gets more for its cost?",
    caption: `Accuracy in % against layers run, in % of the full model, at every possible threshold; a panel for each task, each with its own axis.${several ? " Lines are means over the seeds, bands go from the lowest seed to the highest." : ""} Multi-Model's curve continues beyond 100%, because its restarts cost more than the full model; that part is not drawn.`,
    draw: (size) => drawAll(study, size),
  };
}

function drawAll(study: Study, size: Size): string {
  const columns = size.name === "wide" ? 3 : 2;
  const panel = panelSize(size, columns);
  const styles = study.styles.filter((s) => s.drawn);
  return smallMultiples(
    study.groups.map((group) => drawPanel(group, taskLabel(study, group.task), panel)),
    {
      size,
      columns,
      legend: styles.map(methodItem),
      alt: `Accuracy against cost on each task. At the full model's cost: ${study.groups
        .map(
          ({ task, methods }) =>
            `${task}: ${methods
              .filter((m) => m.drawn)
              .map((m) => `${m.label} ${percent(valueAt(m.cells, 100).y)}`)
              .join(", ")}`,
        )
        .join("; ")}.`,
    },
  );
}

function drawPanel(group: Group, title: string, size: Size): string {
  const drawn = group.methods
    .filter((m) => m.drawn)
    .map(({ color, cells }) => {
      const from = Math.max(...cells.map((c) => 100 * (c.results.curve[0]?.cost ?? NaN)));
      const to = Math.min(100, ...cells.map((c) => 100 * (c.results.curve.at(-1)?.cost ?? NaN)));
      const band = Array.from({ length: samples + 1 }, (_, i) =>
        valueAt(cells, from + ((to - from) * i) / samples),
      );
      return { color, several: cells.length > 1, band };
    });
  const [low, high] = yDomain(
    drawn.flatMap(({ band }) => band.flatMap((b) => [100 * b.low, 100 * b.high])),
  );
  return draw(
    {
      height: size.name === "wide" ? 190 : 170,
      marginLeft: 38,
      marginRight: 8,
      marginBottom: 30,
      x: { domain: [0, 102], ticks: [0, 25, 50, 75, 100], label: null, grid: true },
      y: { domain: [low, high], ticks: 5, grid: true },
      marks: [
        ...drawn
          .filter((d) => d.several)
          .map(({ color, band }) =>
            Plot.areaY(band, {
              x: "x",
              y1: (b: Band) => 100 * b.low,
              y2: (b: Band) => 100 * b.high,
              fill: color,
              fillOpacity: 0.18,
            }),
          ),
        ...drawn.map(({ color, band }) =>
          Plot.lineY(band, {
            x: "x",
            y: (b: Band) => 100 * b.y,
            stroke: color,
            strokeWidth: 1.6,
          }),
        ),
      ],
    },
    { size, yLabel: title, legend: [], alt: "" },
  );
}

interface Band extends XY {
  low: number;
  high: number;
}

/** Accuracy of the seeds at a cost in %: mean, lowest and highest. */
function valueAt(cells: readonly ReportedCell[], cost: number): Band {
  const ys = cells.map((cell) =>
    stepAt(
      cell.results.curve.map((p) => ({ x: 100 * p.cost, y: p.accuracy })),
      cost + 1e-9,
    ),
  );
  return {
    x: cost,
    y: ys.reduce((a, b) => a + b, 0) / ys.length,
    low: Math.min(...ys),
    high: Math.max(...ys),
  };
}
