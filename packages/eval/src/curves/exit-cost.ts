/** One model of a cascade: the layers that its exits read, counted from 1, rising. */
export interface MemberExits {
  exitLayers: number[];
}

/** An exit of a cascade. */
export interface CascadeExit {
  /** From 0: which member, and which of its exits. */
  member: number;
  segment: number;
  /** The layer it reads, counted from 1 in its own member. */
  exitLayer: number;
  /** Layers run in all when an example leaves here, those of the members asked before included. */
  layers: number;
}

/**
 * The exits in the order in which they are asked, over all members. An example that leaves member
 * m has run every earlier member whole: multi-model pays for its restarts.
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
 * Mean layers run over the full model's, of examples of which so many leave at each exit.
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
  // One division of integers, so that a cost of exactly half is 0.5.
  return run / (n * layers);
}
