import { describeValue, type Dim, type Graph, onnxNode, type ValueInfo } from "../graph/graph.ts";

/**
 * Wraps one step as a loop of many: an ONNX Scan whose state stays inside ONNX Runtime.
 *
 * The step's inputs are its state, then what it reads; its outputs are the new state, in the same order,
 * then its results. In the loop what a step reads and its results have a first axis, the symbol `steps`;
 * all names start with `loop:`.
 *
 * @param stateCount how many inputs and outputs are state
 * @throws RangeError if the state goes in and comes out in different dtypes or shapes, if a step
 *   reads nothing (so that the loop has no length), or if `steps` is a symbol of the step's own
 */
export function scanLoop(step: Graph, stateCount: number): Graph {
  step.inputs.slice(0, stateCount).forEach((input, i) => {
    const output = step.outputs[i];
    const [before, after] = [
      describeValue(input),
      output === undefined ? "nothing" : describeValue(output),
    ];
    if (before !== after)
      throw new RangeError(
        `scanLoop: ${input.name} is state, but goes in as ${before} and comes out as ${after}`,
      );
  });
  if (step.inputs.length <= stateCount)
    throw new RangeError(
      "scanLoop: a step must read one input or more besides its state; a counter will do",
    );
  const own = step.inputs.find(({ shape }) =>
    shape.some((d) => typeof d !== "number" && d.symbols.includes("steps")),
  );
  if (own !== undefined)
    throw new RangeError(
      `scanLoop: input ${own.name} has a size "steps", which is the loop's own; give it another name`,
    );
  const outer = (v: ValueInfo, i: number): ValueInfo => ({
    ...v,
    name: `loop:${v.name}`,
    shape: i < stateCount ? v.shape : [steps, ...v.shape],
  });
  const nameOf = ({ name }: ValueInfo) => name;
  const inputs = step.inputs.map(outer);
  const outputs = step.outputs.map(outer);
  const attributes = { body: { graph: step }, num_scan_inputs: inputs.length - stateCount };
  return {
    inputs,
    outputs,
    nodes: [onnxNode("scan", "Scan", inputs.map(nameOf), outputs.map(nameOf), attributes)],
    constants: new Map(),
    shapes: new Map(),
  };
}

/** The loop's length. */
const steps: Dim = { factor: 1, symbols: ["steps"] };
