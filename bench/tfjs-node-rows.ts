import { join } from "node:path";
import { interleave } from "./interleave.ts";
import { type Row, row, versionsOf } from "./results.ts";
import { checkAgreement } from "./step-rows.ts";
import { StepServer } from "./step-server.ts";
import { batch } from "./training-work.ts";

/** Steps per turn, and turns. */
const steps = 4;
const rounds = 9;

/** The row that compares the compiled training step with the same step in tfjs-node, kernel by kernel. */
export async function tfjsNodeRows(
  log: (line: string) => void,
): Promise<{ rows: Row[]; versions: Record<string, string> }> {
  const servers: StepServer[] = [];
  const start = async (label: string, ...flags: string[]) => {
    const script = join(import.meta.dirname, "ours", "training-step.ts");
    const args = ["--import", "tsx", script, "minilm", ...flags];
    const server = await StepServer.start(label, process.execPath, args);
    servers.push(server);
    return server;
  };
  try {
    const compiled = await start("ours");
    const eager = await start("tfjs-node", "--eager");
    log("MiniLM-L6: checking that both engines compute the same");
    await checkAgreement(compiled, eager);
    log("MiniLM-L6: in turns, steps per second");
    const rate = (server: StepServer) => ({
      measure: async () => (1000 * steps) / (await server.take(steps)).ms,
    });
    const runs = await interleave(rate(compiled), rate(eager), rounds, log);
    const about = {
      work: `MiniLM-L6, ${batch.B} x ${batch.T} tokens, one step, against eager tfjs-node`,
      unit: "steps/s",
      goal: 3,
      goalIs: "atLeast",
      peerIs: "the same step in tfjs-node",
    } as const;
    return { rows: [row(about, runs)], versions: await versionsOf(["@tensorflow/tfjs-node"]) };
  } finally {
    for (const server of servers) await server.stop();
  }
}
