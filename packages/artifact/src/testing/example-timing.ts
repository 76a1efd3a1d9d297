import { type TimedPoint, timedBatchSizes, type Timing } from "../formats/timing.ts";

/**
 * The timing of an invented cascade in fp32: a layer takes a millisecond divided by the batch size, at every
 * threshold and in each exit alone.
 *
 * @param members the exit layers of each model, in the order in which they run
 * @param layers the full model's depth
 */
export function exampleTiming(members: readonly (readonly number[])[], layers: number): Timing {
  let before = 0;
  const cascade = members.flatMap((exits) => {
    const runs = exits.map((layer) => before + layer);
    before += exits.at(-1) ?? 0;
    return runs;
  });
  const machine = {
    cpu: "Example CPU",
    cores: 2,
    platform: "linux x64",
    node: "v20.19.0",
    onnxruntime: "1.30.0",
    threads: 2,
    device: "cpu",
  };
  return {
    format: "sweetspot-timing-2",
    machine,
    batches: {
      fp32: timedBatchSizes.map((batchSize) => {
        const point = (run: number): TimedPoint => {
          const ms = run / batchSize;
          return { cost: run / layers, meanMs: ms, p50Ms: ms, p90Ms: ms, p99Ms: ms, noise: 0 };
        };
        const exits = members.flat().map(point);
        return { batchSize, examples: 64, cascade: cascade.map(point), exits };
      }),
    },
  };
}
