import type { Comparison } from "../summary/comparisons.ts";
import { capital, count, percent, points } from "../summary/numbers.ts";
import type { Group } from "../summary/summary.ts";

/**
 * The findings that the comparisons support, a sentence for each layer and budget: which method is
 * ahead and by how much, and where there is no significant difference (the table of comparisons has
 * those numbers). No order is claimed unless its interval supports it.
 */
export function findings(group: Group, comparisons: readonly Comparison[]): string[] {
  const acrossMethods = comparisons.filter((c) => c.kind !== "depth");
  const places = [...new Set(acrossMethods.map((c) => c.at))];
  return [
    majorityFinding(group),
    ...depthFinding(comparisons.filter((c) => c.kind === "depth")),
    ...places.map((at) => {
      const here = acrossMethods.filter((c) => c.at === at);
      const sentences = [claims(here), undecided(here)].filter((s) => s !== "");
      return `${capital(at)}: ${sentences.join("; ")}.`;
    }),
  ];
}

/** What the findings are based on. */
export function findingsBasis(group: Group, comparisons: readonly Comparison[]): string {
  const seeds = group.methods.map((m) => m.cells.length);
  const runs = Math.max(...seeds) === 1;
  const together =
    comparisons.length === 0
      ? ""
      : `Differences are in percentage points${group.metric === "accuracy" ? "" : " of accuracy"}, compared example by example on the same ${count(group.examples)} test examples; the intervals of all ${comparisons.length} comparisons hold jointly at ${percent(group.confidence, 0)} (Bonferroni), so each is wider than it would be alone. `;
  return (
    together +
    (runs
      ? "Each classifier was trained once: the intervals are about other test examples, not other seeds."
      : "An order is claimed only if the interval of the mean over seeds supports it and every seed shows it. The intervals are about other test examples; the spread of the seeds is shown beside them.") +
    unpaired(group, comparisons)
  );
}

function claims(here: readonly Comparison[]): string {
  const won = here.filter((c) => c.ahead !== null);
  const winners = [...new Set(won.map((c) => c.ahead))];
  return winners
    .map((winner) => {
      const over = won
        .filter((c) => c.ahead === winner)
        .map((c) => {
          const sign = winner === c.first ? 1 : -1;
          const [low, high] = sign === 1 ? c.interval : [-c.interval[1], -c.interval[0]];
          const loser = winner === c.first ? c.second : c.first;
          return `${loser} by ${points(sign * c.difference)} (${points(low)} to ${points(high)})`;
        });
      return `${winner} is ahead of ${list(over)}`;
    })
    .join("; ");
}

function undecided(here: readonly Comparison[]): string {
  const open = here.filter((c) => c.ahead === null);
  if (open.length === here.length && open.length > 1)
    return "no significant difference between any two methods";
  const pairs = open.map((c) => `${c.first} and ${c.second}`);
  if (pairs.length === 0) return "";
  return `no significant difference between ${pairs.join(", nor between ")}`;
}

/** Each method's last exit against its first. */
function depthFinding(depth: readonly Comparison[]): string[] {
  if (depth.length === 0) return [];
  const texts = depth.map((c) => {
    if (c.ahead === null) return `no significant difference for ${c.at}`;
    const sign = c.ahead === c.first ? 1 : -1;
    const [low, high] = sign === 1 ? c.interval : [-c.interval[1], -c.interval[0]];
    return `${c.at} ${sign === 1 ? "gains" : "loses"} ${points(sign * c.difference)} (${points(low)} to ${points(high)})`;
  });
  return [`From the first exit to the last: ${texts.join("; ")}.`];
}

function majorityFinding({ methods, majority, confidence }: Group): string {
  const all = methods.flatMap((m) => m.exits.map((exit) => ({ label: m.label, exit })));
  const below = all.filter(({ exit }) => exit.interval[0] <= majority.share);
  const base = `always answering “${majority.label}”, which scores ${percent(majority.share)}`;
  if (below.length === 0) {
    const least = Math.min(...all.map(({ exit }) => exit.accuracy.mean - majority.share));
    return `Every exit is better than ${base}: the closest by ${points(least)} points.`;
  }
  const names = below.map(({ label, exit }) => `${label} at layer ${exit.exitLayer}`);
  return `Not significantly better than ${base} (by the ${percent(confidence, 0)} interval): ${list(names)}.`;
}

function unpaired({ methods }: Group, comparisons: readonly Comparison[]): string {
  const missing = methods.flatMap((first, i) =>
    methods
      .slice(i + 1)
      .filter(
        (second) => !comparisons.some((c) => c.first === first.label && c.second === second.label),
      )
      .map((second) => `${first.label} and ${second.label}`),
  );
  if (missing.length === 0) return "";
  return ` Not compared, because no seed of both was tested on the same examples at the same exit or budget: ${list(missing)}.`;
}

function list(items: readonly string[]): string {
  return items.length < 2
    ? items.join("")
    : `${items.slice(0, -1).join(", ")} and ${items.at(-1) ?? ""}`;
}
