import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planPipeline } from "@sweetspot/pipeline";

const root = await mkdtemp(join(tmpdir(), "pipeline-"));
await writeFile(
  join(root, "compare.yaml"),
  `
tasks: [amazon, imdb]
encoders: [minilm]
methods: { early-exit: {}, sweet: { train: { learningRate: 1e-4 } } }
seeds: [1, 2, 3]
exitLayers: [1, 2, 4, 6]
`,
);
const { name, cells } = await planPipeline(join(root, "compare.yaml"), root);
console.log(`${name}: ${cells.length} cells`);
for (const { id, inputs } of cells.filter((c) => c.id.includes("amazon.minilm.sweet.1"))) {
  console.log(`${id} reads ${Object.values(inputs).join(" and ")}`);
}
