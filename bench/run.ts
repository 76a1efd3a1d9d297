// Measures this project against its peers and shows the table: npm run bench [-- minilm bert-base].
// Needs python3 and, at the first call, PyPI; see bench/README.md.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { argv } from "zx";
import { table, updateReadme, writeResults } from "./results.ts";
import { stepRows } from "./step-rows.ts";
import { modelName } from "./training-work.ts";

const asked = argv._.map(String);
const log = (line: string) => console.log(line);
for (const name of asked.length > 0 ? asked : ["minilm", "bert-base"]) {
  const { rows, versions } = await stepRows(modelName(name), log);
  await writeResults(`${name}-step`, { ...(await ourVersions()), ...versions }, rows);
}
await updateReadme();
console.log(`\n${await table()}`);

async function ourVersions(): Promise<Record<string, string>> {
  const versions: Record<string, string> = { node: process.version };
  for (const name of ["@tensorflow/tfjs", "onnxruntime-node"]) {
    const file = createRequire(import.meta.url).resolve(`${name}/package.json`);
    versions[name] = (JSON.parse(await readFile(file, "utf8")) as { version: string }).version;
  }
  return versions;
}
