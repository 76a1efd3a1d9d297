import * as Plot from "@observablehq/plot";
import { draw, type Figure, hollow, type Size } from "./draw.ts";
import { furtherMethods } from "../summary/further-methods.ts";
import { signed } from "../summary/numbers.ts";
import { spread, type Group } from "../summary/summary.ts";

/** The methods that the other figures leave out, against the best of those that they show; no figure if they show all. */
export function furtherFigures(group: Group, name: string): Figure[] {
  const further = furtherMethods(group);
  if (further.length === 0) return [];
  const drawn = group.methods.filter((m) => m.drawn).map((m) => m.label);
  const rows = further.map(({ method, seeds }) => ({
    label: method.label,
    color: method.color,
    symbol: method.symbol,
    mean: 100 * spread(seeds.map((s) => s.difference)).mean,
    seeds: seeds.map((s) => 100 * s.difference),
  }));
  const values = rows.flatMap((r) => [r.mean, ...r.seeds]);
  const render = (size: Size) =>
    draw(
      {
        height: 110 + 30 * rows.length,
        marginLeft: size.name === "wide" ? 150 : 130,
        x: {
          label: "points of accuracy →",
          domain: [Math.min(-1, ...values) - 0.3, Math.max(1, ...values) + 0.3],
          grid: true,
          ticks: size.name === "wide" ? 8 : 5,
        },
        y: { domain: rows.map((r) => r.label), type: "point", tickSize: 0 },
        marks: [
          Plot.ruleX([0], { stroke: "var(--ink)" }),
          ...rows.flatMap(({ label, color, symbol, mean, seeds }) => [
            ...(seeds.length > 1
              ? [Plot.dot(seeds, { x: (d: number) => d, y: () => label, fill: color, r: 2.5 })]
              : []),
            Plot.dot([mean], { x: (d: number) => d, y: () => label, ...hollow(color), symbol }),
          ]),
        ],
      },
      {
        size,
        yLabel: "",
        legend: [],
        alt: `${group.task}, ${group.encoder}: mean accuracy over the costs that all reach, less that of the best of ${drawn.join(", ")}. ${rows.map((r) => `${r.label} ${signed(r.mean / 100)}`).join(", ")}.`,
      },
    );
  return [
    {
      name,
      title: "Further methods against the best of those above",
      caption: `Each method's mean accuracy over the costs that all reach, less that of the best of ${drawn.join(", ")} with the same seed. Small dots are seeds, the symbol their mean. No interval is drawn: the difference from a best is a little below 0 even between equals.`,
      draw: render,
    },
  ];
}
