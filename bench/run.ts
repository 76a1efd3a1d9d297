// Measures this project against its peers and shows the table: npm run bench [-- GROUP...], a group
// being minilm-step, bert-base-step, inference, fine-tune or small-networks. With --table it shows what was
// measured last.
// All but small-networks need python3 and, at the first call, PyPI; see bench/README.md.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { argv } from "zx";
import { fineTuneRows } from "./fine-tune-rows.ts";
import { inferenceRows } from "./inference-rows.ts";
import { type Row, table, updateReadme, writeResults } from "./results.ts";
import { smallNetworkRows } from "./small-networks.ts";
import { stepRows } from "./step-rows.ts";

type Log = (line: string) => void;
type Measured = Promise<{ rows: Row[]; versions: Record<string, string> }>;

const groups: Record<string, (log: Log) => Measured> = {
  "minilm-step": (log) => stepRows("minilm", log),
  "bert-base-step": (log) => stepRows("bert-base", log),
  inference: inferenceRows,
  "fine-tune": fineTuneRows,
  "small-networks": smallNetworkRows,
};

const asked = argv._.map(String);
const unknown = asked.find((name) => !Object.hasOwn(groups, name));
if (unknown !== undefined)
  throw new RangeError(`bench: expected ${Object.keys(groups).join(", ")}, got ${unknown}`);
for (const [name, measure] of argv["table"] === true ? [] : Object.entries(groups)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const { rows, versions } = await measure((line) => console.log(line));
  await writeResults(name, { ...(await ourVersions()), ...versions }, rows);
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
