// Puts the demo's table and figure into the README, from `runs/demo`. Run the demo first.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const at = (path: string) => join(root, path);

const table = await readFile(at("runs/demo/table.txt"), "utf8").catch((cause: unknown) => {
  throw new Error("runs/demo/table.txt: cannot be read; run npx turbo run pipeline first", {
    cause,
  });
});
const readme = await readFile(at("README.md"), "utf8");
const updated = readme.replace(/```text\n[^]*?```/, () => `\`\`\`text\n${table.trimEnd()}\n\`\`\``);
await writeFile(at("README.md"), updated);
await mkdir(at("docs/figures"), { recursive: true });
await copyFile(
  at("runs/demo/figures/sentiment-minilm-accuracy-by-layers.svg"),
  at("docs/figures/demo-curve.svg"),
);
console.log("README.md and docs/figures/demo-curve.svg show the demo's last run");
