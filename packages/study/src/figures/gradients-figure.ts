import * as Plot from "@observablehq/plot";
import {
  type Figure,
  type Size,
  cosineText,
  draw,
  panelSize,
  smallMultiples,
} from "@sweetspot/report/parts";
import type { Gradients } from "../analyses/gradients.ts";
import type { Study } from "../study.ts";

/** Layers x classifiers: the cosine of each classifier's gradient and the update; no figure if nothing was measured. */
export function gradientsFigures(study: Study): Figure[] {
  const measured = study.gradients.filter((g) => g.alignments.length > 0);
  if (measured.length === 0) return [];
  const labelled = measured.map((gradients) => ({
    gradients,
    label: study.styles.find((s) => s.method === gradients.method)?.label ?? gradients.method,
  }));
  return [
    {
      name: "study-gradient-conflict",
      title: "Do classifiers pull shared layers in different directions?",
      caption:
        "The cosine between the gradient of one classifier's loss and the layer's update, averaged over steps, seeds and tasks: 1 if the layer moves exactly along that gradient, 0 if at a right angle to it, below 0 if against it. Rows are layers (0: the embeddings), columns are classifiers by the layer that they read. A cell is empty if the gradient does not reach the layer. In SWEET each layer learns from one classifier.",
      draw: (size) =>
        smallMultiples(
          labelled.map(({ gradients, label }) =>
            drawPanel(gradients, label, panelSize(size, labelled.length)),
          ),
          {
            size,
            columns: labelled.length,
            legend: [],
            alt: labelled
              .map(
                ({ gradients, label }) =>
                  `${label}, mean cosine of classifier and update: ${gradients.alignments
                    .map((a) => `layer ${a.layer}, classifier ${a.exit}: ${cosineText(a.cosine)}`)
                    .join("; ")}.`,
              )
              .join(" "),
          },
        ),
    },
  ];
}

function drawPanel({ alignments }: Gradients, label: string, size: Size): string {
  const exits = [...new Set(alignments.map((a) => a.exit))].sort((a, b) => a - b);
  const layers = [...new Set(alignments.map((a) => a.layer))].sort((a, b) => b - a);
  return draw(
    {
      height: 95 + 26 * layers.length,
      marginLeft: 26,
      marginRight: 2,
      padding: 0.06,
      x: { domain: exits, label: "classifier after layer →", tickSize: 0 },
      y: { domain: layers, tickSize: 0 },
      marks: [
        Plot.cell(alignments, {
          x: "exit",
          y: "layer",
          fill: (a: { cosine: number }) => (a.cosine < 0 ? "var(--method-2)" : "var(--ramp)"),
          fillOpacity: (a: { cosine: number }) => 0.08 + 0.5 * Math.min(1, Math.abs(a.cosine)),
        }),
        Plot.text(alignments, {
          x: "exit",
          y: "layer",
          text: (a: { cosine: number }) => cosineText(a.cosine),
          fill: "currentColor",
        }),
      ],
    },
    { size, yLabel: `${label}: layer`, legend: [], alt: "" },
  );
}
