import { expect, test } from "vitest";
import { splitmix32, uniform } from "@sweetspot/statistics";
import type { Example } from "../sources/examples.ts";
import { taskLeaks } from "./task-leaks.ts";

const random = splitmix32(3);
const noise = (words: number) =>
  Array.from({ length: words }, () => `w${Math.floor(900 * uniform(random))}`).join(" ");

/** Texts of 11 random words, of two labels in turn. */
function texts(n: number, of: (label: string) => string = () => noise(11)): Example[] {
  return Array.from({ length: n }, (_, i) => {
    const label = i % 2 === 0 ? "a" : "b";
    return { text: of(label), label };
  });
}

const splits = (of?: (label: string) => string) => ({
  train: texts(300, of),
  calibration: texts(10, of),
  threshold: texts(10, of),
  test: texts(202, of),
});

test("noise leaks nothing", () => {
  const leaks = taskLeaks(splits());
  expect(leaks).toMatchObject({ nearDuplicates: 0, sharedGroups: 0, majority: 0.5 });
  expect(leaks.singleWord).toBeLessThan(0.6);
  expect(leaks.length).toBeLessThan(0.62);
});

test("a word and a length that give the label away are found", () => {
  const word = taskLeaks(splits((label) => `${label === "a" ? "yes" : "no"} ${noise(11)}`));
  expect([word.singleWord, ["yes", "no"].includes(word.word)]).toEqual([1, true]);
  const byLength = taskLeaks(splits((label) => noise(label === "a" ? 11 : 29)));
  expect(byLength.length).toBeGreaterThan(0.98);
});

test("near duplicates and groups in two splits are counted, those in one are not", () => {
  const { train, test, ...others } = splits();
  const [text, own] = [noise(11), noise(11)];
  const added = {
    ...others,
    train: [...train, { text, label: "a", group: "g" }, { text: own, label: "a", group: "h" }],
    test: [
      ...test,
      { text: text.toUpperCase(), label: "b", group: "g" },
      { text: `${text} more`, label: "a" },
    ],
  };
  added.train.push({ text: `${own} more`, label: "b", group: "h" });
  expect(taskLeaks(added)).toMatchObject({ nearDuplicates: 3, sharedGroups: 1 });
});

test("each text of a pair is compared with those on the same side", () => {
  const { train, test, ...others } = splits();
  const paired = (e: Example): Example => ({ ...e, textPair: noise(11) });
  const textPair = noise(11);
  const leaks = taskLeaks({
    calibration: others.calibration.map(paired),
    threshold: others.threshold.map(paired),
    train: [...train.map(paired), { text: noise(7), textPair, label: "a" }],
    test: [
      ...test.map(paired),
      { text: noise(7), textPair, label: "a" },
      { text: textPair, textPair: noise(7), label: "b" },
    ],
  });
  expect(leaks.nearDuplicates).toBe(2);
});
