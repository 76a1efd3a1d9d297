/**
 * A stream of whole numbers that depends on its seed alone: each call returns one below `bound`, at
 * most 2^32. All are equally likely up to one part in `2^32 / bound`.
 *
 * Its state has 128 bits, so that the many millions of draws of a bootstrap do not repeat.
 *
 * @param seed a whole number, from 0 to 2^53 - 1
 * Source: sfc32 of PractRand 0.95, seeded as there from 64 bits (public domain, C. Doty-Humphrey).
 */
export function sfc32(seed: number): (bound: number) => number {
  let [a, b, c, counter] = [0, seed | 0, Math.floor(seed / 2 ** 32) | 0, 1];
  const next = () => {
    const out = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + out) | 0;
    return out >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return (bound) => Math.floor((next() / 2 ** 32) * bound);
}
