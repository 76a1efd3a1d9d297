import type { Graph } from "../graph/graph.ts";
import { endToEnd, type HostArray, type HostArrays } from "../session/host-arrays.ts";
import { scanLoop } from "./scan.ts";
import { type SessionOptions, startSession } from "../session/start-session.ts";
import { type LoopDefinition, prefixed, required, type StepLoop } from "./step-loop.ts";

/**
 * A loop inside the graph: the state stays in ONNX Runtime for all steps of a run and is copied out at
 * its end.
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
    async run(steps, sizes) {
      const before = names.map((n) => [prefixed(n), required(state, n, "the state")]);
      const inputs = Object.entries(definition.inputs).map(([n, { dtype }]) => [
        n,
        endToEnd(
          steps.map((step) => required(step, n, "a step's inputs")),
          dtype,
        ),
      ]);
      const results = await session.run(Object.fromEntries([...before, ...inputs]), {
        ...sizes,
        steps: steps.length,
      });
      const next: Record<string, HostArray> = {};
      for (const name of names) {
        next[name] = required(results, prefixed(name), "a result");
        delete results[prefixed(name)];
      }
      state = next;
      return steps.map((_, i) => partsAt(results, i, steps.length));
    },
    dispose: () => session.dispose(),
  };
}

/** The `i`-th of so many equal parts of each array, sharing its memory. */
function partsAt(arrays: HostArrays, i: number, parts: number): Record<string, HostArray> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => {
      const length = array.length / parts;
      return [name, array.subarray(i * length, (i + 1) * length)];
    }),
  );
}
