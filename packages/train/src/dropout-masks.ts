import { createCipheriv, createHash } from "node:crypto";
import type { DropoutSite } from "@sweetspot/model";

/**
 * The chance that a byte really gives: a number is kept if its random byte is below
 * `256 * keepProbability`, rounded, so 0.9 becomes 230 / 256 = 0.8984.
 */
export function keepProbability(probability: number): number {
  return Math.round(256 * (1 - probability)) / 256;
}

/**
 * The dropout masks of one training step: bytes of AES-128 in counter mode, keyed by the seed and
 * counting from the step. They depend on (seed, step), the sites and the batch's size, and on
 * nothing that happened before.
 *
 * @param batch the sizes behind `B` and `T`
 * @returns by the site's name: 1 where a number is kept, 0 where it is dropped
 */
export function dropoutMasks(
  sites: readonly DropoutSite[],
  batch: { B: number; T: number },
  seed: number,
  step: number,
): Record<string, Uint8Array> {
  const key = createHash("sha256").update(`dropout/${seed}`).digest().subarray(0, 16);
  const counter = Buffer.alloc(16);
  counter.writeBigUInt64BE(BigInt(step));
  const cipher = createCipheriv("aes-128-ctr", key, counter);
  const masks: Record<string, Uint8Array> = {};
  for (const { name, shape, probability } of sites) {
    const count = shape.reduce<number>((n, d) => n * (typeof d === "number" ? d : batch[d]), 1);
    const bytes = cipher.update(Buffer.alloc(count));
    const below = Math.round(256 * (1 - probability));
    for (let i = 0; i < count; i++) bytes[i] = (bytes[i] ?? 0) < below ? 1 : 0;
    masks[name] = bytes;
  }
  return masks;
}
