import { dimAt, type Graph } from "../src/graph/graph.ts";
import { difference, open, type Tolerance, waves } from "./eager.ts";

/** Sizes of batches and texts, from pairs of both. */
export const sizesOf = (...pairs: readonly [B: number, T: number][]): { B: number; T: number }[] =>
  pairs.map(([B, T]) => ({ B, T }));

/**
 * Runs two graphs on the same numbers at several sizes, and says where they differ first.
 *
 * @returns undefined if nowhere
 */
export async function differs(
  changed: Graph,
  graph: Graph,
  sizes: readonly Readonly<Record<string, number>>[],
  tolerance: Tolerance = {},
): Promise<string | undefined> {
  const [before, after] = [await open(graph), await open(changed)];
  try {
    for (const [i, at] of sizes.entries()) {
      const inputs = Object.fromEntries(
        graph.inputs.map(({ name, shape }, k) => [
          name,
          waves(
            shape.map((d) => dimAt(d, at)),
            10 * i + k + 1,
          ),
        ]),
      );
      const found = difference(await after.run(inputs), await before.run(inputs), tolerance);
      if (found !== undefined) return `at ${JSON.stringify(at)}: ${found}`;
    }
    return undefined;
  } finally {
    await before.close();
    await after.close();
  }
}
