import { pairedDifference, type Interval } from "@sweetspot/statistics";
import type { ReportedCell } from "../cell.ts";
import { type Group, type MethodSummary, spread } from "./summary.ts";

/** Two classifiers, or cascades at one budget, compared on the same test examples. */
export interface Comparison {
  /** Two methods at one exit layer or at one budget, or one method's last exit and its first. */
  kind: "layer" | "budget" | "depth";
  /** The place: `layer 4`, `at 50% of the cost`, or a method's name (its last exit against its first). */
  at: string;
  first: string;
  second: string;
  /** Accuracy of the first less the second's, averaged over seeds. */
  difference: number;
  /** All of a group's intervals hold jointly at the group's level (Bonferroni). */
  interval: Interval;
  /** By seed. */
  seedDifferences: number[];
  /** The one that is ahead; null unless the interval excludes 0 and every seed agrees. */
  ahead: string | null;
}

interface Contest extends Pick<Comparison, "kind" | "at"> {
  first: {
    label: string;
    method: MethodSummary;
    right: (cell: ReportedCell) => ArrayLike<number> | undefined;
  };
  second: Contest["first"];
}

/** Every pair of methods at each exit layer and budget that both have, and each method's last exit against its first. */
export function compare(group: Group): Comparison[] {
  const contests: Contest[] = [...acrossMethods(group), ...acrossDepth(group)];
  const paired = contests.flatMap((contest) => {
    const pairs = pairCells(contest);
    return pairs.length === 0 ? [] : [{ contest, pairs }];
  });
  const level = 1 - (1 - group.confidence) / Math.max(1, paired.length);
  return paired.map(({ contest, pairs }) => {
    const { difference, interval } = pairedDifference(perExample(pairs), level);
    const seedDifferences = pairs.map(({ differences }) => spread(differences).mean);
    const ahead =
      interval[0] > 0 && seedDifferences.every((d) => d > 0)
        ? contest.first.label
        : interval[1] < 0 && seedDifferences.every((d) => d < 0)
          ? contest.second.label
          : null;
    return {
      kind: contest.kind,
      at: contest.at,
      first: contest.first.label,
      second: contest.second.label,
      difference,
      interval,
      seedDifferences,
      ahead,
    };
  });
}

function acrossMethods({ methods }: Group): Contest[] {
  const layers = [...new Set(methods.flatMap((m) => m.exits.map((e) => e.exitLayer)))].sort(
    (a, b) => a - b,
  );
  const budgets = [...new Set(methods.flatMap((m) => m.atBudget.map((b) => b.budget)))].sort(
    (a, b) => a - b,
  );
  const pairs = methods.flatMap((first, i) =>
    methods.slice(i + 1).map((second) => ({ first, second })),
  );
  const contests = (
    kind: "layer" | "budget",
    at: string,
    right: (cell: ReportedCell) => ArrayLike<number> | undefined,
  ): Contest[] =>
    pairs.map(({ first, second }) => ({
      kind,
      at,
      first: { label: first.label, method: first, right },
      second: { label: second.label, method: second, right },
    }));
  return [
    ...layers.flatMap((layer) =>
      contests(
        "layer",
        `layer ${layer}`,
        ({ results, right }) => right.exits[results.exits.findIndex((e) => e.exitLayer === layer)],
      ),
    ),
    ...budgets.flatMap((budget) =>
      contests(
        "budget",
        `at ${Math.round(100 * budget)}% of the cost`,
        ({ results, right }) =>
          right.atBudget[results.atBudget.findIndex((b) => b.budget === budget)],
      ),
    ),
  ];
}

function acrossDepth({ methods }: Group): Contest[] {
  return methods
    .filter((m) => m.exits.length > 1)
    .map((method) => ({
      kind: "depth" as const,
      at: method.label,
      first: { label: "the last exit", method, right: ({ right }) => right.exits.at(-1) },
      second: { label: "the first exit", method, right: ({ right }) => right.exits[0] },
    }));
}

interface Pair {
  testSha256: string;
  differences: number[];
}

/** Cells of one seed, tested on the same examples; a seed that only one side has is left out. */
function pairCells({ first, second }: Contest): Pair[] {
  return first.method.cells.flatMap((cell) => {
    const other = second.method.cells.find((c) => c.seed === cell.seed);
    const a = first.right(cell);
    const b = other === undefined ? undefined : second.right(other);
    if (a === undefined || b === undefined) return [];
    if (cell.results.testSha256 !== other?.results.testSha256) return [];
    const differences = Array.from(a, (right, i) => right - (b[i] ?? 0));
    return [{ testSha256: cell.results.testSha256, differences }];
  });
}

/** One difference for each test example: seeds tested on the same examples are averaged, others are concatenated. */
function perExample(pairs: readonly Pair[]): number[] {
  return [...new Set(pairs.map((p) => p.testSha256))].flatMap((sha) => {
    const same = pairs.filter((p) => p.testSha256 === sha);
    return (same[0]?.differences ?? []).map(
      (_, i) => spread(same.map((p) => p.differences[i] ?? 0)).mean,
    );
  });
}
