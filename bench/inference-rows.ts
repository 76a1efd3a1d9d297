import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { padRows, type PaddedBatch } from "@sweetspot/artifact";
import { segmentRanges, writeSegment } from "@sweetspot/export";
import { Segment } from "@sweetspot/infer";
import { openSession, Tensor } from "@sweetspot/runtime";
import { z } from "zod";
import { $ } from "zx";
import { interleave } from "./interleave.ts";
import { peerPython } from "./peers.ts";
import { type Row, row } from "./results.ts";
import { batch, classes, type TrainingWork, trainingWork, writeWork } from "./training-work.ts";

/** The batches that are timed, and how often a turn runs each. */
const works = [
  { B: 1, runs: 50, rounds: 15 },
  { B: 32, runs: 4, rounds: 15 },
];

const exportedSchema = z.object({
  versions: z.record(z.string(), z.string()),
  fused: z.record(z.string(), z.number()),
});

/** A loaded model. */
interface Classifier {
  /** `[B, K]` */
  logits(batch: PaddedBatch): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** The rows of a whole classifier in ONNX Runtime in this process: our export against PyTorch's. */
export async function inferenceRows(
  log: (line: string) => void,
): Promise<{ rows: Row[]; versions: Record<string, string> }> {
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  const opened: Classifier[] = [];
  try {
    const work = { ...(await trainingWork("minilm")), exitLayers: [6] };
    await writeWork(folder, work);
    const python = await peerPython(log);
    const script = join(import.meta.dirname, "peers", "onnx_export.py");
    log("exporting with PyTorch and ONNX Runtime's optimizer");
    const { stdout } = await $({ quiet: true })`${python} ${script} ${folder}`;
    const exported = exportedSchema.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
    log(`  fused: ${JSON.stringify(exported.fused)}`);
    const ours = await openOurs(folder, work);
    opened.push(ours);
    const peer = await openPeer(join(folder, "peer.onnx"));
    opened.push(peer);
    const { inputIds, tokenTypeIds } = work.split;
    const rowsOf = (count: number) =>
      padRows(
        inputIds,
        Array.from({ length: count }, (_, i) => i),
        { tokenTypeIds },
      );
    await checkAgreement(ours, peer, withPadding(rowsOf(7)));
    const rows: Row[] = [];
    for (const { B, runs, rounds } of works) {
      const given = rowsOf(B);
      await checkAgreement(ours, peer, given);
      log(`MiniLM-L6, inference, ${B} x ${batch.T}: in turns`);
      const contender = (who: Classifier) => ({
        async measure() {
          const began = performance.now();
          for (let i = 0; i < runs; i++) await who.logits(given);
          return (performance.now() - began) / runs;
        },
      });
      const about = {
        work: `MiniLM-L6, inference, full depth, ${B} x ${batch.T} tokens`,
        unit: "ms",
        goal: 1,
        goalIs: "atMost",
        peerIs: "PyTorch's export, ONNX Runtime's optimizer",
      } as const;
      rows.push(row(about, await interleave(contender(ours), contender(peer), rounds, log)));
    }
    return { rows, versions: exported.versions };
  } finally {
    for (const classifier of opened) await classifier.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The file that the `export` stage writes, run as `infer` runs it. */
async function openOurs(folder: string, work: TrainingWork): Promise<Classifier> {
  const { exitLayers, weights, encoder } = work;
  const { config, pooling } = encoder;
  const labels = Array.from({ length: classes }, (_, i) => String(i));
  const path = join(folder, "ours.onnx");
  for (const range of segmentRanges(exitLayers))
    await writeSegment(path, { config, pooling, exitLayers, labels, weights }, range);
  const session = await openSession(path, { threads: availableParallelism() });
  const [layer = 0] = exitLayers;
  const segment = new Segment(session, { path, exitLayer: layer, layers: layer, classes });
  return {
    logits: async (tokens) => (await segment.run({ tokens })).logits,
    dispose: () => segment.dispose(),
  };
}

async function openPeer(path: string): Promise<Classifier> {
  const session = await openSession(path, { threads: availableParallelism() });
  return {
    async logits({ inputIds, attentionMask, batchSize, length }) {
      const int64 = (data: Int32Array | Float32Array) =>
        new Tensor("int64", BigInt64Array.from(data, BigInt), [batchSize, length]);
      const { logits } = await session.run({ ids: int64(inputIds), mask: int64(attentionMask) });
      return logits?.data as Float32Array;
    },
    dispose: () => session.release(),
  };
}

/** Row i ends after `length - 5 * i` tokens. */
function withPadding(given: PaddedBatch): PaddedBatch {
  const attentionMask = given.attentionMask.map((_, at) =>
    at % given.length < given.length - 5 * Math.floor(at / given.length) ? 1 : 0,
  );
  return { ...given, attentionMask };
}

/** @throws Error if logits differ by more than 1e-3 */
async function checkAgreement(ours: Classifier, peer: Classifier, given: PaddedBatch) {
  const [a, b] = [await ours.logits(given), await peer.logits(given)];
  const apart = a.map((x, i) => Math.abs(x - (b[i] ?? NaN)));
  if (a.length !== b.length || !apart.every((x) => x <= 1e-3))
    throw new Error(`bench: the logits differ: ours ${a.join()}, PyTorch's ${b.join()}`);
}
