// Kills processes, fills disks and damages files, and checks the project's promises: nothing is half
// written or lost, and the next run ends by itself with the same bytes.
//
//   npm run crash [-- CAMPAIGN...] [--times=1]
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openArtifact, runStage } from "@sweetspot/artifact";
import { stage as dataStage } from "@sweetspot/data/stage";
import { argv } from "zx";
import { raceLocks } from "@sweetspot/artifact/testing";
import { fakeProject, type Project } from "../../test/fixtures/pipeline/project.ts";
import { hashOf, spoilCacheEntry } from "../../test/fixtures/pipeline/turbo-cache.ts";
import { help } from "../help.ts";
import { writeFigures } from "./page.ts";

/** The result of a campaign. */
export interface CrashRow {
  campaign: string;
  /** How often a run was disturbed. */
  times: number;
  failures: string[];
}

type Show = (line: string) => void;

/** The campaigns by name, with how often each disturbs a run. */
export const campaigns: Readonly<
  Record<string, { times: number; run: (times: number, show: Show) => Promise<string[]> }>
> = {
  "simultaneous starts on one lock": { times: 2000, run: races },
  "kills of a training": { times: 25, run: killTrainings },
  "kills of the planner and everything it started": { times: 40, run: killPipelines },
  "kills of the whole command": { times: 10, run: killCommands },
  "a damaged file of an artifact": { times: 30, run: damageArtifacts },
  "a damaged entry of turbo's cache": { times: 30, run: damageCache },
  "damaged or lost weights": { times: 12, run: damageWeights },
  "a full disk": { times: 12, run: fillDisks },
};

/**
 * Runs campaigns.
 *
 * @param scale times as many of each
 */
export async function crash(
  scale: number,
  show: Show,
  only: readonly string[] = [],
): Promise<CrashRow[]> {
  const unknown = only.find((name) => !Object.hasOwn(campaigns, name));
  if (unknown !== undefined)
    throw new RangeError(
      `crash: no campaign "${unknown}" (known: ${Object.keys(campaigns).join("; ")})`,
    );
  const rows: CrashRow[] = [];
  for (const [campaign, { times: usual, run }] of Object.entries(campaigns)) {
    if (only.length > 0 && !only.includes(campaign)) continue;
    const times = Math.max(1, Math.round(usual * scale));
    const failures = await run(times, show);
    show(`${campaign}: ${times} times, ${failures.length} failures`);
    for (const failure of failures) show(`  ${failure}`);
    rows.push({ campaign, times, failures });
  }
  return rows;
}

async function races(times: number): Promise<string[]> {
  const { wonTwice, wonByNone } = await raceLocks(times);
  return [
    ...(wonTwice > 0 ? [`${wonTwice} races were won twice`] : []),
    ...(wonByNone > 0 ? [`${wonByNone} races were won by none`] : []),
  ];
}

/** Real training of the tiny encoder, killed at any moment, must end with the bytes of an uninterrupted one. */
async function killTrainings(times: number): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "crash-train-"));
  const failures: string[] = [];
  try {
    const data = join(folder, "data");
    const settings = { task: "amazon", encoder: "tiny", trainSize: 100, maxLength: 16 };
    await runStage(dataStage, { settings, inputs: {}, output: data });
    const child = join(import.meta.dirname, "../../packages/train/test/train-killed-child.ts");
    const train = (output: string) =>
      spawn(process.execPath, ["--import", "tsx", child, data, output], { stdio: "ignore" });
    const begun = performance.now();
    await ended(train(join(folder, "whole")));
    const wholeMs = performance.now() - begun;
    const whole = await openArtifact(join(folder, "whole"));
    const output = join(folder, "killed");
    for (let i = 0; i < times; i++) {
      const training = train(output);
      const end = ended(training);
      await Promise.race([end, pause(Math.random() * wholeMs)]);
      training.kill("SIGKILL");
      await end;
      if (!existsSync(output)) continue;
      const { sha256 } = await openArtifact(output);
      if (sha256 !== whole.sha256) failures.push(`kill ${i}: ends with other bytes`);
      await rm(output, { recursive: true });
    }
    await ended(train(output));
    if ((await openArtifact(output)).sha256 !== whole.sha256)
      failures.push("ends with other bytes");
    const left = (await readdir(folder)).sort().join();
    if (left !== "data,killed,whole") failures.push(`leaves ${left}`);
  } catch (error) {
    failures.push(String(error));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return failures;
}

