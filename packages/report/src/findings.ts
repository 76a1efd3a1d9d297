import type { Comparison } from "./comparisons.ts";
import { count, percent, points } from "./numbers.ts";
import type { Group } from "./summary.ts";

/**
 * What the comparisons carry, a sentence or two for each place: who is ahead, by how much, and who
 * is not told apart, whose numbers are in the table of comparisons. No order is claimed that its interval does not carry.
 */
export function findings(group: Group, comparisons: readonly Comparison[]): string[] {
  const acrossMethods = comparisons.filter((c) => c.kind !== "depth");
  const places = [...new Set(acrossMethods.map((c) => c.at))];
  return [
    majorityFinding(group),
    ...depthFinding(comparisons.filter((c) => c.kind === "depth")),
    ...places.map((at) => {
      const here = acrossMethods.filter((c) => c.at === at);
      const sentences = [claims(here), notToldApart(here)].filter((s) => s !== "");
      return `${capital(at)}: ${sentences.join("; ")}.`;
    }),
  ];
}

/** On what ground the findings stand. */
export function findingsBasis(group: Group, comparisons: readonly Comparison[]): string {
  const seeds = group.methods.map((m) => m.cells.length);
  const runs = Math.max(...seeds) === 1;
  const together =
    comparisons.length === 0
      ? ""
      : `Differences are in percentage points, compared example by example on the same ${count(group.examples)} test examples; the intervals of all ${comparisons.length} comparisons hold together at ${percent(group.confidence, 0)} (Bonferroni), so each is wider than it would be alone. `;
  return (
    together +
    (runs
      ? "Each classifier was trained once: the intervals say what other test examples would change, not what another seed would."
      : "An order is claimed only if the mean over the seeds carries it and every seed shows it. The intervals say what other test examples would change; the seeds' own spread is shown beside them.") +
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

function notToldApart(here: readonly Comparison[]): string {
  const open = here.filter((c) => c.ahead === null);
  if (open.length === here.length && open.length > 1) return "no two methods are told apart";
  const pairs = open.map((c) => `${c.first} and ${c.second}`);
  if (pairs.length < 2) return pairs.map((pair) => `${pair} are not told apart`).join("");
  return `not told apart: ${pairs.join(", ")}`;
}

/** What depth buys: each method's last exit against its first. */
function depthFinding(depth: readonly Comparison[]): string[] {
  if (depth.length === 0) return [];
  const texts = depth.map((c) => {
    if (c.ahead === null) return `${c.at}'s are not told apart`;
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
  return `Not told apart from, or worse than, ${base} (within the ${percent(confidence, 0)} interval): ${list(names)}.`;
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
  return ` Not compared, since no seed of both was tested on the same examples at the same place: ${list(missing)}.`;
}

function list(items: readonly string[]): string {
  return items.length < 2
    ? items.join("")
    : `${items.slice(0, -1).join(", ")} and ${items.at(-1) ?? ""}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
