/**
 * A stream of 32-bit integers that depends on its key alone.
 *
 * @param key whole numbers, from 0 to 2^53 - 1: a seed, then what distinguishes this stream from others
 * Source: splitmix32, with the finaliser of MurmurHash3 (public domain, A. Appleby).
 */
export function splitmix32(...key: readonly number[]): () => number {
  let state = 0;
  for (const part of key) {
    state = mix((state + (part >>> 0) + 0x9e3779b9) | 0);
    state = mix((state + Math.floor(part / 2 ** 32) + 0x9e3779b9) | 0);
  }
  return () => {
    state = (state + 0x9e3779b9) | 0;
    return mix(state);
  };
}

function mix(bits: number): number {
  let h = bits;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The stream's next number, in `[0, 1)`. */
export function uniform(random: () => number): number {
  return random() / 2 ** 32;
}

/** A copy of `items` in random order (Fisher and Yates). */
export function shuffled<T>(items: Iterable<T>, random: () => number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(uniform(random) * (i + 1));
    const [a, b] = [result[i], result[j]] as [T, T];
    result[i] = b;
    result[j] = a;
  }
  return result;
}
