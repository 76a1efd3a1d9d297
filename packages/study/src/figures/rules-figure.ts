import * as Plot from "@observablehq/plot";
import { type Figure, draw, hollow, methodItem, percent, signed } from "@sweetspot/report/parts";
import type { Study } from "../study.ts";
import { dodge, pointsAxis, rowAxis } from "./axes.ts";

const reference = "max-probability";

/** Exit rules against the one by maximum probability; no figure if no others were evaluated. */
export function rulesFigures({ rules, styles }: Study): Figure[] {
  const names = [...new Set(rules.flatMap((r) => r.rules.map((rule) => rule.rule)))].filter(
    (name) => name !== reference,
  );
  const rows = rules.flatMap((row) => {
    const style = styles.find((s) => s.method === row.method);
    const base = row.rules.find((r) => r.rule === reference)?.area;
    return style === undefined || base === undefined ? [] : [{ ...row, style, base }];
  });
  if (names.length === 0 || rows.length === 0) return [];
  const step = 0.6 / rows.length;
  const marks = rows.map(({ style, base, rules: of }, i) => ({
    style,
    points: of
      .filter((r) => r.rule !== reference)
      .map((r) => ({
        x: 100 * (r.area - base),
        y: names.indexOf(r.rule) + dodge(i, rows.length, step),
      })),
  }));
  const values = marks.flatMap((m) => m.points.map((p) => p.x));
  const bound = rows.map(
    ({ style, oracle, base }) => `${style.label} ${signed(oracle - base)} (${percent(oracle)})`,
  );
  return [
    {
      name: "study-exit-rules",
      title: "Is another exit rule better than maximum probability?",
      caption: `Mean accuracy over cost, from the first exit's to the full model's, less that of the rule by maximum probability, in points; means over seeds and tasks, without intervals. With two labels, entropy and margin rank examples as maximum probability does. The bound is a rule that knows which exits are right: ${bound.join(", ")}.`,
      draw: (size) =>
        draw(
          {
            height: 110 + 44 * names.length,
            marginLeft: size.name === "wide" ? 130 : 120,
            x: pointsAxis(values, { least: 0.5, margin: 0.2, size }),
            y: rowAxis(names.map((n) => n.replaceAll("-", " ").replace(" with", "\nwith"))),
            marks: [
              Plot.ruleX([0], { stroke: "var(--ink)" }),
              ...marks.map(({ style: { color, symbol }, points }) =>
                Plot.dot(points, { x: "x", y: "y", ...hollow(color), symbol }),
              ),
            ],
          },
          {
            size,
            yLabel: "",
            legend: rows.map((r) => methodItem(r.style)),
            alt: `Exit rules less maximum probability, mean accuracy over cost. ${rows
              .map(
                ({ style, base, rules: of }) =>
                  `${style.label}: ${of
                    .filter((r) => r.rule !== reference)
                    .map((r) => `${r.rule} ${signed(r.area - base)}`)
                    .join(", ")}`,
              )
              .join("; ")}. The oracle: ${bound.join(", ")}.`,
          },
        ),
    },
  ];
}
