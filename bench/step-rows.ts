import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Contender, interleave } from "./interleave.ts";
import { peerPython } from "./peers.ts";
import { type Row, row } from "./results.ts";
import { StepServer } from "./step-server.ts";
import { batch, type ModelName, trainingWork, writeWork } from "./training-work.ts";

const here = (path: string) => join(import.meta.dirname, path);

/** How one model's step is compared. */
interface StepGoals {
  title: string;
  /** Steps per turn: one run of the compiled loop. */
  steps: number;
  rounds: number;
  time: number;
  memory?: number;
  startSeconds?: number;
  /** As a share of the rate that bare matrix products reach. */
  rate?: number;
}

type TimedModel = Exclude<ModelName, "tiny">;

const goals: Record<TimedModel, StepGoals> = {
  minilm: { title: "MiniLM-L6", steps: 12, rounds: 5, time: 0.8, rate: 0.7 },
  "bert-base": {
    title: "BERT-base",
    steps: 6,
    rounds: 3,
    time: 0.85,
    memory: 1.5,
    startSeconds: 3,
  },
};

/** PyTorch's ways to run the step. */
const variants: Record<string, string[]> = {
  eager: ["--adamw", "eager"],
  "fused AdamW": ["--adamw", "fused"],
  "torch.compile": ["--adamw", "fused", "--compile"],
};

/** The rows of one model: time, memory, start and rate of its training step. */
export async function stepRows(
  model: TimedModel,
  log: (line: string) => void,
): Promise<{ rows: Row[]; versions: Record<string, string> }> {
  const { title, steps, rounds, time, memory, startSeconds, rate } = goals[model];
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  const servers: StepServer[] = [];
  const start = async (...given: Parameters<typeof StepServer.start>) => {
    const server = await StepServer.start(...given);
    servers.push(server);
    return server;
  };
  const tsx = (label: string, script: string, ...more: string[]) =>
    start(label, process.execPath, ["--import", "tsx", here(script), model, ...more]);
  try {
    const work = await trainingWork(model);
    await writeWork(folder, work);
    const python = await peerPython(log);
    const torch = (label: string, ...more: string[]) =>
      start(label, python, [here("peers/torch_step.py"), folder, ...more]);

    log(`${title}: checking that both sides compute the same, without dropout`);
    const alike = [
      await tsx("ours without dropout", "ours/training-step.ts", "--no-dropout"),
      await torch("PyTorch without dropout", "--no-dropout"),
    ] as const;
    await checkAgreement(...alike);
    for (const server of alike) await server.stop();

    log(`${title}: finding PyTorch's fastest way`);
    let best: { name: string; server: StepServer; ms: number } | undefined;
    for (const [name, flags] of Object.entries(variants)) {
      const server = await torch(`PyTorch ${name}`, ...flags);
      await server.take(2);
      const { ms } = await server.take(steps);
      log(`  ${name}: ${(ms / steps).toFixed(0)} ms a step`);
      const worse = best === undefined || ms < best.ms ? best?.server : server;
      if (best === undefined || ms < best.ms) best = { name, server, ms };
      await worse?.stop();
    }
    if (best === undefined) throw new Error("bench: PyTorch took no step");

    log(`${title}: in turns`);
    const ours = await tsx("ours", "ours/training-step.ts");
    log(
      `  ours trains ${ours.about["trainedRows"]} of ${work.encoder.config.vocabSize} rows of the word embeddings`,
    );
    const peaks = { ours: 0, peer: 0 };
    const contender = (who: "ours" | "peer", server: StepServer): Contender => ({
      async measure() {
        const { ms, peakBytes } = await server.take(steps);
        peaks[who] = peakBytes / 1e9;
        return ms / steps;
      },
    });
    const runs = await interleave(
      contender("ours", ours),
      contender("peer", best.server),
      rounds,
      log,
    );
    const peerIs = `PyTorch, ${best.name}`;
    const size = `${batch.B} x ${batch.T}`;
    const rows = [
      row(
        {
          work: `${title}, ${size} tokens, one step`,
          unit: "ms",
          goal: time,
          goalIs: "atMost",
          peerIs,
        },
        runs,
      ),
    ];
    if (rate !== undefined) {
      const bare = await tsx("bare matrix products", "ours/matrix-products.ts");
      const flop = stepFlop(work);
      const perStep = Number(bare.about["flopPerStep"]);
      const rates = await interleave(
        { measure: async () => (flop * steps) / (await ours.take(steps)).ms / 1e6 },
        { measure: async () => (perStep * 60) / (await bare.take(60)).ms / 1e6 },
        rounds,
        log,
      );
      rows.push(
        row(
          {
            work: `${title}, matrix products of the whole step over its time`,
            unit: "GFLOP/s",
            goal: rate,
            goalIs: "atLeast",
            peerIs: "a bare MatMul session",
          },
          rates,
        ),
      );
    }
    if (memory !== undefined) {
      rows.push(
        row(
          { work: `${title}, peak memory`, unit: "GB", goal: memory, goalIs: "atMost", peerIs },
          { ours: [peaks.ours], peer: [peaks.peer] },
        ),
      );
    }
    if (startSeconds !== undefined) {
      const seconds = Number(ours.about["startMs"]) / 1000;
      rows.push(
        row(
          {
            work: `${title}, trace and session start`,
            unit: "s",
            goal: 1,
            goalIs: "atMost",
            peerIs: "the goal",
          },
          { ours: [seconds], peer: [startSeconds] },
        ),
      );
    }
    return { rows, versions: { torch: String(best.server.about["torch"]) } };
  } finally {
    for (const server of servers) await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The first step's losses, before any weight has moved, agree to 1e-4; the next four to 1 part in 100:
 * AdamW's first steps follow the gradients' signs, so a gradient that rounds to the other side of 0
 * moves its weight the other way.
 *
 * @throws Error if they do not
 */
export async function checkAgreement(ours: StepServer, peer: StepServer): Promise<void> {
  const [a, b] = [(await ours.take(5)).losses, (await peer.take(5)).losses];
  const agree = a.every((losses, step) =>
    losses.every((x, e) => {
      const y = b[step]?.[e] ?? NaN;
      return Math.abs(x - y) <= (step === 0 ? 1e-4 : 1e-2 * Math.abs(y));
    }),
  );
  if (!agree || b.length !== a.length)
    throw new Error(`bench: the losses differ: ours ${a.join("; ")}, PyTorch's ${b.join("; ")}`);
}

/** Multiplications and additions of the step's matrix products: forward once, backward twice. */
function stepFlop({ encoder: { config } }: Awaited<ReturnType<typeof trainingWork>>): number {
  const { hiddenSize: c, intermediateSize: f, numHiddenLayers: layers } = config;
  const tokens = batch.B * batch.T;
  const linear = tokens * (4 * c * c + 2 * c * f);
  const attention = 2 * tokens * batch.T * c;
  return 3 * 2 * layers * (linear + attention);
}
