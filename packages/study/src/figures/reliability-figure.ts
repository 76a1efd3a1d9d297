import * as Plot from "@observablehq/plot";
import type { ReliabilityBin } from "@sweetspot/statistics";
import {
  type Figure,
  type Size,
  dotItem,
  draw,
  panelSize,
  points,
  smallMultiples,
} from "@sweetspot/report/parts";
import type { Calibration } from "../analyses/calibration.ts";
import type { Study } from "../study.ts";

/** Confidence against accuracy, before and after the temperatures; no figure if nothing was calibrated. */
export function reliabilityFigures(study: Study): Figure[] {
  const { calibration } = study;
  if (calibration.length === 0) return [];
  const of = (method: string) => study.styles.find((s) => s.method === method);
  const ece = ({ before, after }: Calibration) => `${points(before.ece)} → ${points(after.ece)}`;
  return [
    {
      name: "study-calibration",
      title: "Can a confidence be believed?",
      caption:
        "Accuracy of predictions by confidence, both in %: on the dashed diagonal they are equal, below it exits are overconfident. Open dots are for the original logits, filled ones for logits divided by a temperature for each exit, fitted on the calibration split. All exits, seeds and tasks are pooled; bins with fewer than one prediction in a hundred are left out. Beside the name: the expected calibration error in %, before → after, averaged over exits.",
      draw: (size) => {
        const columns = size.name === "wide" ? Math.min(3, calibration.length) : 2;
        return smallMultiples(
          calibration.map((c) => {
            const style = of(c.method);
            return drawPanel(
              c,
              `${style?.label ?? c.method}: ${ece(c)}`,
              style?.color ?? "var(--muted)",
              panelSize(size, columns),
            );
          }),
          {
            size,
            columns,
            legend: [
              dotItem("as they are", {
                r: 3.5,
                fill: "var(--page)",
                stroke: "var(--muted)",
                strokeWidth: 1.5,
              }),
              dotItem("over the temperature", { r: 3.5, fill: "var(--muted)" }),
            ],
            alt: `Expected calibration error in %, before and after temperatures: ${calibration
              .map((c) => `${of(c.method)?.label ?? c.method} ${ece(c)}`)
              .join("; ")}.`,
          },
        );
      },
    },
  ];
}

function drawPanel({ before, after }: Calibration, title: string, color: string, size: Size) {
  const dots = (bins: readonly ReliabilityBin[]) => {
    const all = bins.reduce((sum, bin) => sum + bin.count, 0);
    return bins.flatMap(({ count, confidence, accuracy }) =>
      confidence === null || accuracy === null || count < all / 100
        ? []
        : [{ x: 100 * confidence, y: 100 * accuracy }],
    );
  };
  const [open, filled] = [dots(before.bins), dots(after.bins)];
  const low = Math.min(...[...open, ...filled].flatMap(({ x, y }) => [x, y])) - 4;
  return draw(
    {
      height: size.name === "wide" ? 240 : 200,
      marginLeft: 34,
      marginRight: 8,
      marginBottom: 40,
      x: { domain: [low, 102], ticks: 4, grid: true, label: "confidence →" },
      y: { domain: [low, 102], ticks: 4, grid: true },
      marks: [
        Plot.line(
          [
            { x: low, y: low },
            { x: 100, y: 100 },
          ],
          { x: "x", y: "y", stroke: "var(--muted)", strokeDasharray: "4 3" },
        ),
        Plot.line(open, { x: "x", y: "y", stroke: color, strokeOpacity: 0.45 }),
        Plot.line(filled, { x: "x", y: "y", stroke: color, strokeWidth: 1.6 }),
        Plot.dot(open, { x: "x", y: "y", r: 3, fill: "var(--page)", stroke: color }),
        Plot.dot(filled, { x: "x", y: "y", r: 3, fill: color }),
      ],
    },
    { size, yLabel: title, legend: [], alt: "" },
  );
}
