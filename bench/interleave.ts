/** Something that takes a while and tells how long, in a unit of its own. */
export interface Contender {
  measure(): Promise<number>;
}

/** What each measured, round by round. */
export interface Rounds {
  ours: number[];
  peer: number[];
}

/**
 * Measures two in turns, A B A B, so that a slow moment of the machine falls on both; which goes first
 * alternates. A first turn of each warms up and is not counted, unless nothing would stay warm.
 */
export async function interleave(
  ours: Contender,
  peer: Contender,
  rounds: number,
  log: (line: string) => void,
  { warmUp = true }: { warmUp?: boolean } = {},
): Promise<Rounds> {
  if (warmUp) {
    await ours.measure();
    await peer.measure();
  }
  const told: Rounds = { ours: [], peer: [] };
  for (let round = 0; round < rounds; round++) {
    const turns = [
      async () => void told.ours.push(await ours.measure()),
      async () => void told.peer.push(await peer.measure()),
    ];
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
    log(
      `  round ${round + 1} of ${rounds}: ours ${short(told.ours.at(-1))}, peer ${short(told.peer.at(-1))}`,
    );
  }
  return told;
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = NaN, high = NaN] = [
    sorted[sorted.length % 2 === 0 ? middle - 1 : middle],
    sorted[middle],
  ];
  return (low + high) / 2;
}

/** Three digits. */
export function short(x: number | undefined): string {
  return Number((x ?? NaN).toPrecision(3)).toString();
}
