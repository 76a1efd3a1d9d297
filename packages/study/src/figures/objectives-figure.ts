import * as Plot from "@observablehq/plot";
import { type Figure, dotItem, draw, percent, signed } from "@sweetspot/report/parts";
import type { ObjectiveRow } from "../analyses/objectives.ts";
import { ofOneSeed, type Study } from "../study.ts";
import { pointsAxis } from "./axes.ts";

/** Further methods against the best of the three; no figure if there are none. */
export function objectivesFigures({ objectives, bootstrap }: Study): Figure[] {
  if (objectives.length === 0) return [];
  const names = objectives.map((o) => o.label);
  const tasks = objectives.flatMap(({ label, perTask }) =>
    perTask.filter((t) => !t.control).map(({ effect }) => ({ label, effect })),
  );
  const values = [...objectives.flatMap((o) => [o.low, o.high]), ...tasks.map((t) => t.effect)];
  const color = (o: ObjectiveRow) =>
    o.verdict === "wins"
      ? "var(--method-3)"
      : o.verdict === "loses"
        ? "var(--method-2)"
        : "var(--muted)";
  return [
    {
      name: "study-objectives",
      title: "Is there an objective whose curve lies above all three?",
      caption: `Each method's curve less the best of Early-Exit's, SWEET's and Multi-Model's on each task with the same seed, in points, averaged over the costs that all reach and over tasks. Bars are ${percent(bootstrap.level, 0)} intervals after Holm's correction${ofOneSeed(objectives)}, small dots are tasks. The best of three is partly luck, so an equally good method is below 0; it loses only if it loses to one of the three alone.`,
      draw: (size) =>
        draw(
          {
            height: 110 + 30 * names.length,
            marginLeft: size.name === "wide" ? 150 : 136,
            x: pointsAxis(values, { least: 1, margin: 0.3, size }),
            y: { domain: names, type: "point", tickSize: 0 },
            marks: [
              Plot.ruleX([0], { stroke: "var(--ink)" }),
              Plot.dot(tasks, { x: "effect", y: "label", r: 2, fill: "var(--muted)", dy: 8 }),
              Plot.ruleY(objectives, {
                y: "label",
                x1: "low",
                x2: "high",
                stroke: color,
                strokeWidth: 2.5,
              }),
              Plot.dot(objectives, { x: "effect", y: "label", r: 5, fill: color }),
            ],
          },
          {
            size,
            yLabel: "",
            legend: [
              dotItem("wins", { r: 5, fill: "var(--method-3)" }),
              dotItem("undecided", { r: 5, fill: "var(--muted)" }),
              dotItem("loses", { r: 5, fill: "var(--method-2)" }),
              dotItem("a task", { r: 2, fill: "var(--muted)" }),
            ],
            alt: `Less the best of the three: ${objectives
              .map(
                (o) =>
                  `${o.label} ${signed(o.effect / 100)} (${signed(o.low / 100)} to ${signed(o.high / 100)}), ${o.verdict}`,
              )
              .join("; ")}.`,
          },
        ),
    },
  ];
}
