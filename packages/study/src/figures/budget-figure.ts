import * as Plot from "@observablehq/plot";
import { type Figure, type Size, dotItem, draw, percent } from "@sweetspot/report/parts";
import { type Study, taskLabel } from "../study.ts";

/** The budget of the figure. */
const budget = 0.5;

interface Share {
  task: string;
  method: string;
  layer: number;
  e: number;
  share: number;
}

/** Where examples leave at half the cost, on each task; no figure if no method has that budget. */
export function budgetFigures(study: Study): Figure[] {
  const shares = sharesOf(study);
  if (shares.length === 0) return [];
  return [
    {
      name: "study-leaving",
      title: "Where do examples leave at half the cost?",
      caption: `The share of test examples in % that each exit answers, at the threshold that runs at most ${percent(budget, 0)} of the full model's layers; averaged over seeds.`,
      draw: (size) => drawShares(study, shares, size),
    },
  ];
}

function sharesOf(study: Study): Share[] {
  return study.groups.flatMap(({ task, methods }) =>
    methods
      .filter((m) => m.drawn)
      .flatMap(({ label, cells, exits }) => {
        const rows = cells.flatMap((c) => {
          const found = c.results.atBudget.find((b) => b.budget === budget);
          return found === undefined ? [] : [found.exitShares];
        });
        if (rows.length === 0) return [];
        return exits.map(({ exitLayer: layer }, e) => ({
          task: taskLabel(study, task),
          method: label,
          layer,
          e,
          share: (100 * rows.reduce((sum, row) => sum + (row[e] ?? 0), 0)) / rows.length,
        }));
      }),
  );
}

function drawShares(study: Study, shares: readonly Share[], size: Size): string {
  const tasks = [...new Set(shares.map((s) => s.task))];
  const methods = study.styles
    .map((s) => s.label)
    .filter((l) => shares.some((s) => s.method === l));
  const layers = [...new Set(shares.map((s) => s.layer))].sort((a, b) => a - b);
  const opacity = (layer: number) =>
    layers.length === 1 ? 0.6 : 0.12 + (0.83 * layers.indexOf(layer)) / (layers.length - 1);
  return draw(
    {
      height: 100 + tasks.length * (24 + 16 * methods.length),
      marginLeft: 92,
      x: { domain: [0, 100], label: "examples, % →", ticks: size.name === "wide" ? 10 : 5 },
      y: { domain: methods, tickSize: 0, padding: 0.15 },
      fy: { domain: tasks, axis: null, padding: 0.24 },
      marks: [
        Plot.barX(shares, {
          x: "share",
          y: "method",
          fy: "task",
          fill: "var(--ramp)",
          fillOpacity: (s: Share) => opacity(s.layer),
          stroke: "var(--page)",
          strokeWidth: 0.5,
        }),
        Plot.text(
          tasks.map((task) => ({ task })),
          { fy: "task", text: "task", frameAnchor: "top-left", textAnchor: "start", dy: -12 },
        ),
      ],
    },
    {
      size,
      yLabel: "",
      headroom: 4,
      legend: layers.map((layer) =>
        dotItem(`layer ${layer}`, {
          symbol: "square",
          r: 6,
          fill: "var(--ramp)",
          fillOpacity: opacity(layer),
          stroke: "var(--ramp)",
          strokeWidth: 0.5,
        }),
      ),
      alt: `Share of examples that leave at each exit at half the cost. ${tasks
        .map(
          (task) =>
            `${task}: ${methods
              .map(
                (m) =>
                  `${m} ${shares
                    .filter((s) => s.task === task && s.method === m)
                    .map((s) => `${s.share.toFixed(0)}%`)
                    .join(", ")}`,
              )
              .join("; ")}`,
        )
        .join(". ")}.`,
    },
  );
}