const name = "crash";
const yaml = (seed: number): string => `
tasks: [amazon]
encoders: [tiny]
methods: [sweet]
exitLayers: [1, 2]
seeds: [${seed}]
train: { steps: 3 }
`;

/** Runs `work` in a project of fake stages whose pipeline has run once with seed 1. */
async function inProject(
  work: (project: Project, failures: string[]) => Promise<void>,
): Promise<string[]> {
  const project = await fakeProject();
  const failures: string[] = [];
  try {
    await project.write(join("pipelines", name, "pipeline.yaml"), yaml(1));
    const { code, output } = await project.run(name);
    if (code !== 0) throw new Error(output);
    await work(project, failures);
  } catch (error) {
    failures.push(String(error));
  } finally {
    await project.remove();
  }
  return failures;
}

/** Every other time only the planner is killed, so that turbo and a cell continue without it. */
async function killPipelines(times: number, show: Show): Promise<string[]> {
  return inProject(async (project, failures) => {
    for (let i = 0; i < times; i++) {
      await project.write(join("pipelines", name, "pipeline.yaml"), yaml(i + 2));
      const child = project.start(name);
      await killAtAnyMoment(child, i % 2 === 0 ? "group" : "process", 4000);
      await recovers(project, () => project.run(name), `kill ${i}`, failures);
      if (i % 10 === 9) show(`  ${i + 1} kills`);
    }
  });
}

