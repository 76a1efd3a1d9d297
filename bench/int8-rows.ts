import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { padRows } from "@sweetspot/artifact";
import { calibrationSentences, checkedSentences, writeMember } from "@sweetspot/export";
import { Segment } from "@sweetspot/infer";
import { openSession } from "@sweetspot/runtime";
import { z } from "zod";
import { $ } from "zx";
import { interleave } from "./interleave.ts";
import { peerPython } from "./peers.ts";
import { type Row, row } from "./results.ts";
import { batch, classes, trainingWork } from "./training-work.ts";

/** The batches that are timed, and how often a turn runs each. */
const works = [
  { B: 1, runs: 50, rounds: 15 },
  { B: 32, runs: 2, rounds: 15 },
];

const quantisedSchema = z.object({
  products: z.number(),
  versions: z.record(z.string(), z.string()),
});

/**
 * The rows of MiniLM in int8 at full depth, with one thread: over the same segment in fp32, and over what
 * ONNX Runtime's own Python tool makes of that file. Beside the times, the size of the files.
 */
export async function int8Rows(
  log: (line: string) => void,
): Promise<{ rows: Row[]; versions: Record<string, string> }> {
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  const opened: Segment[] = [];
  try {
    const { encoder, weights, split } = await trainingWork("minilm");
    const { config, pooling } = encoder;
    const labels = Array.from({ length: classes }, (_, i) => String(i));
    const checkpoint = { config, pooling, exitLayers: [6], labels, weights };
    const texts = { checked: checkedSentences(split), calibration: calibrationSentences(split) };
    log("exporting in fp32 and int8");
    await writeMember(folder, "member-1", checkpoint, texts, ["fp32", "int8"], "MiniLM");
    const [fp32, int8] = ["segment-1.onnx", "segment-1.int8.onnx"].map((name) =>
      join(folder, "member-1", name),
    ) as [string, string]; // one for each
    const dynamic = join(folder, "dynamic.onnx");
    const python = await peerPython(log, "peers-int8");
    const script = join(import.meta.dirname, "peers", "quantise_dynamic.py");
    log("quantising with ONNX Runtime's Python tool");
    const { stdout } = await $({ quiet: true })`${python} ${script} ${fp32} ${dynamic}`;
    const made = quantisedSchema.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
    const open = async (path: string) => {
      const session = await openSession(path, { threads: 1 });
      const segment = new Segment(session, { path, exitLayer: 6, layers: 6, classes });
      opened.push(segment);
      return segment;
    };
    const ours = await open(int8);
    const peers = [
      { segment: await open(fp32), goal: 0.4, peerIs: "the same segment in fp32" },
      { segment: await open(dynamic), goal: 1.1, peerIs: "ONNX Runtime's Python tool, dynamic" },
    ];
    const rows: Row[] = [];
    for (const { B, runs, rounds } of works) {
      const { inputIds, tokenTypeIds } = split;
      const given = padRows(inputIds, [...Array(B).keys()], { tokenTypeIds });
      const contender = (segment: Segment) => ({
        async measure() {
          const began = performance.now();
          for (let i = 0; i < runs; i++) await segment.run({ tokens: given });
          return (performance.now() - began) / runs;
        },
      });
      for (const { segment, goal, peerIs } of peers) {
        const work = `MiniLM-L6 in int8, inference, full depth, ${B} x ${batch.T} tokens, one thread`;
        log(`${work}: in turns with ${peerIs}`);
        const about = { work, unit: "ms", goal, goalIs: "atMost", peerIs } as const;
        rows.push(row(about, await interleave(contender(ours), contender(segment), rounds, log)));
      }
    }
    const megabytes = async (path: string) => (await stat(path)).size / 1e6;
    const size = { unit: "MB", goal: 0.3, goalIs: "atMost", peerIs: "the same in fp32" } as const;
    const sizes = { ours: [await megabytes(int8)], peer: [await megabytes(fp32)] };
    rows.push(row({ work: "MiniLM-L6 in int8, file", ...size }, sizes));
    return { rows, versions: made.versions };
  } finally {
    for (const segment of opened) await segment.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}
