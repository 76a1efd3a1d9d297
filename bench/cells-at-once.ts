import { availableParallelism } from "node:os";
import { join } from "node:path";
import { interleave } from "./interleave.ts";
import { type Row, row } from "./results.ts";
import { StepServer } from "./step-server.ts";
import { batch } from "./training-work.ts";

/** Steps per turn, for each process. */
const steps = 12;
const rounds = 5;

/** The gain of running cells at once with one thread each, instead of one after another with all cores. */
export async function cellsAtOnceRows(
  log: (line: string) => void,
): Promise<{ rows: Row[]; versions: Record<string, string> }> {
  const cores = availableParallelism();
  const servers: StepServer[] = [];
  const start = async (threads: number): Promise<StepServer> => {
    const script = join(import.meta.dirname, "ours", "training-step.ts");
    const args = ["--import", "tsx", script, "minilm"];
    const env = { SWEETSPOT_THREADS: String(threads) };
    const server = await StepServer.start(`${threads} threads`, process.execPath, args, env);
    servers.push(server);
    return server;
  };
  const inTurns = (processes: readonly StepServer[]) => ({
    async measure() {
      const began = performance.now();
      await Promise.all(processes.map((process) => process.take(steps)));
      return (performance.now() - began) / (steps * processes.length);
    },
  });
  try {
    const each: StepServer[] = [];
    for (let i = 0; i < cores; i++) each.push(await start(1));
    const atOnce = inTurns(each);
    const alone = inTurns([await start(cores)]);
    const runs = await interleave(atOnce, alone, rounds, log);
    const about = {
      work: `MiniLM-L6, ${batch.B} x ${batch.T} tokens, one step, ${cores} cells at once with a thread each`,
      unit: "ms",
      goal: 0.9,
      goalIs: "atMost",
      peerIs: `one cell with ${cores} threads`,
    } as const;
    return { rows: [row(about, runs)], versions: {} };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}
