import { operatingPoint, speedAccuracyCurve } from "@sweetspot/eval";
import { wilson } from "@sweetspot/statistics";

// Two exits, four examples: how sure each exit is, and whether it is right.
const outcomes = {
  confidences: [
    [0.95, 0.6, 0.8, 0.7],
    [0.99, 0.9, 0.9, 0.6],
  ],
  correct: [
    [1, 0, 1, 0],
    [1, 1, 1, 0],
  ],
};

for (const { threshold, exitCounts, correct } of speedAccuracyCurve(outcomes)) {
  const [low, high] = wilson(correct, 4);
  console.log(
    `leave at ${threshold} or surer: ${exitCounts.join(" + ")} examples, ` +
      `${correct} of 4 right (95% interval ${low.toFixed(2)} to ${high.toFixed(2)})`,
  );
}
console.log(operatingPoint(outcomes, 0.75));
