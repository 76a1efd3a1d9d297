/** One model of a cascade: the layers that its exits read, counted from 1, ascending. */
export interface MemberExits {
  exitLayers: number[];
}

/** An exit of a cascade. */
export interface CascadeExit {
  /** The member, and the exit within it; both counted from 0. */
  member: number;
  segment: number;
  /** The layer it reads, counted from 1 in its own member. */
  exitLayer: number;
  /** Total layers run if an example leaves here, earlier members included. */
  layers: number;
}

/**
 * The exits in the order in which they run, over all members. An example that leaves at member m has
 * run every earlier member in full: multi-model pays for its restarts.
 */
export function cascadeExits(members: readonly MemberExits[]): CascadeExit[] {
  let before = 0;
  return members.flatMap(({ exitLayers }, member) => {
    const exits = exitLayers.map((exitLayer, segment) => ({
      member,
      segment,
      exitLayer,
      layers: before + exitLayer,
    }));
    before += exitLayers.at(-1) ?? 0;
    return exits;
  });
}

/**
 * Mean layers run divided by the full model's, given how many examples leave at each exit.
 *
 * @param exitCounts `[E]`
 */
export function meanCost(
  exitCounts: readonly number[],
  { exitLayers, layers }: { exitLayers: readonly number[]; layers: number },
): number {
  let n = 0;
  let run = 0;
  exitCounts.forEach((count, e) => {
    n += count;
    run += count * (exitLayers[e] ?? NaN);
  });
  // A single division of integers, so that a cost of exactly half is 0.5.
  return run / (n * layers);
}
