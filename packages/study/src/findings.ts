import { cosineText, percent, signed } from "@sweetspot/report/parts";
import type { Effect } from "./effects/effect-estimate.ts";
import { ofOneSeed, type Study } from "./study.ts";

/** A study's findings, a sentence or two each, including what is undecided. */
export function studyFindings(study: Study): string[] {
  return [
    ...verdicts(study),
    ...conflict(study),
    ...objectives(study),
    ...regimes(study),
    ...calibration(study),
    ...promises(study),
    ...baselines(study),
  ];
}

function verdicts({ claims }: Study): string[] {
  const parts = (["supported", "contradicted", "undecided"] as const).flatMap((verdict) => {
    const ids = claims.filter((c) => c.verdict === verdict).map((c) => String(c.id));
    return ids.length === 0 ? [] : [`${list(ids)} ${ids.length === 1 ? "is" : "are"} ${verdict}`];
  });
  return [`Of the claims ${parts.join("; ")}.`];
}

function conflict({ claims }: Study): string[] {
  const share = claims.find((c) => c.id === 2)?.conflict;
  if (share === undefined) return [];
  return [
    `In Early-Exit two classifiers' gradients point against each other in ${percent(share.share, 0)} of the steps and layers that they share; their mean cosine is ${cosineText(share.cosine)}.`,
  ];
}

function objectives({ objectives: rows }: Study): string[] {
  if (rows.length === 0) return [];
  const winners = rows.filter((r) => r.verdict === "wins");
  if (winners.length > 0) {
    return [
      `Above the best of the three: ${list(winners.map((r) => `${r.label} (${between(r)})`))}${ofOneSeed(rows)}.`,
    ];
  }
  const [best] = [...rows].sort((a, b) => b.effect - a.effect);
  return best === undefined
    ? []
    : [
        `No further objective is significantly above the best of the three; the highest is ${best.label} (${between(best)})${ofOneSeed(rows)}.`,
      ];
}

function regimes({ chosen, styles }: Study): string[] {
  const main = chosen.filter((c) => styles.some((s) => s.method === c.method && s.kind === "main"));
  if (main.length === 0) return [];
  const label = (method: string) => styles.find((s) => s.method === method)?.label ?? method;
  const names = [...new Set(main.map((c) => c.regime))].map((regime) => {
    const methods = main.filter((c) => c.regime === regime).map((c) => label(c.method));
    return `${regime} for ${list(methods)}`;
  });
  return [`Regimes chosen on the calibration split: ${names.join("; ")}.`];
}

function calibration({ calibration: rows, styles }: Study): string[] {
  if (rows.length === 0) return [];
  const text = rows.map(
    ({ method, before, after }) =>
      `${styles.find((s) => s.method === method)?.label ?? method} from ${percent(before.ece)} to ${percent(after.ece)}`,
  );
  return [`A temperature for each exit changes the expected calibration error: ${list(text)}.`];
}

function promises({ promises: rows }: Study): string[] {
  const sum = (of: "runs" | "made" | "kept") => rows.reduce((total, row) => total + row[of], 0);
  if (sum("runs") === 0) return [];
  return [
    `Of ${sum("runs")} promises, ${sum("made")} could be made on the threshold split; ${sum("kept")} of those are kept on the test split.`,
  ];
}

function baselines({ groups }: Study): string[] {
  const behind = groups.flatMap(({ task, methods }) => {
    const cells = methods.flatMap((m) => m.cells);
    const words = cells.find((c) => c.results.baseline !== undefined)?.results.baseline?.accuracy;
    const main = methods.filter((m) => m.kind === "main");
    const ahead = main.every((m) => (m.exits.at(-1)?.interval[0] ?? NaN) > (words ?? NaN));
    return words === undefined || ahead ? [] : [task];
  });
  const known = groups.some((g) =>
    g.methods.some((m) => m.cells.some((c) => c.results.baseline !== undefined)),
  );
  if (!known) return [];
  return [
    behind.length === 0
      ? "On every task the last exits of all three are significantly more accurate than a bag of words."
      : `On ${list(behind)}, not all of the three's last exits are significantly more accurate than a bag of words.`,
  ];
}

function between({ effect, low, high }: Effect): string {
  return `${signed(effect / 100)}, ${signed(low / 100)} to ${signed(high / 100)}`;
}

function list(items: readonly string[]): string {
  return items.length < 2
    ? items.join("")
    : `${items.slice(0, -1).join(", ")} and ${items.at(-1) ?? ""}`;
}
