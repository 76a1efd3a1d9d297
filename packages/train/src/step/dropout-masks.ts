import { type Cipher, createCipheriv, createHash } from "node:crypto";
import { elementCount, randomMasks, type TensorSpecs } from "@sweetspot/compile";
import type { DropoutSite } from "@sweetspot/model";
import type * as tf from "@tensorflow/tfjs";

/**
 * Where the masks come from: `host` makes them and feeds them to each step; `graph` makes them inside
 * the step, from a few keys. On the CPU the host is faster; a card would have to wait for it. For the same
 * seed the two drop different numbers.
 */
export type MaskSource = "host" | "graph";

/**
 * The probability that a random byte gives: a number is kept if its random byte is below
 * `256 * keepProbability`, rounded, so 0.9 becomes 230 / 256 = 0.8984.
 */
export function keepProbability(probability: number): number {
  return keptBytes(probability) / 256;
}

function keptBytes(probability: number): number {
  return Math.round(256 * (1 - probability));
}

/** The name of a site's mask among a step's inputs. */
export function maskInput(site: string): string {
  return `dropout/${site}`;
}

/**
 * The dropout masks of consecutive training steps: bytes of AES-128 in counter mode, keyed by the seed
 * and counting from the step. They depend on (seed, step), the sites and the batch's size, and on
 * nothing that happened before.
 *
 * @param batch the sizes behind `B` and `T`
 * @returns for each step, by `maskInput`: 1 where a number is kept, 0 where it is dropped. A site's masks
 *   are views of one buffer, so that a loop can take them end to end without a copy
 */
export function dropoutMasks(
  sites: readonly DropoutSite[],
  batch: { B: number; T: number },
  seed: number,
  firstStep: number,
  steps: number,
): Record<string, Uint8Array>[] {
  const counts = sites.map(({ shape }) => elementCount(shape, batch));
  const zeros = Buffer.alloc(Math.max(0, ...counts));
  const whole = counts.map((count) => new Uint8Array(count * steps));
  return Array.from({ length: steps }, (_, i) => {
    const cipher = randomBytes(seed, firstStep + i);
    const masks = sites.map(({ name, probability }, s) => {
      const count = counts[s] ?? 0;
      const mask = whole[s]?.subarray(i * count, (i + 1) * count) ?? new Uint8Array(0);
      mask.set(below(cipher.update(zeros.subarray(0, count)), keptBytes(probability)));
      return [maskInput(name), mask] as const;
    });
    return Object.fromEntries(masks);
  });
}

/** The random bytes of a step, in order: what encrypting zeros gives. */
function randomBytes(seed: number, step: number): Cipher {
  const key = createHash("sha256").update(`dropout/${seed}`).digest().subarray(0, 16);
  const counter = Buffer.alloc(16);
  counter.writeBigUInt64BE(BigInt(step));
  return createCipheriv("aes-128-ctr", key, counter);
}

/** At most four sites of one shape and probability: they share the bytes of their random words. */
interface MaskGroup {
  shape: DropoutSite["shape"];
  probability: number;
  names: string[];
}

/** The sites in groups, in the order of their first sites. */
function maskGroups(sites: readonly DropoutSite[]): MaskGroup[] {
  const groups: MaskGroup[] = [];
  for (const { name, shape, probability } of sites) {
    const open = groups.find(
      (g) => g.names.length < 4 && g.probability === probability && g.shape.join() === shape.join(),
    );
    if (open === undefined) groups.push({ shape, probability, names: [name] });
    else open.names.push(name);
  }
  return groups;
}

/** The inputs that a step makes its masks from: a key for each group, int32 `[2]`. */
export function maskKeySpecs(sites: readonly DropoutSite[]): TensorSpecs {
  return Object.fromEntries(
    maskGroups(sites).map((_, g) => [`maskKey/${g}`, { dtype: "int32", shape: [2] }]),
  );
}

/** The keys of a step, made from the random bytes of `dropoutMasks`; by the names of `maskKeySpecs`. */
export function maskKeys(
  sites: readonly DropoutSite[],
  seed: number,
  step: number,
): Record<string, Int32Array> {
  const names = Object.keys(maskKeySpecs(sites));
  const bytes = randomBytes(seed, step).update(Buffer.alloc(8 * names.length));
  return Object.fromEntries(
    names.map((name, g) => [
      name,
      Int32Array.of(bytes.readInt32LE(8 * g), bytes.readInt32LE(8 * g + 4)),
    ]),
  );
}

/**
 * The masks of a step, made from keys where the step is computed. The caller disposes of them.
 *
 * @param inputs of the step; among them the keys, by the names of `maskKeySpecs`
 * @param batch the sizes behind `B` and `T`
 * @returns by `maskInput`, bool: true where a number is kept; none if there are no keys
 */
export function masksOfKeys(
  sites: readonly DropoutSite[],
  inputs: Readonly<Record<string, tf.Tensor>>,
  batch: { B: number; T: number },
): Record<string, tf.Tensor> {
  const keys = Object.keys(maskKeySpecs(sites)).flatMap((name) => inputs[name] ?? []);
  if (keys.length === 0) return {};
  return Object.fromEntries(
    maskGroups(sites).flatMap(({ shape, probability, names }, g) => {
      const masks = randomMasks(
        keys[g] as tf.Tensor1D,
        shape.map((d) => (typeof d === "number" ? d : batch[d])),
        keptBytes(probability),
      );
      return names.map((name, i) => [maskInput(name), masks[i] as tf.Tensor]);
    }),
  );
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
