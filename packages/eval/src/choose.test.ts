import { expect, it } from "vitest";
import { chooseRegime } from "./choose.ts";

const score = (regime: string, task: string, value: number, seed = 1) => ({
  regime,
  task,
  seed,
  score: value,
});

it("takes the regime with the best mean over tasks, after averaging each task's seeds", () => {
  const choice = chooseRegime([
    score("slow", "a", 0.5),
    score("slow", "a", 0.75, 2),
    score("slow", "b", 0.5),
    score("slow", "b", 0.5, 2),
    score("fast", "a", 1),
    score("fast", "a", 0.5, 2),
    score("fast", "b", 0.25),
    score("fast", "b", 0.25, 2),
  ]);
  expect(choice.chosen).toBe("slow");
  expect(choice.regimes).toEqual([
    { regime: "slow", score: 0.5625, byTask: { a: 0.625, b: 0.5 } },
    { regime: "fast", score: 0.5, byTask: { a: 0.75, b: 0.25 } },
  ]);
});

it("takes the first of equal regimes", () => {
  expect(chooseRegime([score("x", "a", 0.5), score("y", "a", 0.5)]).chosen).toBe("x");
  expect(chooseRegime([score("y", "a", 0.5), score("x", "a", 0.5)]).chosen).toBe("y");
});

it("rejects regimes that were tried on different tasks, and no regimes", () => {
  expect(() => chooseRegime([score("x", "a", 0.5), score("y", "b", 0.5)])).toThrow(
    "choose: the regimes x and y must be tried on the same tasks with the same seeds",
  );
  expect(() => chooseRegime([])).toThrow("choose: expected at least one regime, got none");
});