/** `npx turbo run pipeline` of this repository, on a small pipeline of its own. */
async function killCommands(times: number, show: Show): Promise<string[]> {
  const root = join(import.meta.dirname, "..", "..");
  const folder = await mkdtemp(join(tmpdir(), "crash-"));
  const file = join(folder, "crash-command.yaml");
  const failures: string[] = [];
  const start = () =>
    spawn("npx", ["turbo", "run", "pipeline", "--", file, "--filter=data.*"], {
      cwd: root,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
  try {
    for (let i = 0; i < times; i++) {
      await writeFile(
        file,
        yaml(1).replace("train: { steps: 3 }", `data: { trainSize: ${i + 8} }`),
      );
      await killAtAnyMoment(start(), "group", 12_000);
      let { code, output } = await outputOf(start());
      // turbo starts the planner in a separate process group, so it may still be running.
      for (let tries = 0; output.includes("is already running") && tries < 30; tries++) {
        await pause(1000);
        ({ code, output } = await outputOf(start()));
      }
      if (code !== 0)
        failures.push(`kill ${i}: the next run ends with ${code}: ${output.slice(-500)}`);
      const cells = join(root, ".run", "crash-command", "cells");
      await openArtifact(join(cells, "data.amazon.tiny", "artifact"));
      show(`  ${i + 1} kills`);
    }
  } catch (error) {
    failures.push(String(error));
  } finally {
    await rm(folder, { recursive: true });
    await rm(join(root, ".run", "crash-command"), { recursive: true, force: true });
  }
  return failures;
}

/** Cuts a file short, or changes one byte and keeps its size and times. */
async function damageArtifacts(times: number): Promise<string[]> {
  return inProject(async (project, failures) => {
    for (let i = 0; i < times; i++) {
      const artifact = join(project.dir, ".run", name, "cells", await anyCell(project), "artifact");
      const files = await readdir(artifact);
      const path = join(artifact, files[i % files.length] ?? "");
      const { atime, mtime, size } = await stat(path);
      if (!(await stat(path)).isFile()) continue;
      const bytes = await readFile(path);
      if (i % 2 === 0) await writeFile(path, bytes.subarray(0, Math.floor(Math.random() * size)));
      else {
        const at = Math.floor(Math.random() * size);
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        await writeFile(path, bytes);
        await utimes(path, atime, mtime);
      }
      await recovers(project, () => project.run(name), path, failures, 0);
    }
  });
}

/** Cuts kept weights short, changes a byte of them, or deletes them: they and what they are made from run again. */
async function damageWeights(times: number): Promise<string[]> {
  return inProject(async (project, failures) => {
    const keep = "keep: [export.*]\n";
    await project.write(join("pipelines", name, "pipeline.yaml"), yaml(1) + keep);
    const { code, output } = await project.run(name);
    if (code !== 0) failures.push(output);
    const cell = join(project.dir, ".run", name, "cells", "export.amazon.tiny.sweet.1");
    const path = join(cell, "artifact", "segment-1.onnx");
    const whole = await readFile(path);
    for (let i = 0; i < times; i++) {
      const { atime, mtime } = await stat(path);
      const bytes = Buffer.from(whole);
      bytes[i % bytes.length] = (bytes[i % bytes.length] ?? 0) ^ 1;
      if (i % 3 === 0) await rm(path);
      else if (i % 3 === 1) await writeFile(path, whole.subarray(0, i));
      else {
        await writeFile(path, bytes);
        await utimes(path, atime, mtime);
      }
      await recovers(project, () => project.run(name), `weights, way ${i % 3}`, failures, 2);
      if (!(await readFile(path)).equals(whole)) failures.push(`weights ${i}: other bytes`);
    }
  });
}

/** Makes a cache entry silently wrong, cut short, empty, or without its metadata; the cell's own result is gone. */
async function damageCache(times: number): Promise<string[]> {
  return inProject(async (project, failures) => {
    for (let i = 0; i < times; i++) {
      const cell = await anyCell(project);
      const artifact = join(project.dir, ".run", name, "cells", cell, "artifact");
      const entry = join(
        project.dir,
        ".run",
        ".turbo-cache",
        await hashOf(project.dir, name, cell),
      );
      if (i % 4 === 0)
        await spoilCacheEntry(
          project.dir,
          name,
          cell,
          cell === "report" ? "table.txt" : "made.json",
        );
      else if (i % 4 === 1) {
        const { size } = await stat(`${entry}.tar.zst`);
        const bytes = await readFile(`${entry}.tar.zst`);
        await writeFile(`${entry}.tar.zst`, bytes.subarray(0, Math.floor(Math.random() * size)));
      } else if (i % 4 === 2) await writeFile(`${entry}.tar.zst`, "");
      else await writeFile(`${entry}-meta.json`, "{");
      await rm(artifact, { recursive: true, force: true });
      await recovers(project, () => project.run(name), `${cell}, way ${i % 4}`, failures);
    }
  });
}

const large = (seed: number): string =>
  `${yaml(seed).replace("steps: 3", "steps: 3, weightKb: 150")}export: { weightKb: 150 }\n`;

/** A run on a disk with too little space must end in an error that says so, and succeed once there is space. */
async function fillDisks(times: number, show: Show): Promise<string[]> {
  const disk = await mkdtemp(join(tmpdir(), "crash-disk-"));
  const mount = (kilobytes: number): void => {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", disk]);
  };
  try {
    mount(64);
  } catch {
    show("  a small disk cannot be mounted here (it needs root on Linux): not run");
    await rm(disk, { recursive: true });
    return [];
  }
  execFileSync("umount", [disk]);
  return inProject(async (project, failures) => {
    const place = join(project.dir, ".run", "full");
    let full = 0;
    for (let i = 0; i < times; i++) {
      // From just what the planner wants to nearly enough: weights are larger than it expects.
      mount(400 + 24 * i);
      await mkdir(place, { recursive: true });
      execFileSync("mount", ["--bind", disk, place]);
      try {
        await project.write(join("pipelines", "full", "pipeline.yaml"), large(1000 + i));
        const { code, output } = await project.run("full", "--concurrency=1");
        const reported =
          /no space left on the disk|space left on the disk\?|needs? .* of disk|ENOSPC|No space left/.test(
            output,
          );
        if (code !== 0 && !reported)
          failures.push(`disk ${i}: ends with ${code}: ${output.slice(-500)}`);
        if (reported) full++;
        const cells = await readdir(join(place, "cells")).catch((): string[] => []);
        for (const cell of cells) {
          const artifact = join(place, "cells", cell, "artifact");
          if (existsSync(artifact))
            await openArtifact(artifact).catch((error: unknown) => {
              failures.push(`disk ${i}: ${String(error)}`);
            });
        }
        execFileSync("mount", ["-o", "remount,size=64m", disk]);
        await recovers(
          project,
          () => project.run("full"),
          `disk ${i}`,
          failures,
          undefined,
          "full",
        );
      } finally {
        execFileSync("umount", [place]);
        execFileSync("umount", [disk]);
      }
    }
    show(`  ${full} of ${times} disks were too small`);
    if (full === 0) failures.push("no disk was too small");
  }).finally(() => rm(disk, { recursive: true, force: true }));
}

/**
 * Runs a pipeline until no earlier one holds its lock, and checks that it succeeds, with every artifact
 * whole and nothing left over.
 *
 * @param runs how many cells may run, if known
 */
async function recovers(
  project: Project,
  run: () => ReturnType<Project["run"]>,
  after: string,
  failures: string[],
  runs?: number,
  pipeline: string = name,
): Promise<void> {
  const began = performance.now();
  let result = await run();
  while (result.output.includes("is already running") && performance.now() - began < 60_000) {
    await pause(200);
    result = await run();
  }
  const { code, output } = result;
  if (code !== 0) {
    failures.push(`${after}: the next run ends with ${code}: ${output.slice(-800)}`);
    return;
  }
  if (runs !== undefined && !output.includes(` cells: ${runs} run, `))
    failures.push(`${after}: expected ${runs} cells to run: ${output.slice(-800)}`);
  const cells = join(project.dir, ".run", pipeline, "cells");
  for (const cell of await readdir(cells)) {
    await openArtifact(join(cells, cell, "artifact"));
    const left = (await readdir(join(cells, cell))).filter((f) => /\.(tmp|old)-/.test(f));
    if (left.length > 0) failures.push(`${after}: leaves ${cell}/${left.join()}`);
  }
  await openArtifact(join(project.dir, "runs", pipeline));
  const left = (await readdir(join(project.dir, "runs"))).filter((f) => /\.(tmp|old)-/.test(f));
  if (left.length > 0) failures.push(`${after}: leaves runs/${left.join()}`);
}

async function anyCell(project: Project): Promise<string> {
  const cells = (await readdir(join(project.dir, ".run", name, "cells"))).sort();
  return cells[Math.floor(Math.random() * cells.length)] ?? "";
}

async function killAtAnyMoment(
  child: ChildProcess,
  whom: "group" | "process",
  longestMs: number,
): Promise<void> {
  const end = ended(child);
  await Promise.race([end, pause(Math.random() * longestMs)]);
  try {
    process.kill(whom === "group" ? -(child.pid ?? 0) : (child.pid ?? 0), "SIGKILL");
  } catch {
    // It was faster.
  }
  await end;
}

function ended(child: ChildProcess): Promise<unknown> {
  child.stdout?.resume();
  child.stderr?.resume();
  return new Promise((resolve) => child.once("exit", resolve));
}

async function outputOf(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  const parts: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => parts.push(text));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output: parts.join("") };
}

if (import.meta.filename === process.argv[1]) await main();

async function main(): Promise<void> {
  help(
    `npm run crash [-- CAMPAIGN...] [--times=1]\n\nKills, fills disks and damages files. Unless --times is below 1 it puts its figures into docs/reliability.md.\n\nCampaigns: ${Object.keys(campaigns).join("; ")}.`,
    ["--times"],
  );
  const { times = 1, _: only } = argv;
  const rows = await crash(Number(times), (line) => console.log(line), only.map(String));
  if (rows.some((row) => row.failures.length > 0)) process.exitCode = 1;
  if (Number(times) < 1) return;
  const figures = rows.map((row) => [row.campaign, row.times, row.failures.length]);
  await writeFigures("crash", ["campaign", "times", "failures"], figures);
}
