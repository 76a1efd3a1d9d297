/** Runs something once and returns how long it took, in a unit of its own. */
export interface Contender {
  measure(): Promise<number>;
}

/** The measurements of both, round by round. */
export interface Rounds {
  ours: number[];
  peer: number[];
}

/**
 * Measures two in turns, so that a slow moment of the machine affects both; they alternate in going
 * first. The first turn of each is a warm-up and not counted, unless nothing would stay warm.
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
  const measured: Rounds = { ours: [], peer: [] };
  for (let round = 0; round < rounds; round++) {
    const turns = [
      async () => void measured.ours.push(await ours.measure()),
      async () => void measured.peer.push(await peer.measure()),
    ];
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
    log(
      `  round ${round + 1} of ${rounds}: ours ${short(measured.ours.at(-1))}, peer ${short(measured.peer.at(-1))}`,
    );
  }
  return measured;
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

/** To three digits. */
export function short(x: number | undefined): string {
  return Number((x ?? NaN).toPrecision(3)).toString();
}
