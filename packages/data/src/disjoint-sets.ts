/**
 * Sets of the numbers 0 to n - 1, each alone at first; a set is known by its smallest number.
 *
 * Source: Tarjan, doi:10.1145/321879.321884; union to the smaller number, with path compression.
 */
export function disjointSets(n: number): {
  /** The smallest number of the set that holds `i`. */
  first: (i: number) => number;
  /** Unites the sets that hold `i` and `j`. */
  join: (i: number, j: number) => void;
} {
  const parents = Int32Array.from({ length: n }, (_, i) => i);
  const first = (i: number): number => {
    let root = i;
    while (parents[root] !== root) root = parents[root] ?? root;
    for (let at = i; at !== root;) {
      const next = parents[at] ?? root;
      parents[at] = root;
      at = next;
    }
    return root;
  };
  const join = (i: number, j: number): void => {
    const [a, b] = [first(i), first(j)];
    parents[Math.max(a, b)] = Math.min(a, b);
  };
  return { first, join };
}
