import * as Plot from "@observablehq/plot";
import { type Figure, dotItem, draw, hollow, methodItem, percent } from "@sweetspot/report/parts";
import { type Study, taskLabel } from "../study.ts";
import { dodge, rowAxis } from "./axes.ts";

const wordsMark: Plot.DotOptions = {
  symbol: "plus",
  r: 5,
  stroke: "var(--ink)",
  strokeWidth: 2,
};

/** Accuracies of baselines without an encoder, beside the full models'. */
export function baselinesFigure(study: Study): Figure {
  const tasks = study.groups.map(({ task, majority, methods }) => {
    const cells = methods.flatMap((m) => m.cells);
    return {
      label: taskLabel(study, task),
      majority: 100 * majority.share,
      words: cells.flatMap((c) => c.results.baseline?.accuracy ?? []).map((a) => 100 * a)[0],
      methods: methods
        .filter((m) => m.drawn)
        .map(({ method, exits }) => ({
          method,
          accuracy: 100 * (exits.at(-1)?.accuracy.mean ?? NaN),
        })),
    };
  });
  const styles = study.styles.filter((s) => s.drawn);
  const step = 0.5 / styles.length;
  const names = tasks.map((t) => t.label);
  const words = tasks.flatMap((t, i) => (t.words === undefined ? [] : [{ x: t.words, y: i }]));
  return {
    name: "study-baselines",
    title: "Is an encoder worth it at all?",
    caption: `Accuracy in % on the test split: each method's last exit alone, beside always answering the most frequent label${words.length > 0 ? " and a logistic regression on words and pairs of words, trained on the same examples" : ""}.`,
    draw: (size) =>
      draw(
        {
          height: 110 + 34 * names.length,
          marginLeft: size.name === "wide" ? 170 : 140,
          x: {
            domain: [0, 100],
            grid: true,
            label: "accuracy, % →",
            ticks: size.name === "wide" ? 10 : 5,
          },
          y: rowAxis(names),
          marks: [
            Plot.dot(tasks, {
              x: "majority",
              y: (_, i: number) => i,
              symbol: "times",
              r: 4.5,
              stroke: "var(--muted)",
              strokeWidth: 1.8,
            }),
            Plot.dot(words, { x: "x", y: "y", ...wordsMark }),
            ...styles.map(({ method, color, symbol }, s) =>
              Plot.dot(
                tasks.flatMap((t, i) =>
                  t.methods
                    .filter((m) => m.method === method)
                    .map((m) => ({
                      x: m.accuracy,
                      y: i + dodge(s, styles.length, step),
                    })),
                ),
                { x: "x", y: "y", ...hollow(color), r: 4, symbol },
              ),
            ),
          ],
        },
        {
          size,
          yLabel: "",
          legend: [
            dotItem("most frequent label", {
              symbol: "times",
              r: 4.5,
              stroke: "var(--muted)",
              strokeWidth: 1.8,
            }),
            ...(words.length > 0 ? [dotItem("bag of words", wordsMark)] : []),
            ...styles.map(methodItem),
          ],
          alt: `Accuracies. ${tasks
            .map(
              (t) =>
                `${t.label}: most frequent label ${percent(t.majority / 100)}${t.words === undefined ? "" : `, bag of words ${percent(t.words / 100)}`}, ${t.methods.map((m) => `${m.method} ${percent(m.accuracy / 100)}`).join(", ")}`,
            )
            .join("; ")}.`,
        },
      ),
  };
}
