// Measures the stage data on many short rows: npm run measure:rows [-- ROWS]. Makes a CSV file and a data
// set of two parquet files, runs the stage on each in a separate process, and shows its time and its peak
// memory.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parquetFile } from "@sweetspot/data/testing";
import { help } from "../help.ts";
import { writeFigures } from "./page.ts";

help(
  "npm run measure:rows [-- ROWS]\n\nTimes the stage data on ROWS (1000000) short rows. With 1000000 or more it writes the figures into docs/reliability.md.",
);
const rows = Number(process.argv[2] ?? 1_000_000);
if (!Number.isInteger(rows) || rows < 100)
  throw new RangeError(
    `measure:rows: expected a whole number of at least 100 rows, got ${process.argv[2]}`,
  );

const words = "good bad slow warm cold fresh stale clean loud quiet".split(" ");
const textOf = (i: number) =>
  `number ${i} was ${words[i % 10]} and ${words[Math.floor(i / 10) % 10]}`;
const labelOf = (i: number) => (i % 2 === 0 ? "no" : "yes");
const columns = (from: number, to: number) => {
  const indices = Array.from({ length: to - from }, (_, i) => from + i);
  return [
    { name: "text", strings: indices.map(textOf) },
    { name: "label", strings: indices.map(labelOf) },
  ];
};

const figures: (string | number)[][] = [];
const folder = await mkdtemp(join(tmpdir(), "sweetspot-rows-"));
try {
  const lines = Array.from({ length: rows }, (_, i) => `${textOf(i)},${labelOf(i)}\n`);
  const file = join(folder, "rows.csv");
  await writeFile(file, `text,label\n${lines.join("")}`);
  await writeFile(join(folder, "train.parquet"), parquetFile(columns(0, rows)));
  await writeFile(join(folder, "test.parquet"), parquetFile(columns(rows, rows + 1000)));
  const tasks = {
    csv: { file, text: "text", label: "label" },
    parquet: { dataset: { folder }, text: "text" },
  };
  for (const [name, task] of Object.entries(tasks)) {
    const script = `
      const { runStage } = await import("@sweetspot/artifact");
      const { stage } = await import("@sweetspot/data/stage");
      const output = ${JSON.stringify(join(folder, name))};
      await runStage(stage, { settings: { task: ${JSON.stringify(task)}, maxLength: 32 }, inputs: {}, output });
      console.log(process.resourceUsage().maxRSS);`;
    const begun = performance.now();
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", script],
      { cwd: join(import.meta.dirname, "..", "..") },
    );
    const seconds = (performance.now() - begun) / 1000;
    const gigabytes = (Number(stdout.trim()) * 1024) / 1e9;
    figures.push([name, rows, seconds.toFixed(0), gigabytes.toFixed(2)]);
    console.log(`${name}: ${rows} rows, ${seconds.toFixed(1)} s, ${gigabytes.toFixed(2)} GB`);
  }
} finally {
  await rm(folder, { recursive: true });
}
if (rows >= 1_000_000)
  await writeFigures("rows", ["format", "rows", "time, s", "memory, GB"], figures);
