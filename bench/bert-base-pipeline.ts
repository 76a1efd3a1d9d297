import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { writeSafetensors } from "@sweetspot/artifact";
import { encoderTokenizerJson } from "@sweetspot/data";
import { encoderConfigJson, encoderParameters, initialWeights } from "@sweetspot/model";
import { $ } from "zx";
import { type Row, row } from "./results.ts";
import { bertBase } from "./training-work.ts";

const root = join(import.meta.dirname, "..");
const name = "bench-bert-base";

const yaml = `
title: BERT-base at its real size
tasks: [amazon]
encoders: { bert-base: { from: ./encoder } }
methods: [sweet]
exitLayers: [1, 4, 6, 12]
data: { trainSize: 480, testSize: 200, maxLength: 128 }
train: { epochs: 2 }
`;

/**
 * The rows of a whole pipeline with BERT-base from a folder, with random weights: its time, and the peak
 * memory of its largest process, each compared with the dry run's estimate. Memory is measured only on Linux.
 */
export async function bertBasePipelineRows(
  log: (line: string) => void,
): Promise<{ rows: Row[]; versions: Record<string, string> }> {
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  try {
    await writeEncoder(join(folder, "encoder"));
    const file = join(folder, `${name}.yaml`);
    await writeFile(file, yaml);
    // No cache entry fits: the weights were just made, under another path.
    await rm(join(root, ".run", name), { recursive: true, force: true });
    const main = join(root, "packages/pipeline/dist/main.js");
    const run = (args: readonly string[]) =>
      $({ cwd: root, quiet: true })`${process.execPath} ${main} ${file} ${args}`;
    const estimated = readEstimate((await run(["--dry"])).stdout);
    log(`a dry run estimates ${estimated.seconds} s and ${estimated.gigabytes} GB`);
    const began = performance.now();
    const watch = watchMemory();
    const { stdout } = await run([]);
    const seconds = (performance.now() - began) / 1000;
    const gigabytes = await watch.stop();
    log(stdout.trim().split("\n").at(-3) ?? "");
    const about = { peerIs: "estimated by --dry", goal: 1.5, goalIs: "atMost" } as const;
    const work = "BERT-base through the pipeline, SWEET, 60 steps and evaluation";
    return {
      rows: [
        row({ work, unit: "s", ...about }, { ours: [seconds], peer: [estimated.seconds] }),
        row(
          { work: `${work}, peak memory`, unit: "GB", ...about },
          { ours: [gigabytes], peer: [estimated.gigabytes] },
        ),
      ],
      versions: {},
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A checkpoint in Hugging Face's format, with MiniLM's vocabulary. */
async function writeEncoder(folder: string): Promise<void> {
  await mkdir(folder);
  const weights = initialWeights(encoderParameters(bertBase), bertBase, 0);
  await writeFile(join(folder, "config.json"), JSON.stringify(encoderConfigJson(bertBase)));
  await writeFile(
    join(folder, "tokenizer.json"),
    JSON.stringify(await encoderTokenizerJson("minilm")),
  );
  await writeSafetensors(join(folder, "model.safetensors"), weights);
}

/** The last line of a dry run. */
function readEstimate(output: string): { seconds: number; gigabytes: number } {
  const [, time, unit = ""] = /, ([\d.]+) (s|min|h) at /.exec(output) ?? [];
  const [, gigabytes] = /([\d.]+) GB of memory at most/.exec(output) ?? [];
  const scale = { s: 1, min: 60, h: 3600 }[unit];
  if (time === undefined || gigabytes === undefined || scale === undefined)
    throw new Error(
      `bench: expected an estimate at the end of the dry run's output, got ${output}`,
    );
  return { seconds: Number(time) * scale, gigabytes: Number(gigabytes) };
}

/** Watches the processes that run cells, and returns the peak memory of the largest, in GB. */
function watchMemory(): { stop(): Promise<number> } {
  const stopped = new AbortController();
  let most = 0;
  const followed = (async () => {
    while (!stopped.signal.aborted) {
      for (const pid of (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry))) {
        const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
        if (!command.includes("dist/cell.js")) continue;
        const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
        most = Math.max(most, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0));
      }
      await setTimeout(200);
    }
  })();
  return {
    async stop() {
      stopped.abort();
      await followed;
      return (most * 1024) / 1e9;
    },
  };
}
