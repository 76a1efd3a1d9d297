// Measures this project against its peers and shows the table: npm run bench [-- GROUP...], a group
// being one of those below. With --table it shows what was measured last. All but bert-base-pipeline, cells-at-once, gradient-conflict,
// tfjs-node and small-networks need python3 and, at the first call, PyPI; see bench/README.md.
import { argv } from "zx";
import { help } from "../scripts/help.ts";
import { bertBasePipelineRows } from "./bert-base-pipeline.ts";
import { cellsAtOnceRows } from "./cells-at-once.ts";
import { fineTuneRows } from "./fine-tune-rows.ts";
import { gradientConflictRows } from "./gradient-conflict.ts";
import { inferenceRows } from "./inference-rows.ts";
import { type Row, table, updateReadme, versionsOf, writeResults } from "./results.ts";
import { smallNetworkRows } from "./small-networks.ts";
import { stepRows } from "./step-rows.ts";
import { tfjsNodeRows } from "./tfjs-node-rows.ts";

type Log = (line: string) => void;
type Measured = Promise<{ rows: Row[]; versions: Record<string, string> }>;

const groups: Record<string, (log: Log) => Measured> = {
  "minilm-step": (log) => stepRows("minilm", log),
  "bert-base-step": (log) => stepRows("bert-base", log),
  "bert-base-pipeline": bertBasePipelineRows,
  "cells-at-once": cellsAtOnceRows,
  "gradient-conflict": gradientConflictRows,
  "tfjs-node": tfjsNodeRows,
  inference: inferenceRows,
  "fine-tune": fineTuneRows,
  "small-networks": smallNetworkRows,
};

help(
  `npm run bench [-- GROUP... | --table]\n\nMeasures this project against its peers and shows the table; --table shows what was measured last.\nAll but five groups download PyTorch, about 2 GB, at the first call.\n\nGroups: ${Object.keys(groups).join(", ")}`,
  ["--table"],
);
const asked = argv._.map(String);
const unknown = asked.find((name) => !Object.hasOwn(groups, name));
if (unknown !== undefined)
  throw new RangeError(`bench: expected ${Object.keys(groups).join(", ")}, got ${unknown}`);
for (const [name, measure] of argv["table"] === true ? [] : Object.entries(groups)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const { rows, versions } = await measure((line) => console.log(line));
  const ours = await versionsOf(["@tensorflow/tfjs", "onnxruntime-node"]);
  await writeResults(name, { node: process.version, ...ours, ...versions }, rows);
}
await updateReadme();
console.log(`\n${await table()}`);
