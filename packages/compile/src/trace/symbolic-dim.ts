import { type Dim, dimAt } from "../graph/graph.ts";

type Sizes = Readonly<Record<string, number>>;

/**
 * `factor * product of symbols + offset` that is each of three numbers at its sizes; each symbol at
 * most squared. Where several fit, the one without an offset and of the lowest power.
 *
 * @param sizes of the symbols, for each of the numbers; primes, so that hardly ever several fit
 * @returns undefined if none does
 */
export function symbolicDim(
  [x, y, z]: readonly [number, number, number],
  sizes: readonly [Sizes, Sizes, Sizes],
): Dim | undefined {
  if (x === y) return x === z ? x : undefined;
  const candidates = products(Object.keys(sizes[0]).sort(), 2).flatMap((symbols) => {
    const [m, n] = [
      dimAt({ factor: 1, symbols }, sizes[0]),
      dimAt({ factor: 1, symbols }, sizes[1]),
    ];
    const factor = (x - y) / (m - n);
    return Number.isInteger(factor) ? [{ factor, symbols, offset: x - factor * m }] : [];
  });
  const fitting = candidates
    .filter((c) => dimAt(c, sizes[1]) === y && dimAt(c, sizes[2]) === z)
    .sort((a, b) => Math.sign(Math.abs(a.offset)) - Math.sign(Math.abs(b.offset)));
  const [best] = fitting;
  if (best === undefined) return undefined;
  const { factor, symbols, offset } = best;
  return offset === 0 ? { factor, symbols } : best;
}

/** Every product of the symbols, each at most to the given power, lower powers of the first ones first. */
function products(symbols: readonly string[], power: number): string[][] {
  const [first, ...rest] = symbols;
  if (first === undefined) return [[]];
  const tails = products(rest, power);
  return Array.from({ length: power + 1 }, (_, n) =>
    tails.map((t) => [...Array<string>(n).fill(first), ...t]),
  ).flat();
}
