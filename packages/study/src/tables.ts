import { cosineText, escapeText, percent, points, signed, table } from "@sweetspot/report/parts";
import type { Effect } from "./effects/effect-estimate.ts";
import { ofOneSeed, type Study, taskLabel } from "./study.ts";

/** Each exit's accuracy by task and method, with baselines without an encoder. */
export function accuracyTable(study: Study): string {
  const layers = [
    ...new Set(
      study.groups.flatMap((g) => g.methods.flatMap((m) => m.exits.map((e) => e.exitLayer))),
    ),
  ].sort((a, b) => a - b);
  return table(
    "Accuracy in % of each exit alone, averaged over seeds; a method that does not have all seeds lists its own.",
    ["", "", ...layers.map((l) => `layer ${l}`)],
    study.groups.flatMap((group) => {
      const words = group.methods.flatMap((m) =>
        m.cells.flatMap((c) => c.results.baseline ?? []),
      )[0];
      return group.methods.map((method, i) => [
        i === 0
          ? `${escapeText(taskLabel(study, group.task))}<small>always the same ${points(group.majority.share)}${words === undefined ? "" : `, words ${points(words.accuracy)}`}</small>`
          : "",
        `${escapeText(method.label)}${method.cells.length < study.seeds.length ? `<small>${seedsOf(method.cells)}</small>` : ""}`,
        ...layers.map((layer) => {
          const exit = method.exits.find((e) => e.exitLayer === layer);
          return exit === undefined ? "–" : points(exit.accuracy.mean);
        }),
      ]);
    }),
  );
}

function seedsOf(cells: readonly { seed: number }[]): string {
  return `${cells.length === 1 ? "seed" : "seeds"} ${cells.map((c) => c.seed).join(", ")}`;
}

/** The share of steps in which two classifiers conflict, by layer. */
export function conflictTable({ gradients }: Study): string {
  const pairs = gradients.find((g) => g.method === "early-exit")?.pairs ?? [];
  const names = [...new Set(pairs.map((p) => p.exits.join(" and ")))];
  const layers = [...new Set(pairs.map((p) => p.layer))].sort((a, b) => a - b);
  return table(
    "Early-Exit: the share of steps in which two classifiers' gradients point against each other, and their mean cosine, by layer (0: the embeddings). Classifiers are identified by the layer that they read.",
    ["classifiers", ...layers.map((l) => `layer ${l}`)],
    names.map((name) => [
      name,
      ...layers.map((layer) => {
        const pair = pairs.find((p) => p.layer === layer && p.exits.join(" and ") === name);
        return pair === undefined
          ? "–"
          : `${percent(pair.conflicts, 0)}<small>${cosineText(pair.cosine)}</small>`;
      }),
    ]),
  );
}

/** Each exit's temperature and calibration error. */
export function calibrationTable(study: Study): string {
  const layers = [...new Set(study.calibration.flatMap((c) => c.exits.map((e) => e.exitLayer)))];
  return table(
    "Expected calibration error in % before and after the temperature, averaged over tasks and seeds; and the temperature, as a geometric mean.",
    ["", ...layers.map((l) => `layer ${l}`)],
    study.calibration.map(({ method, exits }) => [
      escapeText(label(study, method)),
      ...layers.map((layer) => {
        const exit = exits.find((e) => e.exitLayer === layer);
        return exit === undefined
          ? "–"
          : `${points(exit.before)} → ${points(exit.after)}<small>temperature ${exit.temperature.toFixed(2)}</small>`;
      }),
    ]),
  );
}

/** Each exit rule's mean accuracy over cost, and the oracle's. */
export function rulesTable(study: Study): string {
  const names = [...new Set(study.rules.flatMap((r) => r.rules.map((rule) => rule.rule)))];
  return table(
    "Mean accuracy in % over cost, from the first exit's to the full model's, by exit rule; the oracle knows which exits are right. With two labels, entropy and margin rank examples as maximum probability does.",
    ["", ...study.rules.map((r) => escapeText(label(study, r.method)))],
    [
      ...names.map((name) => [
        escapeText(name.replaceAll("-", " ")),
        ...study.rules.map((r) => {
          const area = r.rules.find((rule) => rule.rule === name)?.area;
          return area === undefined ? "–" : points(area);
        }),
      ]),
      ["oracle", ...study.rules.map((r) => points(r.oracle))],
    ],
  );
}

/** Further objectives: differences from the best of the three, and from each of them. */
export function objectivesTable(study: Study): string {
  const against = study.objectives[0]?.against.map((a) => a.method) ?? [];
  return table(
    `The curve less the best of the three on each task, in points, with its interval after Holm's correction${ofOneSeed(study.objectives)}; and less each of them alone, with uncorrected intervals.`,
    ["", "less the best", "verdict", ...against.map((m) => `less ${escapeText(label(study, m))}`)],
    study.objectives.map((row) => [
      escapeText(row.label),
      withInterval(row),
      `${row.verdict}${row.why === undefined ? "" : `<small>${escapeText(row.why)}</small>`}`,
      ...against.map((method) => {
        const one = row.against.find((a) => a.method === method);
        return one === undefined ? "–" : withInterval(one);
      }),
    ]),
  );
}

/** Each exit's gap by regime. */
export function regimesTable(study: Study): string {
  const chosen = (regime: string, method: string) =>
    study.chosen.some((c) => c.regime === regime && c.method === method) ? ", chosen" : "";
  return table(
    `Accuracy of each exit alone less Early-Exit's, in points${ofOneSeed(study.regimes)}; and accuracy on the training set, Early-Exit's first.`,
    ["regime", "method", "layer", "less Early-Exit", "fit, %"],
    study.regimes.map((row) => [
      escapeText(row.regime),
      `${escapeText(label(study, row.method))}<small>${row.tasks} tasks${chosen(row.regime, row.method)}</small>`,
      String(row.exitLayer),
      withInterval(row),
      row.fit.earlyExit === null || row.fit.method === null
        ? "–"
        : `${points(row.fit.earlyExit)}, ${points(row.fit.method)}`,
    ]),
  );
}

function withInterval({ effect, low, high }: Effect): string {
  return `${signed(effect / 100)}<small>${signed(low / 100)} to ${signed(high / 100)}</small>`;
}

function label({ styles }: Pick<Study, "styles">, method: string): string {
  return styles.find((s) => s.method === method)?.label ?? method;
}
