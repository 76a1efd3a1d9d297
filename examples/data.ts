import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runStage, readSplit } from "@sweetspot/artifact";
import { batchPlan, loadTokenizer, padBatch } from "@sweetspot/data";
import { stage } from "@sweetspot/data/stage";

// A file of reviews, as a spreadsheet would save it.
const folder = await mkdtemp(join(tmpdir(), "reviews-"));
const file = join(folder, "reviews.csv");
const rows = Array.from({ length: 200 }, (_, i) =>
  i % 2 === 0 ? `Visit ${i}: lovely,good` : `"Visit ${i}: slow, and cold",bad`,
);
await writeFile(file, ["review,verdict", ...rows].join("\n"));

// Splits and tokenises it into a new folder.
const data = await runStage(stage, {
  settings: { task: { file, text: "review", label: "verdict" }, maxLength: 64 },
  inputs: {},
  output: join(folder, "data"),
  log: console.log,
});

// Three epochs of batches, each cut to its length bucket.
const train = await readSplit(data, "train");
const { offsets } = train.inputIds;
const lengths = Array.from(train.labels, (_, i) => (offsets[i + 1] ?? 0) - (offsets[i] ?? 0));
const plan = batchPlan({ lengths, batchSize: 16, epochs: 3, seed: 1 });
for (const planned of plan.slice(0, 3)) {
  const { inputIds, length } = padBatch(train, planned, 16);
  console.log(`16 x ${length} ids, the first row ${inputIds.subarray(0, length).join(" ")}`);
}

// The tokenizer that goes with it.
const tokenizer = loadTokenizer(data.path("tokenizer.json"));
console.log(tokenizer.encode("Lovely, but slow.", undefined, { maxLength: 64 }).inputIds);
