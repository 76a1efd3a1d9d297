import { onnxBytes, trace } from "@sweetspot/compile";
import { startSession } from "@sweetspot/compile/session";
import * as tf from "@tensorflow/tfjs";
import { writeFile } from "node:fs/promises";

const graph = trace(({ x, w }) => ({ y: tf.tanh(tf.matMul(x, w)) }), {
  x: { dtype: "float32", shape: ["B", 3] },
  w: { dtype: "float32", shape: [3, 2] },
});
await writeFile("tanh.onnx", onnxBytes(graph));

const session = await startSession(graph);
const w = Float32Array.of(1, 2, 3, 4, 5, 6);
const { y } = await session.run({ x: Float32Array.of(1, 0, -1), w }, { B: 1 });
console.log("tanh(x w) =", y);
await session.dispose();
