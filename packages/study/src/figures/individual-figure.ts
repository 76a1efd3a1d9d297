import * as Plot from "@observablehq/plot";
import {
  type Figure,
  type Group,
  type Size,
  draw,
  hollow,
  methodItem,
  panelSize,
  percent,
  smallMultiples,
  yDomain,
} from "@sweetspot/report/parts";
import { type Study, taskLabel } from "../study.ts";
import { dodge, layerAxis } from "./axes.ts";

/** Each exit alone, a panel for each task. */
export function individualFigure(study: Study): Figure {
  return {
    name: "study-individual-classifiers",
    title: "How accurate is each classifier alone?",
    caption: `Accuracy in % of the exit after each layer on all test examples. Bars are ${percent(study.bootstrap.level, 0)} intervals (Wilson), averaged over seeds. Exits whose bars overlap may still differ significantly when compared example by example, as for the claims.`,
    draw: (size) => {
      const columns = size.name === "wide" ? 3 : 2;
      return smallMultiples(
        study.groups.map((group) =>
          drawPanel(group, taskLabel(study, group.task), panelSize(size, columns)),
        ),
        {
          size,
          columns,
          legend: study.styles.filter((s) => s.drawn).map(methodItem),
          alt: `Accuracy of each exit alone. ${study.groups
            .map(
              ({ task, methods }) =>
                `${task}: ${methods
                  .filter((m) => m.drawn)
                  .map(
                    (m) => `${m.label} ${m.exits.map((e) => percent(e.accuracy.mean)).join(", ")}`,
                  )
                  .join("; ")}`,
            )
            .join(". ")}.`,
        },
      );
    },
  };
}

function drawPanel(group: Group, title: string, size: Size): string {
  const methods = group.methods.filter((m) => m.drawn);
  const layers = [...new Set(methods.flatMap((m) => m.exits.map((e) => e.exitLayer)))].sort(
    (a, b) => a - b,
  );
  const step = Math.min(0.22, 0.75 / methods.length);
  const drawn = methods.map(({ color, symbol, exits }, i) => ({
    color,
    symbol,
    exits: exits.map(({ exitLayer, accuracy, interval: [low, high] }) => ({
      x: layers.indexOf(exitLayer) + dodge(i, methods.length, step),
      y: 100 * accuracy.mean,
      low: 100 * low,
      high: 100 * high,
    })),
  }));
  return draw(
    {
      height: size.name === "wide" ? 190 : 170,
      marginLeft: 38,
      marginRight: 8,
      marginBottom: 30,
      x: layerAxis(layers),
      y: {
        domain: yDomain(drawn.flatMap((d) => d.exits.flatMap((e) => [e.low, e.high]))),
        ticks: 5,
        grid: true,
      },
      marks: drawn.flatMap(({ color, symbol, exits }) => [
        Plot.ruleX(exits, { x: "x", y1: "low", y2: "high", stroke: color, strokeWidth: 1.5 }),
        Plot.dot(exits, { x: "x", y: "y", ...hollow(color), r: 3.5, strokeWidth: 1.5, symbol }),
      ]),
    },
    { size, yLabel: title, legend: [], alt: "" },
  );
}
