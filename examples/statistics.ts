import { holm, meanDifference, pairedBootstrap, wilson } from "@sweetspot/statistics";

// 88 of 100 test examples are right: the 95% interval of the accuracy.
const [low, high] = wilson(88, 100);
console.log(`accuracy 0.88 (${low.toFixed(2)} to ${high.toFixed(2)})`);

// Two classifiers on the same examples, two seeds each: 1 where only the first is right, -1 where
// only the second is.
const differences = [
  [1, 0, 0, 1, 0, 1, 1, 0],
  [1, 0, -1, 1, 0, 1, 0, 0],
];
const { effect, interval, p } = pairedBootstrap([meanDifference(differences)]);
console.log(`effect ${effect} (${interval.join(" to ")}), p = ${p.toFixed(3)}`);
console.log(`rejected: ${holm([p, 0.04]).rejected.join(", ")}`);
