import type { Graph } from "../graph.ts";
import type { HostArray, HostArrays } from "../host-arrays.ts";
import { scanLoop } from "./scan.ts";
import { type SessionOptions, startSession } from "../start-session.ts";
import { type LoopDefinition, prefixed, required, type StepLoop } from "./step-loop.ts";

/**
 * A loop inside the graph: the state stays in ONNX Runtime for all the steps of a run, and is copied
 * out at its end.
 *
 * @param step of `traceStep`
 */
export async function scannedLoop(
  definition: LoopDefinition,
  step: Graph,
  options: SessionOptions,
): Promise<StepLoop> {
  const names = Object.keys(definition.state);
  const session = await startSession(scanLoop(step, names.length), options);
  let state: HostArrays = { ...definition.initialState };
  return {
    state: async () => ({ ...state }),
    async run(inputs, sizes) {
      const before = Object.fromEntries(
        names.map((n) => [prefixed(n), required(state, n, "the state")]),
      );
      const results = await session.run({ ...before, ...inputs }, sizes);
      const next: Record<string, HostArray> = {};
      for (const name of names) {
        next[name] = required(results, prefixed(name), "a result");
        delete results[prefixed(name)];
      }
      state = next;
      return results;
    },
    dispose: () => session.dispose(),
  };
}
