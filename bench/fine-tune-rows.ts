import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { $ } from "zx";
import { writeFineTuneWork } from "./fine-tune-work.ts";
import { type Contender, interleave } from "./interleave.ts";
import { peerPython } from "./peers.ts";
import { type Row, row } from "./results.ts";

const here = (path: string) => join(import.meta.dirname, path);

const works = [
  {
    title: "fine-tuning on real text, early-exit, whole process",
    methods: ["early-exit"],
    rounds: 3,
  },
  {
    title: "the three methods on that task",
    methods: ["early-exit", "sweet", "multi-model"],
    rounds: 1,
  },
];

/** The rows of whole trainings, timed from a process's start to its end. */
export async function fineTuneRows(
  log: (line: string) => void,
): Promise<{ rows: Row[]; versions: Record<string, string> }> {
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  const versions: Record<string, string> = {};
  try {
    await writeFineTuneWork(folder);
    const python = await peerPython(log);
    const rows: Row[] = [];
    for (const { title, methods, rounds } of works) {
      const process_ = (who: string, command: readonly string[]): Contender => ({
        async measure() {
          const began = performance.now();
          const { stdout } = await $({ quiet: true })`${command} ${folder} ${methods}`;
          const seconds = (performance.now() - began) / 1000;
          const answer = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Answer;
          if (answer.torch !== undefined) versions["torch"] = answer.torch;
          log(`  ${who}: ${seconds.toFixed(1)} s, test accuracies ${accuracies(answer)}`);
          return seconds;
        },
      });
      log(title);
      const runs = await interleave(
        process_("ours", [process.execPath, "--import", "tsx", here("ours/fine-tune.ts")]),
        process_("PyTorch", [python, here("peers/torch_fine_tune.py")]),
        rounds,
        log,
        // Each turn is a new process, so nothing stays warm.
        { warmUp: false },
      );
      const about = {
        unit: "s",
        goal: 0.6,
        goalIs: "atMost",
        peerIs: "PyTorch, fused AdamW",
      } as const;
      rows.push(row({ work: title, ...about }, runs));
    }
    return { rows, versions };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Answer {
  torch?: string;
  accuracies: Record<string, number[]>;
}

function accuracies({ accuracies: by }: Answer): string {
  return Object.entries(by)
    .map(([method, each]) => `${method} ${each.map((x) => (100 * x).toFixed(1)).join(" ")}`)
    .join(", ");
}
