import type { Device } from "@sweetspot/runtime";
import type { Dim, Graph } from "./graph.ts";

/**
 * What a device cannot do although it is there.
 *
 * @throws RangeError if the graph has tensors without numbers on `webgpu`: ONNX Runtime 1.30 ends the
 *   process there
 */
export function checkDeviceLimits(graph: Graph, device: Device): void {
  if (device !== "webgpu") return;
  const { inputs, outputs, nodes, shapes } = graph;
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
