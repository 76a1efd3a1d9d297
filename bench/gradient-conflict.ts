import { interleave } from "./interleave.ts";
import { type Row, row } from "./results.ts";
import { openTrainingLoop } from "./training-loop.ts";
import { batch, trainingWork } from "./training-work.ts";

/** Steps per turn. */
const steps = 12;
const rounds = 5;

/** The cost of measuring how the classifiers' gradients align in early-exit's step. */
export async function gradientConflictRows(
  log: (line: string) => void,
): Promise<{ rows: Row[]; versions: Record<string, string> }> {
  const work = await trainingWork("minilm");
  const loops = [
    await openTrainingLoop(work, { gradientConflict: true }),
    await openTrainingLoop(work),
  ] as const;
  try {
    const [measuring, plain] = loops.map((loop) => {
      let taken = 0;
      return {
        async measure() {
          const began = performance.now();
          await loop.take(steps, taken);
          taken += steps;
          return (performance.now() - began) / steps;
        },
      };
    });
    if (measuring === undefined || plain === undefined) throw new Error("bench: two loops");
    await measuring.measure();
    await plain.measure();
    const runs = await interleave(measuring, plain, rounds, log);
    const about = {
      work: `MiniLM-L6, early-exit with 4 exits, ${batch.B} x ${batch.T} tokens, one step that measures gradient conflict`,
      unit: "ms",
      goal: 2.2,
      goalIs: "atMost",
      peerIs: "the same step without it",
    } as const;
    return { rows: [row(about, runs)], versions: {} };
  } finally {
    for (const loop of loops) await loop.dispose();
  }
}
