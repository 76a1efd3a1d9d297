import { countsOf, groupsBy } from "../groups.ts";
import { splitmix32, shuffled } from "@sweetspot/statistics";

/** Rows distributed so that no group is in two stretches. */
export interface GroupedRows {
  /** The rows of each stretch. */
  held: number[][];
  /** The rows of the groups that are in no stretch, in the given order. */
  rest: number[];
  /** The number of rows in neither, because the rest of their group is in a stretch. */
  leftOut: number;
}

/** Rows that stay together. */
interface Group {
  rows: number[];
  /** Label -> number of rows. */
  counts: Map<number, number>;
}

/**
 * Fills stretches with whole groups. Each stretch gets as many rows of each label as it would have
 * without groups, so sizes and labels are exact. Groups are taken in a seeded order while they fit. Once
 * none fits, the groups with the fewest surplus rows are taken in part, and their surplus is left out.
 *
 * @param stretches the rows of each stretch as they would be without groups
 * @param rest the rows in no stretch
 * @param labels `[N]`, the label of each row
 * @param groups `[N]`, the group of each row; a row without one is its own
 * @throws RangeError if there are too few groups
 */
export function keepGroupsTogether(
  { stretches, rest }: { stretches: readonly (readonly number[])[]; rest: readonly number[] },
  labels: readonly number[],
  groups: readonly (string | undefined)[],
  { seed, where }: { seed: number; where: string },
): GroupedRows {
  const order = [...stretches.flat(), ...rest];
  // A key of its own length: `stratifiedOrder` keys its streams by seed and label.
  const free = new Set(shuffled(groupsOf(order, labels, groups), splitmix32(seed, 0, 0)));
  const held = stretches.map((stretch) => {
    const wanted = countLabels(stretch, labels);
    const taken: number[] = [];
    const take = (group: Group) => {
      free.delete(group);
      for (const row of group.rows) {
        const left = wanted.get(labels[row] ?? -1) ?? 0;
        if (left === 0) continue;
        wanted.set(labels[row] ?? -1, left - 1);
        taken.push(row);
      }
    };
    for (const group of free) if (tooMany(group, wanted) === 0) take(group);
    while (taken.length < stretch.length) {
      const [best] = [...free]
        .map((group) => ({ group, over: tooMany(group, wanted) }))
        .filter(({ group, over }) => over < group.rows.length)
        .sort((a, b) => a.over - b.over);
      if (best === undefined) {
        throw new RangeError(
          `${where}: too few groups to hold out splits of ${stretches.map((s) => s.length).join(", ")} examples; lower calibrationSize, thresholdSize or testSize`,
        );
      }
      take(best.group);
    }
    return taken;
  });
  const left = new Set([...free].flatMap(({ rows }) => rows));
  const remaining = order.filter((row) => left.has(row));
  const leftOut = order.length - remaining.length - held.flat().length;
  return { held, rest: remaining, leftOut };
}

function groupsOf(
  order: readonly number[],
  labels: readonly number[],
  names: readonly (string | undefined)[],
): Group[] {
  const named = groupsBy<number, string | number>(order, (row) => names[row] ?? row);
  return Array.from(named.values(), (rows) => ({ rows, counts: countLabels(rows, labels) }));
}

function countLabels(rows: readonly number[], labels: readonly number[]): Map<number, number> {
  return countsOf(rows.map((row) => labels[row] ?? -1));
}

/** The surplus rows of a group. */
function tooMany({ counts }: Group, wanted: ReadonlyMap<number, number>): number {
  let over = 0;
  for (const [label, n] of counts) over += Math.max(0, n - (wanted.get(label) ?? 0));
  return over;
}
