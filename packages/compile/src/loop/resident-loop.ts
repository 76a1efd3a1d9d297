import { openSession, Tensor } from "@sweetspot/runtime";
import { type Graph, onnxNode, type ValueInfo } from "../graph/graph.ts";
import { type HostArray, type HostArrays, hostTensor } from "../session/host-arrays.ts";
import { checkDeviceLimits } from "../session/check-device-limits.ts";
import { onnxBytes } from "../graph/onnx-writer.ts";
import { bare, type SessionOptions } from "../session/start-session.ts";
import { type LoopDefinition, oneByOne, prefixed, required, type StepLoop } from "./step-loop.ts";

/**
 * A loop that runs one step at a time. The state stays in the device's memory: the results of a step are
 * fed to the next without leaving the device.
 *
 * @param step of `traceStep`, optimised for the device
 */
export async function residentLoop(
  definition: LoopDefinition,
  step: Graph,
  { device = "webgpu", profile }: SessionOptions,
): Promise<StepLoop> {
  const names = Object.keys(definition.state);
  const outputs = step.outputs.slice(0, names.length).map((o) => o.name);
  const read = step.inputs.slice(names.length);
  checkDeviceLimits(step, device);
  const session = await openSession(onnxBytes(step), {
    device,
    resident: outputs,
    ...(profile === undefined ? {} : { profile }),
  });
  const reader = await openSession(onnxBytes(copies(step.inputs.slice(0, names.length))), {
    device,
  });
  let state: Readonly<Record<string, Tensor>> = Object.fromEntries(
    step.inputs.slice(0, names.length).map((input, i) => {
      const name = names[i] ?? "";
      return [name, hostTensor(name, input, definition.initialState[name], {})];
    }),
  );
  /** The state on the host, once it has been read. */
  let known: HostArrays | undefined = { ...definition.initialState };
  return {
    async state() {
      if (known === undefined) {
        const results = await reader.run(withPrefix(state));
        known = Object.fromEntries(
          names.map((n) => [n, results[`${prefixed(n)}:out`]?.data as HostArray]),
        );
      }
      return { ...known };
    },
    async run(steps, sizes = {}) {
      const take = async (before: Readonly<Record<string, Tensor>>, arrays: HostArrays) => {
        const fed = read.map((spec) => [
          spec.name,
          hostTensor(spec.name, spec, arrays[spec.name], sizes),
        ]);
        const results = await session.run({ ...withPrefix(before), ...Object.fromEntries(fed) });
        const made = step.outputs
          .slice(names.length)
          .map(({ name }) => [bare(name), results[name]?.data as HostArray]);
        const next = names.map((n, i) => [n, required(results, outputs[i] ?? "", "a result")]);
        return {
          state: Object.fromEntries(next) as Record<string, Tensor>,
          outputs: Object.fromEntries(made) as Record<string, HostArray>,
        };
      };
      const done = await oneByOne(state, steps, take, disposeAll);
      state = done.state;
      known = undefined;
      return done.outputs;
    },
    async dispose() {
      disposeAll(state);
      if (profile !== undefined) session.endProfiling();
      await session.release();
      await reader.release();
    },
  };
}

function withPrefix(state: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(state).map(([n, tensor]) => [prefixed(n), tensor]));
}

/** Frees the tensors that are on the device; the others have nothing to free. */
function disposeAll(state: Readonly<Record<string, Tensor>>): void {
  for (const tensor of Object.values(state)) if (tensor.location !== "cpu") tensor.dispose();
}

/** The graph that returns its inputs: reading a tensor off the device directly ends the process. */
function copies(inputs: readonly ValueInfo[]): Graph {
  const outputs = inputs.map((i) => ({ ...i, name: `${i.name}:out` }));
  const nodes = inputs.map((input, i) =>
    onnxNode("output", "Identity", [input.name], [outputs[i]?.name ?? ""]),
  );
  return { inputs, outputs, nodes, constants: new Map(), shapes: new Map() };
}
