import { hostRandomMasks } from "@sweetspot/compile/testing";
import type { DropoutSite } from "@sweetspot/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as tf from "@tensorflow/tfjs";
import {
  dropoutMasks,
  keepProbability,
  maskInput,
  maskKeys,
  maskKeySpecs,
  masksOfKeys,
} from "./dropout-masks.ts";

const sites: DropoutSite[] = [
  { name: "a", shape: ["B", "T", 7], probability: 0.1 },
  { name: "b", shape: ["B", 3, "T", "T"], probability: 0.5 },
  { name: "c", shape: ["B", 5], probability: 0.1 },
];
const batch = { B: 3, T: 11 };

/** The masks of one step, by their sites. */
function masksAt(
  of: readonly DropoutSite[],
  size: typeof batch,
  seed: number,
  step: number,
): Record<string, Uint8Array> {
  const [masks = {}] = dropoutMasks(of, size, seed, step, 1);
  return Object.fromEntries(
    of.map(({ name }) => [name, masks[maskInput(name)] ?? new Uint8Array(0)]),
  );
}

it("are the same for a (seed, step), whatever came before", () => {
  const wanted = masksAt(sites, batch, 5, 9);
  masksAt(sites, batch, 5, 8);
  masksAt(sites, { B: 1, T: 2 }, 6, 9);
  expect(masksAt(sites, batch, 5, 9)).toEqual(wanted);
});

it("are bytes of AES-128 in counter mode: openssl gives the same", () => {
  // K=$(printf dropout/1 | sha256sum | cut -c1-32); head -c 24 /dev/zero |
  // openssl enc -aes-128-ctr -K $K -iv 00000000000000030000000000000000
  const masks = (step: number, probability: number) =>
    masksAt([{ name: "a", shape: [24], probability }], batch, 1, step)["a"]?.join("");
  expect(masks(0, 0.5)).toBe("111001011011000010011000");
  expect(masks(3, 0.1)).toBe("111001111111111110111101");
});

it("of several steps are those of each, one after another in one buffer", () => {
  const each = [4, 5, 6].flatMap((step) => dropoutMasks(sites, batch, 2, step, 1));
  const together = dropoutMasks(sites, batch, 2, 4, 3);
  expect(together).toEqual(each);
  for (const { name } of sites) {
    const [first, second, third] = together.map((masks) => masks[maskInput(name)]);
    const [, at = 0, after = 0] = [first, second, third].map((mask) => mask?.byteOffset);
    expect([first?.buffer, second?.buffer]).toEqual([second?.buffer, third?.buffer]);
    expect([first?.byteOffset, at]).toEqual([0, first?.length]);
    expect(after).toBe(2 * at);
  }
});

it("keep the bytes below the limit, and those alone, whatever the limit", () => {
  // They share a stream, so the number of limits that keep a number gives its byte.
  const count = 4099;
  const kept = Array.from({ length: 256 }, (_, dropped) => {
    const site = { name: "a", shape: [count], probability: dropped / 256 };
    return masksAt([site], batch, 1, 1)["a"] ?? new Uint8Array(0);
  });
  const byte = (i: number) => 256 - kept.reduce((n, mask) => n + (mask[i] ?? 0), 0);
  const bytes = Array.from({ length: count }, (_, i) => byte(i));
  expect(new Set(bytes).size).toBe(256);
  kept.forEach((mask, dropped) =>
    expect(mask.every((m, i) => m === ((bytes[i] ?? 0) < 256 - dropped ? 1 : 0))).toBe(true),
  );
});

it("have each site's shape and hold 1 and 0 alone", () => {
  const masks = masksAt(sites, batch, 1, 0);
  expect(Object.values(masks).map((m) => m.length)).toEqual([3 * 11 * 7, 3 * 3 * 11 * 11, 3 * 5]);
  for (const mask of Object.values(masks)) expect([...new Set(mask)].sort()).toEqual([0, 1]);
});

it("keep the share that a byte gives: 230 of 256 for a probability of 0.1", () => {
  expect(keepProbability(0.1)).toBe(230 / 256);
  expect(keepProbability(0.5)).toBe(0.5);
  expect(keepProbability(0)).toBe(1);
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 0.99, noNaN: true }), fc.nat(), (probability, seed) => {
      const count = 1 << 16;
      const { a } = masksAt([{ name: "a", shape: [count], probability }], batch, seed, 3);
      const share = (a ?? new Uint8Array(0)).reduce((sum, x) => sum + x, 0) / count;
      const keep = keepProbability(probability);
      expect(Math.abs(keep - (1 - probability))).toBeLessThanOrEqual(1 / 512);
      // Five standard deviations.
      expect(Math.abs(share - keep)).toBeLessThan(5 * Math.sqrt((keep * (1 - keep)) / count));
    }),
    { numRuns: 20 },
  );
});

/** 0 and 1 at even chances, as text: a stream that shares a stretch with another shows by a common part. */
function bits(seed: number, step: number, count: number): string {
  const { a } = masksAt([{ name: "a", shape: [count], probability: 0.5 }], batch, seed, step);
  return (a ?? new Uint8Array(0)).join("");
}

/** Two masks of one step, as `bits`. */
function twoMasks(count: number): [string, string] {
  const half = { shape: [count], probability: 0.5 };
  const sites = ["x", "y"].map((name) => ({ name, ...half }));
  const { x = [], y = [] } = masksAt(sites, batch, 1, 0);
  return [x.join(""), y.join("")];
}

/** Whether they have a stretch of four of the cipher's blocks in common. */
function overlap(one: string, other: string): boolean {
  const stretches = (text: string) =>
    Array.from({ length: text.length / 16 - 3 }, (_, i) => text.slice(16 * i, 16 * i + 64));
  const known = new Set(stretches(one));
  return stretches(other).some((s) => known.has(s));
}

