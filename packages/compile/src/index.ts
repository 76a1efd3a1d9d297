export {
  type Attribute,
  type Constant,
  type Dim,
  type Dtype,
  elementCount,
  type Graph,
  type GraphNode,
  type SymbolicDim,
  type ValueInfo,
} from "./graph/graph.ts";
export { onnxBytes, onnxModel } from "./graph/onnx-writer.ts";
export { optimise } from "./optimise/optimise.ts";
export { optimiseInference } from "./optimise/optimise-inference.ts";
export {
  activationRanges,
  type ActivationRanges,
  observeActivations,
} from "./quantise/observe-activations.ts";
export { quantise } from "./quantise/quantise.ts";
export type { QuantiseOptions } from "./quantise/products.ts";
export { bindInputs } from "./graph/passes.ts";
export { randomMasks } from "./lowerings/random-masks.ts";
export { scanLoop } from "./loop/scan.ts";
export {
  type NamedTensors,
  type TensorSpec,
  type TensorSpecs,
  type TensorsOf,
  trace,
} from "./trace/trace.ts";
