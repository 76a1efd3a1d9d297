import type { Graph } from "../graph.ts";
import type { HostArray, HostArrays } from "../host-arrays.ts";
import { scanLoop } from "./scan.ts";
import { type SessionOptions, startSession } from "../start-session.ts";
import { type LoopDefinition, prefixed, required, type StepLoop } from "./step-loop.ts";

/**
 * A loop inside the graph: the state stays in ONNX Runtime for all the steps of a run, and is copied
 * out at its end, into the arrays of the state before the last: two states take turns.
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
  /** The state before it, if a run of this loop made it. */
  let spare: HostArrays = {};
  let isOwn = false;
  return {
    state: async () => ({ ...state }),
    async run(inputs, sizes) {
      const before = Object.fromEntries(
        names.map((n) => [prefixed(n), required(state, n, "the state")]),
      );
      const into = Object.fromEntries(
        Object.entries(spare).map(([name, array]) => [prefixed(name), array]),
      );
      const results = await session.run({ ...before, ...inputs }, sizes, into);
      const next: Record<string, HostArray> = {};
      for (const name of names) {
        next[name] = required(results, prefixed(name), "a result");
        delete results[prefixed(name)];
      }
      spare = isOwn ? state : {};
      state = next;
      isOwn = true;
      return results;
    },
    dispose: () => session.dispose(),
  };
}
