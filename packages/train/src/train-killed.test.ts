import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openArtifact, runStage } from "@sweetspot/artifact";
import { stage as dataStage } from "@sweetspot/data/stage";
import { afterAll, beforeAll, expect, it } from "vitest";

const child = fileURLToPath(new URL("../test/train-killed-child.ts", import.meta.url));
const kills = 10;

let folder: string;
let data: string;
beforeAll(async () => {
  const built = new URL("../dist/index.js", import.meta.url);
  if (!existsSync(built)) throw new Error(`${built.pathname}: missing; npx tsc -b makes it`);
  folder = await mkdtemp(join(tmpdir(), "train-killed-"));
  data = join(folder, "data");
  await runStage(dataStage, {
    settings: { task: "amazon", encoder: "tiny", trainSize: 100, maxLength: 16 },
    inputs: {},
    output: data,
  });
});
afterAll(() => rm(folder, { recursive: true }));

interface Training {
  process: ChildProcess;
  lines: string[];
  /** How it ended: its exit code, or the signal that did. */
  ended: Promise<number | NodeJS.Signals | null>;
}

/** Trains in a process of its own, in plain Node; the other packages are the built ones. */
function start(output: string): Training {
  const process_ = spawn(process.execPath, ["--import", "tsx", child, data, output], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  process_.stdout.on("data", (chunk: Buffer) => lines.push(...chunk.toString().trim().split("\n")));
  const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    process_.on("error", reject);
    process_.on("exit", (code, signal) => resolve(code ?? signal));
  });
  return { process: process_, lines, ended };
}

/** What changes when a checkpoint, or a finished member, is written. */
function progressOf(output: string): string {
  const files = ["member-1-checkpoint", "member-1", "member-2-checkpoint", "member-2"];
  return files
    .map((name) => {
      try {
        return readFileSync(join(`${output}.scratch`, name, "manifest.json"), "utf8");
      } catch {
        return "";
      }
    })
    .join();
}

it("killed ten times at any moment and resumed, it leaves the bytes of a training never stopped", async () => {
  const whole = join(folder, "whole");
  const begun = performance.now();
  const reference = start(whole);
  let startedAfterMs: number | undefined;
  while (reference.process.exitCode === null) {
    if (progressOf(whole).length > 3) startedAfterMs ??= performance.now() - begun;
    await sleep(5);
  }
  expect(await reference.ended).toBe(0);

  const output = join(folder, "killed");
  const resumed: string[] = [];
  const ends: (number | NodeJS.Signals | null)[] = [];
  while (ends.length < kills) {
    const before = progressOf(output);
    const training = start(output);
    if (ends.length % 2 === 0) {
      // Any moment from the start on: reading, compiling, training, writing.
      await sleep(Math.random() * ((startedAfterMs ?? 2000) + 300));
    } else {
      // Soon after it has got further, which is when it writes a checkpoint again.
      while (progressOf(output) === before && training.process.exitCode === null) await sleep(2);
      await sleep(Math.random() * 120);
    }
    training.process.kill("SIGKILL");
    const how = await training.ended;
    resumed.push(...training.lines.filter((l) => l.includes("resumed")));
    if (existsSync(output)) {
      // It was faster than the reference, and begins again.
      await rm(output, { recursive: true });
    } else {
      ends.push(how);
    }
  }
  expect(ends).toEqual(Array(kills).fill("SIGKILL"));
  const last = start(output);
  expect(await last.ended).toBe(0);
  expect(resumed.length).toBeGreaterThan(0);

  const [got, want] = await Promise.all([openArtifact(output), openArtifact(whole)]);
  expect(got.manifest.files).toEqual(want.manifest.files);
  expect(got.sha256).toBe(want.sha256);
  // Nothing of the killed ones is left.
  expect((await readdir(folder)).sort()).toEqual(["data", "killed", "whole"]);
}, 600_000);
