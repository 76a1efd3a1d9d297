import { expect, test } from "vitest";
import { nearDuplicates, withoutNearDuplicates } from "./near-duplicates.ts";

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `w${from + i}`).join(" ");

test("texts are near duplicates from a Jaccard index of one half on", () => {
  // 7 words are 5 grams. Of two such that share 5 words, 3 grams are shared and 7 there are: 0.43.
  expect(nearDuplicates([numbered(0, 7), numbered(2, 9)])).toEqual([0, 1]);
  // With 6 words in common it is 4 of 6.
  expect(nearDuplicates([numbered(0, 7), numbered(1, 8)])).toEqual([0, 0]);
});

test("or if they share a phrase of 8 words, however long they are", () => {
  const [a, b] = [`${numbered(0, 8)} ${numbered(20, 43)}`, `${numbered(60, 83)} ${numbered(0, 8)}`];
  expect(nearDuplicates([a, b])).toEqual([0, 0]);
  expect(nearDuplicates([a, b], 9)).toEqual([0, 1]);
  expect(nearDuplicates([a, b], Infinity)).toEqual([0, 1]);
});

test("case and marks make no difference, and a short text is one gram", () => {
  expect(nearDuplicates(["Great phone!", "great phone", "Great", "great phones"])).toEqual([
    0, 0, 2, 3,
  ]);
});

test("texts that are near a third text are one cluster", () => {
  const texts = [numbered(0, 13), numbered(30, 43), numbered(3, 16), numbered(6, 19)];
  expect(nearDuplicates([numbered(0, 13), numbered(6, 19)])).toEqual([0, 1]);
  expect(nearDuplicates(texts)).toEqual([0, 1, 0, 0]);
  expect(withoutNearDuplicates(texts, (t) => t)).toEqual(texts.slice(0, 2));
});
