// Compares this project's speed with its peers' and shows the table: npm run bench [-- GROUP...], with
// the groups below. --table shows the last results. All groups except bert-base-pipeline, cells-at-once,
// gradient-conflict, tfjs-node and small-networks need python3 and, the first time, PyPI; see
// bench/README.md.
import { argv } from "zx";
import { help } from "../scripts/help.ts";
import { bertBasePipelineRows } from "./bert-base-pipeline.ts";
import { cellsAtOnceRows } from "./cells-at-once.ts";
import { fineTuneRows } from "./fine-tune-rows.ts";
import { gradientConflictRows } from "./gradient-conflict.ts";
import { inferenceRows } from "./inference-rows.ts";
import { int8Rows } from "./int8-rows.ts";
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
  int8: int8Rows,
  "fine-tune": fineTuneRows,
  "small-networks": smallNetworkRows,
};

help(
  `npm run bench [-- GROUP... | --table]\n\nCompares this project's speed with its peers' and shows the table; --table shows the last results.\nAll but six groups download PyTorch, about 2 GB, the first time.\n\nGroups: ${Object.keys(groups).join(", ")}`,
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
