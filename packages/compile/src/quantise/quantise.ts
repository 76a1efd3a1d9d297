import { type Constant, type Graph, type GraphNode, onnxNode } from "../graph/graph.ts";
import { removeDeadNodes } from "../graph/passes.ts";
import { usesOf } from "../optimise/uses.ts";
import type { ActivationRanges } from "./observe-activations.ts";
import { type Product, productsOf, type QuantiseOptions } from "./products.ts";
import { quantiseColumns } from "./quantise-weights.ts";
import { quantiseTables } from "./quantise-tables.ts";

/** A channel's range is at least this share of its activation's largest. */
const smallestShare = 0.01;

/**
 * The same function with its matrix products in int8, for a graph that `optimiseInference` made: weights
 * int8 with a scale for each output channel, activations uint8, tables that rows are gathered from int8 with
 * a scale for each row. Biases, norms, attention and GELU stay float32.
 *
 * Each channel of an activation has a fixed range, so a text's numbers depend on no other text in its
 * batch and on no padding. An activation is multiplied by `127 / range`, rounded, and cut off at ±127;
 * the weight's rows take up the factors. In a BERT a few channels are far larger than the others, and one
 * range for all of them leaves the others a few steps.
 *
 * Three kinds of activation were tried once, without a command that repeats it: MiniLM trained by SWEET for the demo, with four exits, 1,043 test
 * texts, ONNX Runtime 1.30 on one thread of a CPU without VNNI (AMD Zen 3). The error is the root mean
 * square of the last exit's logits. Answers are the share of all exits' answers that are those of fp32, of which
 * 99.5% are wanted; exits, the share of texts that leave where they do in fp32, at a threshold of
 * 0.9. The time is over fp32, at full depth, for batches of 1 and 32 of 64 tokens.
 *
 * | activations                    | error | answers | exits | time, 1 | time, 32 |
 * | ------------------------------ | ----: | ------: | ----: | ------: | -------: |
 * | one fixed range for each       | 0.087 |   99.4% | 96.3% |    0.60 |     0.55 |
 * | a fixed range for each channel | 0.054 |   99.5% | 97.9% |    0.62 |     0.57 |
 * | one scale for each token       | 0.037 |   99.5% | 99.0% |    0.65 |     0.69 |
 *
 * The first row's ranges come from 512 texts (99.1% with 128), the second's from 256. The second is kept: it
 * meets the share of answers for 3% more time than the first; the third takes 5% to 20% more again.
 *
 * The product is ONNX Runtime's own MatMulIntegerToFloat: it does not fuse ONNX's MatMulInteger, Cast and
 * Mul into one.
 *
 * @param ranges of all products' activations; see `observeActivations`
 * @throws RangeError if one is missing, of another length than its weight, or not finite
 * Source of the factors: Xiao et al., SmoothQuant, arXiv:2211.10438, with α = 1.
 */
export function quantise(
  graph: Graph,
  ranges: ActivationRanges,
  options: QuantiseOptions = {},
): Graph {
  const constants = new Map(graph.constants)
    .set("int8:one", { dtype: "float32", shape: [], data: Float32Array.of(1) })
    .set("int8:zero", { dtype: "uint8", shape: [], data: Uint8Array.of(128) });
  const products = new Map(productsOf(graph, options).map((p) => [p.node, p]));
  const biases = biasesOf(graph, products);
  const folded = new Set([...biases.values()].map(({ add }) => add));
  const steps = new Map<string, Float32Array>();
  const nodes = graph.nodes.flatMap((node): GraphNode[] => {
    if (folded.has(node)) return [];
    const product = products.get(node);
    if (product === undefined) return [node];
    const { activation, weight } = product;
    const made: GraphNode[] = [];
    if (!steps.has(activation)) {
      steps.set(activation, stepsOf(activation, ranges.get(activation), weight));
      const data = (steps.get(activation) ?? new Float32Array()).map((step) => 1 / step);
      constants.set(`${activation}:factors`, { dtype: "float32", shape: [data.length], data });
      made.push(...quantiseActivation(activation));
    }
    const { add = node, bias = "" } = biases.get(node) ?? {};
    const [output = ""] = add.outputs;
    const { values, scales } = quantiseColumns(weight, steps.get(activation) ?? new Float32Array());
    constants.set(`${output}:weight`, values).set(`${output}:scales`, scales);
    return [...made, productNode(node, { activation, output, bias })];
  });
  return removeDeadNodes(quantiseTables({ ...graph, nodes, constants }, options));
}

/** The step of each channel, its range divided by 127. @throws RangeError as `quantise` does */
function stepsOf(name: string, range: Float32Array | undefined, weight: Constant): Float32Array {
  const [channels = 0] = weight.shape;
  if (range?.length !== channels)
    throw new RangeError(
      `quantise: expected a range for each of ${channels} channels of ${name}, got ${range?.length ?? "none"}`,
    );
  const bad = range.find((x) => !(x >= 0 && Number.isFinite(x)));
  if (bad !== undefined)
    throw new RangeError(`quantise: the ranges of ${name} must be finite, got ${bad}`);
  const largest = range.reduce((a, b) => Math.max(a, b), 0);
  const least = largest === 0 ? 1 : smallestShare * largest;
  return range.map((x) => Math.max(x, least) / 127);
}

/** `[..., K]` float32 to uint8, in which 128 is zero. */
function quantiseActivation(name: string): GraphNode[] {
  const scaled = `${name}:scaled`;
  return [
    onnxNode("quantise", "Mul", [name, `${name}:factors`], [scaled]),
    onnxNode("quantise", "QuantizeLinear", [scaled, "int8:one", "int8:zero"], [`${name}:uint8`]),
  ];
}

function productNode(
  node: GraphNode,
  { activation, output, bias }: { activation: string; output: string; bias: string },
): GraphNode {
  const operands = [`${activation}:uint8`, `${output}:weight`];
  const scales = ["int8:one", `${output}:scales`];
  return {
    ...node,
    op: "MatMulIntegerToFloat",
    domain: "com.microsoft",
    // Then the zero points of both operands, of which the weight's is left out, and the bias.
    inputs: [...operands, ...scales, "int8:zero", ...(bias === "" ? [] : ["", bias])],
    outputs: [output],
    attributes: {},
  };
}

/** The bias that is added to a product, and the node that adds it, where nothing else needs the product. */
function biasesOf(
  graph: Graph,
  products: ReadonlyMap<GraphNode, Product>,
): ReadonlyMap<GraphNode, { add: GraphNode; bias: string }> {
  const { maker, usedOnce } = usesOf(graph);
  return new Map(
    graph.nodes.flatMap((add) => {
      const [product = "", bias = ""] = add.op === "Add" ? add.inputs : [];
      const made = maker(product);
      const columns = made === undefined ? undefined : products.get(made)?.weight.shape[1];
      const constant = graph.constants.get(bias);
      const isBias = constant?.dtype === "float32" && constant.shape.join() === String(columns);
      return made !== undefined && isBias && usedOnce(product) ? [[made, { add, bias }]] : [];
    }),
  );
}