it("share no stretch with another step's, another seed's, or another mask of the step", () => {
  const count = 1 << 16;
  const step0 = bits(1, 0, count);
  expect(overlap(step0, `${bits(1, 1, 32)}${step0.slice(1600, 3200)}`)).toBe(true);
  for (const step of [1, 2, 3, 255, 256, 65536, 2 ** 32])
    expect(overlap(step0, bits(1, step, count))).toBe(false);
  expect(overlap(step0, bits(2, 0, count))).toBe(false);
  // Within a step: the masks follow each other in one stream, the first's bytes are not used again.
  const [x, y] = twoMasks(4096);
  expect(`${x}${y}`).toBe(bits(1, 0, 8192));
  expect(overlap(x, y)).toBe(false);
});

it("follow each other where a mask ends within the cipher's block", () => {
  expect(twoMasks(13).join("")).toBe(bits(1, 0, 26));
});

describe("made of keys", () => {
  const five = Array.from({ length: 5 }, (_, i) => ({ ...site("B", "T", 7), name: `five ${i}` }));
  const mixed = [site("B", "T", 7), ...sites, ...five];

  function site(...shape: DropoutSite["shape"]): DropoutSite {
    return { name: `${shape.join()} alone`, shape, probability: 0.1 };
  }

  /** Each site's mask at a step, as 0 and 1. */
  function made(of: readonly DropoutSite[], seed: number, step: number, size = batch) {
    return tf.tidy(() => {
      const keys = Object.entries(maskKeys(of, seed, step)).map(
        ([name, key]) => [name, tf.tensor1d(key, "int32")] as const,
      );
      const masks = masksOfKeys(of, Object.fromEntries(keys), size);
      return Object.fromEntries(
        of.map(({ name }) => {
          const mask = masks[maskInput(name)];
          return [name, { shape: mask?.shape, data: [...(mask?.dataSync() ?? [])] }];
        }),
      );
    });
  }

  it("have each site's shape, and differ at each site, step and seed", async () => {
    await tf.setBackend("cpu");
    const before = tf.memory().numTensors;
    const masks = made(mixed, 1, 2);
    expect(Object.keys(masks).sort()).toEqual(mixed.map((s) => s.name).sort());
    for (const { name, shape } of mixed)
      expect(masks[name]?.shape).toEqual(shape.map((d) => (typeof d === "number" ? d : batch[d])));
    const all = [masks, made(mixed, 1, 3), made(mixed, 2, 2)].flatMap((of) =>
      Object.values(of).map(({ data }) => data.join("")),
    );
    expect(new Set(all).size).toBe(all.length);
    expect(made(mixed, 1, 2)).toEqual(masks);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("have different keys at each step", () => {
    const each = [4, 5, 6].map((step) => maskKeys(mixed, 2, step));
    for (const keys of each) expect(Object.keys(keys)).toEqual(Object.keys(maskKeySpecs(mixed)));
    const numbers = each.flatMap((keys) => Object.values(keys).flatMap((key) => [...key]));
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it("keep the requested share, and are independent of each other", () => {
    const count = 1 << 16;
    const shape = [count];
    const half = Array.from({ length: 6 }, (_, i) => ({ name: `${i}`, shape, probability: 0.5 }));
    const some = [0.05, 0.1, 0.3].map((probability) => ({
      name: `${probability}`,
      shape,
      probability,
    }));
    for (const { name, probability } of some) {
      const data = made(some, 3, 1)[name]?.data ?? [];
      const keep = keepProbability(probability);
      const share = data.reduce((a, b) => a + b, 0) / count;
      // Five standard deviations, here and below.
      expect(Math.abs(share - keep)).toBeLessThan(5 * Math.sqrt((keep * (1 - keep)) / count));
    }
    // Of all pairs of masks: four that share words, two that do not, and other steps and seeds, each
    // also against the others moved by some places.
    const masks = [made(half, 3, 1), made(half, 3, 2), made(half, 4, 1)].flatMap((of) =>
      Object.values(of).map(({ data }) => data),
    );
    const agreeing = (a: readonly number[], b: readonly number[], moved: number) =>
      a.reduce((n, x, i) => n + Number(x === b[(i + moved) % count]), 0);
    masks.forEach((a, i) =>
      masks.forEach((b, j) => {
        for (const moved of [0, 1, 2, 3, 64, 256, 1000, 4096]) {
          if (i === j && moved === 0) continue;
          expect(Math.abs(agreeing(a, b, moved) - count / 2)).toBeLessThan(
            // The largest of 2,600 comparisons: five and a half.
            5.5 * Math.sqrt(count / 4),
          );
        }
      }),
    );
  });

  it("have uniformly distributed bytes", () => {
    const count = 1 << 17;
    // Chi square over 256 bytes, by how many limits keep a number.
    // How many of 255 limits keep a number says its byte. Each limit's mask is the first of a group.
    const [[first = 0, second = 0] = []] = Object.values(maskKeys([site(count)], 5, 9));
    const below = Array.from({ length: 255 }, (_, i) =>
      hostRandomMasks([first, second], count, i + 1)[0].reduce((a, b) => a + b, 0),
    );
    const counts = [...below, count].map((n, i) => n - (below[i - 1] ?? 0));
    const chi = counts.reduce((sum, n) => sum + (n - count / 256) ** 2 / (count / 256), 0);
    // 255 degrees of freedom: 255 on average, a standard deviation of 22.6.
    expect(chi).toBeGreaterThan(255 - 5 * 22.6);
    expect(chi).toBeLessThan(255 + 5 * 22.6);
  });
});
