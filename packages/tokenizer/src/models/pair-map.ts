/**
 * A map from pairs of integers of 0 or more to one such integer: what `Map` would hold under joined
 * keys, in three flat arrays (open addressing, linear probing), several times faster.
 */
export interface PairMap {
  /** -1 if there is none. */
  get(first: number, second: number): number;
  set(first: number, second: number, value: number): void;
}

/** @param expected how many pairs to make room for at first; it grows as needed */
export function pairMap(expected = 0): PairMap {
  let mask = 15;
  while (mask < 2 * expected) mask = 2 * mask + 1;
  let firsts = new Int32Array(mask + 1).fill(-1);
  let seconds = new Int32Array(mask + 1);
  let values = new Int32Array(mask + 1);
  let size = 0;

  /** Where the pair is, or would be. */
  const slotOf = (first: number, second: number): number => {
    let hash = Math.imul(first, 0x9e37_79b1) ^ Math.imul(second, 0x85eb_ca6b);
    hash ^= hash >>> 15;
    hash = Math.imul(hash, 0x2c1b_3c6d);
    let slot = (hash ^ (hash >>> 13)) & mask;
    while (firsts[slot] !== -1 && (firsts[slot] !== first || seconds[slot] !== second)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  };

  const put = (first: number, second: number, value: number): void => {
    const slot = slotOf(first, second);
    if (firsts[slot] === -1) size++;
    firsts[slot] = first;
    seconds[slot] = second;
    values[slot] = value;
  };

  const grow = (): void => {
    const old = { firsts, seconds, values };
    mask = 2 * mask + 1;
    size = 0;
    firsts = new Int32Array(mask + 1).fill(-1);
    seconds = new Int32Array(mask + 1);
    values = new Int32Array(mask + 1);
    old.firsts.forEach((first, i) => {
      if (first !== -1) put(first, old.seconds[i] ?? 0, old.values[i] ?? 0);
    });
  };

  return {
    get(first, second) {
      const slot = slotOf(first, second);
      return firsts[slot] === -1 ? -1 : (values[slot] ?? -1);
    },
    set(first, second, value) {
      if (2 * (size + 1) > mask) grow();
      put(first, second, value);
    },
  };
}
