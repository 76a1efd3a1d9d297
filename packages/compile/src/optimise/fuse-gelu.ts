import type { Graph, GraphNode } from "../graph/graph.ts";
import { type Uses, usesOf } from "./uses.ts";

/** `(x / 2) * (erf(x / √2) + 1)`, five passes over the numbers, as ONNX Runtime's own Gelu, one pass. */
export function fuseGelu(graph: Graph): Graph {
  const uses = usesOf(graph);
  const nodes = graph.nodes.map((node): GraphNode => {
    if (node.op !== "Mul") return node;
    const [a = "", b = ""] = node.inputs;
    const x = geluInput(uses, a, b) ?? geluInput(uses, b, a);
    return x === undefined ? node : { ...node, op: "Gelu", domain: "com.microsoft", inputs: [x] };
  });
  return { ...graph, nodes };
}

/** x, if one value is `x / 2`, the other `erf(x / √2) + 1`, and nothing else needs them. */
function geluInput(uses: Uses, half: string, distribution: string): string | undefined {
  const { maker, usedOnce, withScalar } = uses;
  const halved = withScalar(maker(half), "Mul");
  const shifted = withScalar(maker(distribution), "Add");
  const erf = maker(shifted?.value ?? "");
  const [scaledName = ""] = erf?.inputs ?? [];
  const scaled = withScalar(maker(scaledName), "Mul");
  const isGelu =
    halved?.scalar === 0.5 &&
    shifted?.scalar === 1 &&
    erf?.op === "Erf" &&
    scaled?.scalar === Math.fround(Math.SQRT1_2) &&
    scaled.value === halved.value;
  const alone = [half, distribution, shifted?.value ?? ""].every(usedOnce);
  return isGelu && alone ? halved.value : undefined;
}
