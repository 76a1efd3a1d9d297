import type { OperatingPoint } from "../curves/speed-accuracy.ts";

/**
 * The bound of every exit rule: each example leaves at the first exit that is right, or at the first
 * exit if none is. No rule is more accurate, and none as accurate is cheaper.
 *
 * @param correct 1 where the exit's prediction is right, `[E][N]`
 */
export function oracle(
  correct: readonly ArrayLike<number>[],
): Pick<OperatingPoint, "exitCounts" | "correct"> {
  const exitCounts = correct.map(() => 0);
  let right = 0;
  for (let i = 0; i < (correct[0]?.length ?? 0); i++) {
    const exit = correct.findIndex((row) => row[i] === 1);
    if (exit >= 0) right++;
    const at = Math.max(0, exit);
    exitCounts[at] = (exitCounts[at] ?? 0) + 1;
  }
  return { exitCounts, correct: right };
}
