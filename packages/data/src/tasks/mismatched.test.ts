import { expect, test } from "vitest";
import { splitmix32 } from "@sweetspot/statistics";
import { matchTask } from "./mismatched.ts";

const items = Array.from({ length: 22 }, (_, i) => ({
  text: `word ${i}`,
  textPair: `gloss ${i}`,
  kind: i < 13 ? "noun" : "verb",
}));
const numberOf = (text = "") => Number(text.split(" ")[1]);
const kindOf = (text?: string) => items[numberOf(text)]?.kind;

test("half of the pairs match, the others are mixed within a kind, and each text is used once", () => {
  const examples = matchTask(items, () => true, splitmix32(5));
  // Of 13 and 9 items one each is too many, and one verb was left with its own gloss.
  expect(examples.filter((e) => e.label === "match")).toHaveLength(9);
  expect(examples.filter((e) => e.label === "mismatch")).toHaveLength(9);
  for (const { text, textPair, label } of examples) {
    expect(numberOf(text) === numberOf(textPair)).toBe(label === "match");
    expect(kindOf(text)).toBe(kindOf(textPair));
  }
  expect(new Set(examples.map((e) => e.text)).size).toBe(18);
  expect(new Set(examples.map((e) => e.textPair)).size).toBe(18);
});

test("items that may not be mixed are not, and the labels stay balanced", () => {
  const even = (text: string) => numberOf(text) % 2;
  const examples = matchTask(items, (a, b) => even(a.text) !== even(b.text), splitmix32(5));
  const mixed = examples.filter((e) => e.label === "mismatch");
  expect(mixed.length).toBeGreaterThan(3);
  for (const e of mixed) expect(even(e.text)).not.toBe(even(e.textPair ?? ""));
  expect(examples).toHaveLength(2 * mixed.length);
});
