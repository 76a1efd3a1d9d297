// Fine-tuning on real text, evaluation included: the stages train, export and predict, as a pipeline
// runs them. `bench/peers/torch_fine_tune.py` does the same in PyTorch. Prints one line of JSON: each
// exit's accuracy on the test split, by method.
//
//   tsx fine-tune.ts FOLDER METHOD...
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSafetensors, runStage } from "@sweetspot/artifact";
import { stage as exportStage } from "@sweetspot/export/stage";
import { predict } from "@sweetspot/infer/stage";
import { stage as train } from "@sweetspot/train/stage";
import { argv } from "zx";
import { fineTuning } from "../fine-tune-work.ts";
import { help } from "../../scripts/help.ts";

help(
  `tsx fine-tune.ts FOLDER METHOD...\n\nFine-tunes on real text and prints the exits' accuracies as JSON; npm run bench calls it.`,
);

const [folder = "", ...methods] = argv._.map(String);
const data = join(folder, "data");
const scratch = await mkdtemp(join(tmpdir(), "bench-"));
const accuracies: Record<string, number[]> = {};
try {
  for (const method of methods) {
    const at = (stage: string) => join(scratch, `${stage}-${method}`);
    const settings = { ...fineTuning, method };
    const call = { train: at("train"), export: at("export"), predict: at("predict") };
    await runStage(train, { settings, inputs: { data }, output: call.train });
    const inputs = { data, train: call.train };
    await runStage(exportStage, { settings: {}, inputs, output: call.export });
    await runStage(predict, {
      settings: {},
      inputs: { data, export: call.export },
      output: call.predict,
    });
    accuracies[method] = await testAccuracies(call.predict);
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}
console.log(JSON.stringify({ accuracies }));

async function testAccuracies(predictions: string): Promise<number[]> {
  const { logits, labels } = await readSafetensors(join(predictions, "test.safetensors"));
  const [exits = 0, n = 0, classes = 0] = logits?.shape ?? [];
  return Array.from({ length: exits }, (_, e) => {
    let right = 0;
    for (let i = 0; i < n; i++) {
      const begin = (e * n + i) * classes;
      const row = Array.from(logits?.data.subarray(begin, begin + classes) ?? []);
      if (row.indexOf(Math.max(...row)) === labels?.data[i]) right++;
    }
    return right / n;
  });
}
