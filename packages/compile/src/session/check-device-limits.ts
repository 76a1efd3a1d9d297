import type { Device } from "@sweetspot/runtime";
import type { Dim, Graph, GraphNode } from "../graph/graph.ts";

/** The kernels of ONNX Runtime 1.30's WebGPU provider that are wrong, or fail at run time. */
const unusable: Readonly<Record<string, (node: GraphNode, graph: Graph) => boolean>> = {
  "a slice that runs backwards from a place before the end": ({ op, inputs }, { shapes }) => {
    const [, starts = "", , , steps = ""] = op === "Slice" ? inputs : [];
    const from = shapes.get(starts) ?? [];
    return (shapes.get(steps) ?? []).some((s, i) => Number(s) < 0 && from[i] !== -1);
  },
  "the gradient of a convolution": ({ kernel }) => /^(Depthwise)?Conv.*Backprop/.test(kernel),
  "a convolution that pads one side more than the other": ({ op, attributes: { pads } }) =>
    op.startsWith("Conv") && Array.isArray(pads) && (pads[0] !== pads[2] || pads[1] !== pads[3]),
  "the places of a pool's maxima": ({ op, outputs }) => op === "MaxPool" && outputs.length > 1,
};

/**
 * Checks that an available device can run a graph.
 *
 * @throws RangeError if the graph has a kernel on `webgpu` that is wrong there, or tensors without
 *   numbers: ONNX Runtime ends the process over them
 */
export function checkDeviceLimits(graph: Graph, device: Device | undefined): void {
  if (device !== "webgpu") return;
  const { inputs, outputs, nodes, shapes } = graph;
  for (const [what, is] of Object.entries(unusable)) {
    const node = nodes.find((n) => is(n, graph));
    if (node !== undefined)
      throw new RangeError(
        `the device "webgpu" has no correct kernel for ${what} (${node.kernel}); use other operations, or the device "cpu"`,
      );
  }
  const isEmpty = (shape: readonly Dim[] | undefined) => shape?.includes(0) === true;
  const value = [...inputs, ...outputs].find((v) => isEmpty(v.shape));
  const made = nodes.find(
    ({ op, inputs: [, target = ""] }) =>
      (op === "Reshape" || op === "Expand") && isEmpty(shapes.get(target)),
  );
  const found = value?.name ?? made?.kernel;
  if (found !== undefined)
    throw new RangeError(
      `the device "webgpu" cannot hold a tensor of size 0, such as that of ${found}; leave it out, or use the device "cpu"`,
    );
}
