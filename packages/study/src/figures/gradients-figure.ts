import * as Plot from "@observablehq/plot";
import {
  type Figure,
  type Size,
  cosineText,
  draw,
  panelSize,
  smallMultiples,
} from "@sweetspot/report/parts";
import type { Gradients } from "../questions/gradients.ts";
import type { Study } from "../study.ts";

/** Layers x classifiers: how far each classifier's gradient goes along with the update; none where nothing was measured. */
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
        "The cosine between the gradient of one classifier's loss and the update that the layer got, a mean over steps, seeds and tasks: 1 where the layer moves as that classifier would have it, 0 where it takes no notice, below 0 where it moves against it. Rows are layers (0: the embeddings), columns the classifiers by the layer that they read. An empty cell is one whose gradient does not reach the layer. In SWEET each layer hears one classifier.",
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
