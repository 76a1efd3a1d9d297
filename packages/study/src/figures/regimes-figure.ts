import * as Plot from "@observablehq/plot";
import {
  type Figure,
  type MethodStyle,
  type Size,
  draw,
  hollow,
  methodItem,
  panelSize,
  percent,
  signed,
  smallMultiples,
} from "@sweetspot/report/parts";
import type { RegimeRow } from "../analyses/regimes.ts";
import { ofOneSeed, type Study } from "../study.ts";
import { dodge, layerAxis } from "./axes.ts";

/** Each exit less early-exit's, a panel for each regime; no figure if there are no regimes. */
export function regimesFigures(study: Study): Figure[] {
  const { regimes: rows, styles } = study;
  if (rows.length === 0) return [];
  const regimes = [...new Set(rows.map((r) => r.regime))];
  const compared = styles.filter((s) => rows.some((r) => r.method === s.method));
  const early = styles.find((s) => s.method === "early-exit");
  const fitted = rows.some((r) => r.fit.method !== null);
  return [
    {
      name: "study-regimes",
      title: "Does the gap depend on how long and how fast one trains?",
      caption: `Each exit's accuracy alone less Early-Exit's at the same layer, in points: a panel for each regime, means over tasks, with ${percent(study.bootstrap.level, 0)} uncorrected intervals${ofOneSeed(rows)}.${fitted ? " Below: each exit's accuracy on its training set, in %; if that is far from 100, training could go further." : ""}`,
      draw: (size) => {
        const columns = size.name === "wide" ? Math.min(3, regimes.length) : 1;
        const values = rows.flatMap((r) => [r.low, r.high]);
        const [low, high] = [Math.min(-1, ...values), Math.max(1, ...values)];
        return smallMultiples(
          regimes.map((regime) =>
            drawPanel(
              rows.filter((r) => r.regime === regime),
              { regime, compared, early, low, high },
              panelSize(size, columns),
            ),
          ),
          {
            size,
            columns,
            legend: [...compared, ...(fitted && early ? [early] : [])].map(methodItem),
            alt: rows
              .map(
                (r) =>
                  `${r.regime}, layer ${r.exitLayer}: ${r.method} less early-exit ${signed(r.effect / 100)}`,
              )
              .join("; "),
          },
        );
      },
    },
  ];
}

interface Panel {
  regime: string;
  compared: readonly MethodStyle[];
  early: MethodStyle | undefined;
  low: number;
  high: number;
}

function drawPanel(
  rows: readonly RegimeRow[],
  { regime, compared, early, low, high }: Panel,
  size: Size,
): string {
  const layers = [...new Set(rows.map((r) => r.exitLayer))].sort((a, b) => a - b);
  const place = (row: RegimeRow) => layers.indexOf(row.exitLayer);
  const fits = [
    ...(early === undefined
      ? []
      : [
          {
            color: early.color,
            of: rows.filter((r) => r.method === rows[0]?.method),
            key: "earlyExit" as const,
          },
        ]),
    ...compared.map(({ color, method }) => ({
      color,
      of: rows.filter((r) => r.method === method),
      key: "method" as const,
    })),
  ];
  const air = 0.06 * (high - low);
  const line = size.fontSize * 1.3;
  return draw(
    {
      height: 220 + fits.length * line,
      marginLeft: 38,
      marginRight: 8,
      marginBottom: 44 + fits.length * line,
      x: layerAxis(layers),
      y: { domain: [low - air, high + air], ticks: 6, grid: true },
      marks: [
        Plot.ruleY([0], { stroke: "var(--ink)" }),
        ...compared.flatMap(({ method, color, symbol }, i) => {
          const own = rows.filter((r) => r.method === method);
          const x = (r: RegimeRow) => place(r) + dodge(i, compared.length, 0.24);
          return [
            Plot.ruleX(own, { x, y1: "low", y2: "high", stroke: color, strokeWidth: 1.5 }),
            Plot.dot(own, { x, y: "effect", ...hollow(color), r: 4, symbol }),
          ];
        }),
        ...fits.map(({ color, of, key }, i) =>
          Plot.text(of, {
            x: place,
            frameAnchor: "bottom",
            dy: 34 + i * line,
            text: (r: RegimeRow) => {
              const fit = r.fit[key];
              return fit === null ? "" : percent(fit, 0);
            },
            fill: color,
          }),
        ),
      ],
    },
    { size, yLabel: regime, legend: [], alt: "" },
  );
}
