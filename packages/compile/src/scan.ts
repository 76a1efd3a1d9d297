import type { Dim, Graph, ValueInfo } from "./graph.ts";

/**
 * Wraps one step as a loop of many: an ONNX Scan whose state stays inside ONNX Runtime.
 *
 * The step's inputs are its state, then what each step reads; its outputs the new state, in the
 * same order, then what each step tells. In the loop the latter two gain a first axis, the step.
 *
 * @param stateCount how many inputs and outputs are state
 * @throws RangeError if the state goes in and comes out in different shapes
 */
export function scanLoop(step: Graph, stateCount: number): Graph {
  step.inputs.slice(0, stateCount).forEach((input, i) => {
    const output = step.outputs[i];
    if (
      output?.dtype !== input.dtype ||
      JSON.stringify(output.shape) !== JSON.stringify(input.shape)
    ) {
      throw new RangeError(
        `scanLoop: state ${input.name} goes in as ${describe(input)} and comes out as ${output === undefined ? "nothing" : describe(output)}`,
      );
    }
  });
  const stacked = (v: ValueInfo): ValueInfo => ({ ...v, shape: [steps, ...v.shape] });
  const outer = (v: ValueInfo, i: number): ValueInfo => ({
    ...(i < stateCount ? v : stacked(v)),
    name: `loop:${v.name}`,
  });
  const inputs = step.inputs.map(outer);
  const outputs = step.outputs.map(outer);
  return {
    inputs,
    outputs,
    nodes: [
      {
        op: "Scan",
        domain: "",
        inputs: inputs.map((v) => v.name),
        outputs: outputs.map((v) => v.name),
        attributes: { body: { graph: step }, num_scan_inputs: inputs.length - stateCount },
        kernel: "scan",
      },
    ],
    constants: new Map(),
    shapes: new Map(),
  };
}

/** The symbol of the loop's length. */
const steps: Dim = { factor: 1, symbols: ["steps"] };

function describe(v: ValueInfo): string {
  return `${v.dtype} ${JSON.stringify(v.shape)}`;
}
