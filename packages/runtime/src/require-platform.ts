import { platformProblem } from "./platform.ts";

// Imported before onnxruntime-node, which fails on other platforms with "Cannot find module".
const problem = platformProblem();
if (problem !== undefined) throw new Error(`runtime: ${problem}`);
