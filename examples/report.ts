import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { evaluate, rightAnswers } from "@sweetspot/eval";
import { makeReport, png, type ReportedCell } from "@sweetspot/report";

const examples = Array.from({ length: 400 }, (_, i) => i);
const labels = Int32Array.from(examples, (i) => i % 2);
// A millisecond a layer.
const point = (layers: number) => {
  const cost = layers / 2;
  return { cost, meanMs: layers, p50Ms: layers, p90Ms: layers, p99Ms: layers, noise: 0 };
};
const points = [1, 2].map(point);

// An invented classifier with exits after layers 1 and 2, with the accuracies given.
function cell(method: "early-exit" | "sweet", accuracies: readonly number[]): ReportedCell {
  const correct = accuracies.map((a) => examples.map((i) => Number((i * Math.SQRT2) % 1 < a)));
  const predicted = correct.map((row) =>
    labels.map((label, i) => (row[i] === 1 ? label : 1 - label)),
  );
  const confidences = [0.5, 0.7].map((low) => examples.map((i) => low + ((i * Math.E) % 1) * 0.3));
  const test = { labels, predicted, correct, confidences, sha256: "the same examples" };
  const results = evaluate(
    {
      format: "sweetspot-predictions-1",
      precision: "fp32",
      method,
      labels: ["negative", "positive"],
      layers: 2,
      members: [{ exitLayers: [1, 2] }],
      splits: {},
    },
    test,
    {
      format: "sweetspot-timing-2",
      machine: {
        cpu: "none",
        cores: 1,
        platform: "",
        node: "",
        onnxruntime: "",
        threads: 1,
        device: "cpu",
      },
      batches: {
        fp32: ([1, 8, 32] as const).map((batchSize) => ({
          batchSize,
          examples: 400,
          cascade: points,
          exits: points,
        })),
      },
    },
    { thresholds: [0, 0.6, 0.7, 0.8, 1], confidence: 0.95 },
  );
  const place = { input: method, task: "reviews", encoder: "example", method, seed: 1 };
  return { ...place, results, right: rightAnswers(results, test) };
}

const report = makeReport("An example", [
  cell("early-exit", [0.7, 0.9]),
  cell("sweet", [0.8, 0.9]),
]);
console.log(report.table);
for (const { findings } of report.results.groups) console.log(findings.join("\n"));

const folder = await mkdtemp(join(tmpdir(), "report-"));
await writeFile(join(folder, "report.html"), report.html);
for (const { name, svg } of report.figures) {
  await writeFile(join(folder, `${name}.svg`), svg);
  await writeFile(join(folder, `${name}.png`), png(svg));
}
console.log(folder);
