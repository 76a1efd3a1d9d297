import { createCipheriv, createHash } from "node:crypto";
import type { DropoutSite } from "@sweetspot/model";

/**
 * The chance that a byte really gives: a number is kept if its random byte is below
 * `256 * keepProbability`, rounded, so 0.9 becomes 230 / 256 = 0.8984.
 */
export function keepProbability(probability: number): number {
  return keptBytes(probability) / 256;
}

function keptBytes(probability: number): number {
  return Math.round(256 * (1 - probability));
}

/**
 * The dropout masks of training steps that follow each other: bytes of AES-128 in counter mode, keyed
 * by the seed and counting from the step. They depend on (seed, step), the sites and the batch's size,
 * and on nothing that happened before.
 *
 * @param batch the sizes behind `B` and `T`
 * @param step the first of them
 * @param steps how many
 * @returns by the site's name, the steps end to end: 1 where a number is kept, 0 where it is dropped
 */
export function dropoutMasks(
  sites: readonly DropoutSite[],
  batch: { B: number; T: number },
  seed: number,
  step: number,
  steps = 1,
): Record<string, Uint8Array> {
  const key = createHash("sha256").update(`dropout/${seed}`).digest().subarray(0, 16);
  const counts = sites.map(({ shape }) =>
    shape.reduce<number>((n, d) => n * (typeof d === "number" ? d : batch[d]), 1),
  );
  const zeros = Buffer.alloc(Math.max(0, ...counts));
  const masks = counts.map((count) => new Uint8Array(count * steps));
  for (let i = 0; i < steps; i++) {
    const counter = Buffer.alloc(16);
    counter.writeBigUInt64BE(BigInt(step + i));
    const cipher = createCipheriv("aes-128-ctr", key, counter);
    sites.forEach(({ probability }, s) => {
      const count = counts[s] ?? 0;
      const bytes = cipher.update(zeros.subarray(0, count));
      masks[s]?.set(below(bytes, keptBytes(probability)), i * count);
    });
  }
  return Object.fromEntries(sites.map(({ name }, s) => [name, masks[s] ?? new Uint8Array(0)]));
}

/** 1 for each byte below the limit, from 1 to 256, and 0 for the others. May write over the bytes. */
function below(given: Uint8Array, limit: number): Uint8Array {
  const bytes = given.byteOffset % 4 === 0 ? given : new Uint8Array(given);
  // Four at a time, each in a lane of 16 bits: adding carries into a lane's ninth bit from the limit on.
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
  const lanes = 0x00ff00ff;
  const carry = (256 - limit) * 0x00010001;
  const ninth = 0x00010001;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? 0;
    const even = (~((word & lanes) + carry) >>> 8) & ninth;
    const odd = (~(((word >>> 8) & lanes) + carry) >>> 8) & ninth;
    words[i] = even | (odd << 8);
  }
  for (let i = words.length * 4; i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) < limit ? 1 : 0;
  return bytes;
}
