import * as fc from "fast-check";
import { expect, test } from "vitest";
import { splitmix32, shuffled, uniform } from "./splitmix32.ts";

function first(...key: number[]): number[] {
  const random = splitmix32(...key);
  return [random(), random(), random()];
}

test("a stream depends on every part of its key and on nothing else", () => {
  expect(first(1)).toEqual(first(1));
  const streams = [[0], [1], [0, 0], [0, 1], [1, 0], [1, 1], [2 ** 32], [2 ** 32 + 1]].map((key) =>
    first(...key).join(),
  );
  expect(new Set(streams).size).toBe(streams.length);
});

test("numbers are spread evenly over [0, 1)", () => {
  const random = splitmix32(7);
  const counts = Array<number>(10).fill(0);
  for (let i = 0; i < 50_000; i++) {
    const tenth = Math.floor(uniform(random) * 10);
    counts[tenth] = (counts[tenth] ?? 0) + 1;
  }
  // 5,000 each, standard deviation 67; four of them.
  for (const count of counts) expect(Math.abs(count - 5000)).toBeLessThan(270);
});

test("shuffling keeps every item, and all orders are equally likely", () => {
  fc.assert(
    fc.property(fc.array(fc.nat()), fc.nat(), (items, seed) => {
      const result = shuffled(items, splitmix32(seed));
      expect(result.sort((a, b) => a - b)).toEqual([...items].sort((a, b) => a - b));
    }),
  );
  const orders = new Map<string, number>();
  for (let seed = 0; seed < 6000; seed++) {
    const order = shuffled([1, 2, 3], splitmix32(seed)).join("");
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  expect(orders.size).toBe(6);
  // 1,000 each, standard deviation 29; four of them.
  for (const count of orders.values()) expect(Math.abs(count - 1000)).toBeLessThan(116);
});
