import { openSession, type SessionOptions as RuntimeOptions } from "@sweetspot/runtime";
import type { Graph } from "../graph/graph.ts";
import {
  checkInputs,
  type HostArray,
  type HostArrays,
  hostTensor,
  type Sizes,
} from "./host-arrays.ts";
import { checkDeviceLimits } from "./check-device-limits.ts";
import { onnxBytes } from "../graph/onnx-writer.ts";
import { optimise } from "../optimise/optimise.ts";
import { type NamedTensors, type TensorSpecs, type TensorsOf, trace } from "../trace/trace.ts";

/** How to run a graph. */
export interface SessionOptions extends Pick<
  RuntimeOptions,
  "device" | "threads" | "spinMicroseconds"
> {
  /** Where to write the time of each node, and where it ran, when the session is disposed of: `PREFIX_….json`, for a trace viewer. */
  profile?: string;
  /** Called with a line for each simplification of the graph. */
  log?: (line: string) => void;
}

/** A graph that is ready to run. */
export interface CompiledFunction {
  /**
   * @param inputs by the names of the graph's inputs, all of them and no others
   * @param sizes of the symbols
   * @returns by the names of the outputs; new arrays
   * @throws RangeError if an input is missing, unknown or of another size than its shape says; TypeError
   *   for another dtype; Error if the session has been disposed of, or ONNX Runtime fails
   */
  run(inputs: HostArrays, sizes?: Sizes): Promise<Record<string, HostArray>>;
  /** Frees the session. Further calls do nothing. */
  dispose(): Promise<void>;
}

/**
 * Starts a session for a graph, optimised (`optimise`). The caller disposes of it.
 *
 * `run` blocks the event loop while it computes; ending the thread in the middle of it aborts Node.
 *
 * @throws Error that says what to install if the device is not available; RangeError if it has no right
 *   kernel for a part of the graph, or as `onnxModel`; ONNX Runtime's own if it refuses the graph
 */
export async function startSession(
  graph: Graph,
  options: SessionOptions = {},
): Promise<CompiledFunction> {
  checkDeviceLimits(graph, options.device);
  // Sizes differ from run to run, so a pattern of the last one's memory saves nothing.
  const how = { ...options, memoryPattern: false };
  const session = await openSession(onnxBytes(optimise(graph, options)), how);
  let disposed = false;
  return {
    async run(inputs, sizes = {}) {
      if (disposed) throw new Error("run: the session has been disposed of; start another");
      checkInputs(
        graph.inputs.map((i) => bare(i.name)),
        inputs,
        sizes,
      );
      const feeds = graph.inputs.map((input) => {
        const name = bare(input.name);
        return [input.name, hostTensor(`run: input ${name}`, input, inputs[name], sizes)] as const;
      });
      const results = await session.run(Object.fromEntries(feeds));
      return Object.fromEntries(
        graph.outputs.map(({ name }) => [bare(name), results[name]?.data as HostArray]),
      );
    },
    async dispose() {
      if (disposed) return;
      disposed = true;
      if (options.profile !== undefined) session.endProfiling();
      await session.release();
    },
  };
}

/**
 * Traces a function and starts a session for it. The caller disposes of it.
 *
 * @throws as `trace` and `startSession` do
 */
export async function compile<const S extends TensorSpecs>(
  fn: (inputs: TensorsOf<S>) => NamedTensors,
  specs: S,
  options: SessionOptions = {},
): Promise<CompiledFunction> {
  return startSession(trace(fn, specs), options);
}

/** The name of a value without the prefix and suffix that a graph adds. */
export function bare(name: string): string {
  return name.replace(/^loop:/, "").replace(/:out$/, "");
}
