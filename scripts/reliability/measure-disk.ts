// Measures the disk that a pipeline needs: npm run measure:disk -- NAME [CELLS]. Runs it from nothing in a
// temporary folder and looks every second at what lies there.
import { spawn } from "node:child_process";
import { cp, lstat, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { help } from "../help.ts";
import { writeFigures } from "./page.ts";

help(
  "npm run measure:disk -- NAME [CELLS]\n\nRuns the pipeline NAME, or its first CELLS cells and what they read, from nothing in a temporary folder. Writes what --dry expects of the disk, and what it was, into docs/reliability.md.",
);
const [name = "demo", cells] = process.argv.slice(2);
const most = cells === undefined ? Infinity : Number(cells);
if (!(most >= 1)) throw new RangeError(`measure:disk: expected a number of cells, got ${cells}`);
const repository = join(import.meta.dirname, "..", "..");
const root = await mkdtemp(join(tmpdir(), "sweetspot-disk-"));
try {
  await cp(join(repository, "pipelines"), join(root, "pipelines"), { recursive: true });
  await planner([name, "--dry"]);
  const part =
    most === Infinity ? [] : (await firstCells(name, most)).map((id) => `--filter=${id}`);
  const expected = await planner([name, "--dry", ...part]);
  const [, peak = "?", done = "?"] =
    /up to (\S+ [MG]B) of disk, (\S+ [MG]B) when done/.exec(expected.at(-1) ?? "") ?? [];
  console.log(`--dry: up to ${peak}, ${done} when done`);
  const begun = performance.now();
  const running = planner([name, ...part], (line) => console.log(line));
  let highest = 0;
  const ended = running.then(
    () => true,
    () => true,
  );
  while (!(await Promise.race([ended, setTimeout(1000, false)])))
    highest = Math.max(highest, await bytesIn(root));
  await running;
  const seconds = Math.round((performance.now() - begun) / 1000);
  const row = [
    part.length > 0 ? `${name}, the first ${most} cells` : name,
    peak,
    size(highest),
    done,
    size(await bytesIn(root)),
    seconds,
  ];
  console.log(row.join(" | "));
  const head = ["run", "peak, --dry", "peak", "done, --dry", "done", "time, s"];
  await writeFigures("disk", head, [row]);
} finally {
  await rm(root, { recursive: true, force: true });
}

/**
 * The first cells of the stage `eval` that, with everything they read, are at least `most` cells. If regimes
 * are chosen, those of the search.
 */
async function firstCells(pipeline: string, most: number): Promise<string[]> {
  const folder = join(root, ".run", pipeline, "cells");
  const inputsOf = async (id: string) => {
    const { inputs } = JSON.parse(await readFile(join(folder, id, "cell.json"), "utf8")) as {
      inputs: Record<string, string>;
    };
    return Object.values(inputs).map((path) => path.split("/")[1] ?? "");
  };
  const all = await readdir(folder);
  const search = all.filter((id) => id.startsWith("choose."));
  const lists = await Promise.all(search.map(inputsOf));
  const evals = search.length > 0 ? lists.flat() : all.filter((id) => id.startsWith("eval."));
  const chosen: string[] = [];
  const read = new Set<string>();
  for (const id of evals.sort()) {
    if (read.size >= most) break;
    chosen.push(id);
    const pending = [id];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (read.has(at)) continue;
      read.add(at);
      pending.push(...(await inputsOf(at)));
    }
  }
  return chosen;
}

/** Runs the built planner to its end. @returns its lines */
async function planner(args: string[], onLine: (line: string) => void = () => {}) {
  const main = join(repository, "packages", "pipeline", "dist", "main.js");
  const stdio = ["ignore", "pipe", "inherit"] as const;
  const child = spawn(process.execPath, [main, ...args], { cwd: root, stdio: [...stdio] });
  const lines: string[] = [];
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      onLine(line);
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code !== 0)
    throw new Error(`measure:disk: the planner exited with ${code}:\n${lines.join("\n")}`);
  return lines;
}

/** The blocks of all files in a folder, in bytes; a file with two names counts once. */
async function bytesIn(folder: string): Promise<number> {
  const seen = new Map<number, number>();
  const pending = [folder];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    // What the run deletes meanwhile counts no more.
    for (const entry of await readdir(at, { withFileTypes: true }).catch(() => [])) {
      const path = join(at, entry.name);
      const found = await lstat(path).catch(() => undefined);
      if (found !== undefined) seen.set(found.ino, found.blocks * 512);
      if (entry.isDirectory()) pending.push(path);
    }
  }
  return [...seen.values()].reduce((a, b) => a + b, 0);
}

/** As `--dry` writes it. */
function size(bytes: number): string {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
