import * as tf from "@tensorflow/tfjs";
import { InferenceSession, Tensor } from "@sweetspot/runtime";
import { describe, expect, it } from "vitest";
import { bytesOf, decode, type Fields, integers, messages, strings } from "../../test/protobuf.ts";
import { onnxBytes, onnxModel } from "./onnx-writer.ts";
import { bindInputs } from "./passes.ts";
import { scanLoop } from "../loop/scan.ts";
import { trace } from "../trace/trace.ts";

const graph = trace(
  ({ x, w }) => {
    const [b = 0] = x.shape;
    const y = tf.leakyRelu(tf.transpose(tf.matMul(tf.slice(x, [0, 1], [b, 2]), w)), 0.25);
    return { y: tf.add(y, [[1.5], [-2.5], [3.5]]), whole: tf.range(-2, b, 1, "int32") };
  },
  { x: { dtype: "float32", shape: ["B", 3] }, w: { dtype: "float32", shape: [2, 3] } },
);

function graphOf(bytes: Uint8Array): Fields {
  const [found] = messages(decode(bytes), 7);
  if (found === undefined) throw new Error("no graph");
  return found;
}

/** `float32-code [dims]` of each input or output. */
function valueInfos(fields: Fields, number: number): [string, number, (number | string)[]][] {
  return messages(fields, number).map((info) => {
    const [type] = messages(info, 2).flatMap((t) => messages(t, 1));
    if (type === undefined) throw new Error("no tensor type");
    const dims = messages(type, 2).flatMap((s) => messages(s, 1));
    return [
      strings(info, 1)[0] ?? "",
      integers(type, 1)[0] ?? -1,
      dims.map((d) => integers(d, 1)[0] ?? strings(d, 2)[0] ?? "?"),
    ];
  });
}

describe("the ONNX writer", () => {
  it("says the format's version, the operator sets and who made it", () => {
    const model = decode(onnxBytes(graph));
    expect(integers(model, 1)).toEqual([9]);
    expect(strings(model, 2)).toEqual(["sweetspot"]);
    expect(messages(model, 8).map((o) => [strings(o, 1)[0], integers(o, 2)[0]])).toEqual([
      ["", 18],
      ["com.microsoft", 1],
    ]);
  });

  it("writes inputs and outputs by name, dtype and dimension, dynamic ones by symbol", () => {
    const fields = graphOf(onnxBytes(graph));
    expect(valueInfos(fields, 11)).toEqual([
      ["x", 1, ["B", 3]],
      ["w", 1, [2, 3]],
    ]);
    expect(valueInfos(fields, 12)).toEqual([
      ["y", 1, [3, "B"]],
      ["whole", 6, ["B + 2"]],
    ]);
  });

  it("writes nodes with their kernel's name, wired in order, and attributes by kind", () => {
    const nodes = messages(graphOf(onnxBytes(graph)), 1);
    const known = new Set([
      "x",
      "w",
      ...messages(graphOf(onnxBytes(graph)), 5).flatMap((t) => strings(t, 8)),
    ]);
    for (const node of nodes) {
      for (const name of strings(node, 1)) expect(known).toContain(name);
      for (const name of strings(node, 2)) known.add(name);
    }
    const byOp = new Map(nodes.map((n) => [strings(n, 4)[0], n]));
    expect(strings(byOp.get("LeakyRelu") ?? new Map(), 3)[0]).toMatch(/^LeakyRelu_\d+$/);
    const attribute = (op: string) => messages(byOp.get(op) ?? new Map(), 5)[0] ?? new Map();
    // f = 2, type 1 FLOAT; ints = 8, type 7 INTS; i = 3, type 2 INT
    const alpha = attribute("LeakyRelu");
    expect(strings(alpha, 1)).toEqual(["alpha"]);
    expect(new DataView(bytesOf(alpha, 2).buffer).getFloat32(0, true)).toBe(0.25);
    expect(integers(alpha, 20)).toEqual([1]);
    expect([integers(attribute("Transpose"), 8), integers(attribute("Transpose"), 20)]).toEqual([
      [1, 0],
      [7],
    ]);
    expect([integers(attribute("Cast"), 3), integers(attribute("Cast"), 20)]).toEqual([[6], [2]]);
  });

  it("writes negative attributes and dimensions past 32 bits", () => {
    const shape = [2 ** 40, 3];
    const [attributes, kernel, domain] = [
      { axis: -1, perm: [-2, 2 ** 40] },
      "Softmax",
      "",
    ] as const;
    const bytes = onnxBytes({
      inputs: [{ name: "x", dtype: "float32", shape }],
      outputs: [],
      nodes: [{ op: kernel, kernel, domain, attributes, inputs: ["x"], outputs: ["y"] }],
      constants: new Map(),
      shapes: new Map(),
    });
    expect(valueInfos(graphOf(bytes), 11)).toEqual([["x", 1, shape]]);
    const [axis, perm] = messages(graphOf(bytes), 1).flatMap((n) => messages(n, 5));
    expect(integers(axis ?? new Map(), 3)).toEqual([-1]);
    expect(integers(perm ?? new Map(), 8)).toEqual([-2, 2 ** 40]);
  });

  it("writes constants raw, int64 and negative ones too, sharing their memory", () => {
    const tensors = messages(graphOf(onnxBytes(graph)), 5).map((t) => ({
      dims: integers(t, 1),
      type: integers(t, 2)[0],
      data: bytesOf(t, 9),
    }));
    const floats = tensors.find((t) => t.type === 1 && t.dims.join() === "3,1");
    expect([...new Float32Array(floats?.data.buffer ?? new ArrayBuffer(0))]).toEqual([
      1.5, -2.5, 3.5,
    ]);
    const whole = tensors
      .filter((t) => t.type === 7)
      .map((t) => [...new BigInt64Array(t.data.buffer)].join());
    expect(whole).toContain("-2");
    expect(whole).toContain("0,1");
    const weights = Float32Array.of(1, 2, 3, 4, 5, 6);
    const bound = bindInputs(graph, { w: { dtype: "float32", shape: [2, 3], data: weights } });
    expect(onnxModel(bound).some((piece) => piece.buffer === weights.buffer)).toBe(true);
  });

  it("writes a part of a larger array, not the whole of it", async () => {
    const data = Float32Array.of(9, 9, 1, 2, 3, 4, 5, 6, 9).subarray(2, 8);
    const bound = bindInputs(graph, { w: { dtype: "float32", shape: [2, 3], data } });
    const session = await InferenceSession.create(onnxBytes(bound));
    const { y } = await session.run({ x: new Tensor("float32", [0, 1, 10], [1, 3]) });
    expect([...((y?.data ?? []) as Float32Array)]).toEqual([42.5, 49.5, 66.5]);
    await session.release();
  });

  it("is what ONNX Runtime reads: names, shapes, results", async () => {
    const session = await InferenceSession.create(onnxBytes(graph));
    expect(session.inputNames).toEqual(["x", "w"]);
    expect(session.outputNames).toEqual(["y", "whole"]);
    expect(session.inputMetadata[0]).toMatchObject({ name: "x", type: "float32", shape: ["B", 3] });
    const w = new Tensor("float32", [1, 2, 3, 4, 5, 6], [2, 3]);
    const { y, whole } = await session.run({ x: new Tensor("float32", [0, 1, 10], [1, 3]), w });
    expect([y?.dims, [...((y?.data ?? []) as Float32Array)]]).toEqual([
      [3, 1],
      [42.5, 49.5, 66.5],
    ]);
    expect([...((whole?.data ?? []) as Int32Array)]).toEqual([-2, -1, 0]);
    await session.release();
  });

  it("writes loops as a graph inside a node", () => {
    const step = trace(({ s, x }) => ({ s: tf.add(s, x), output: tf.mul(s, x) }), {
      s: { dtype: "float32", shape: [2] },
      x: { dtype: "float32", shape: [2] },
    });
    const fields = graphOf(onnxBytes(scanLoop(step, 1)));
    const [scan] = messages(fields, 1);
    const attributes = messages(scan ?? new Map(), 5);
    expect(attributes.map((a) => [strings(a, 1)[0], integers(a, 20)[0]])).toEqual([
      ["body", 5],
      ["num_scan_inputs", 2],
    ]);
    const [body] = messages(attributes[0] ?? new Map(), 6);
    expect(valueInfos(body ?? new Map(), 11)).toEqual([
      ["s", 1, [2]],
      ["x", 1, [2]],
    ]);
    expect(valueInfos(fields, 12)).toEqual([
      ["loop:s:out", 1, [2]],
      ["loop:output", 1, ["steps", 2]],
    ]);
  });

  it("gives the same bytes for the same function", () => {
    const again = trace(({ x }) => ({ y: tf.grad((a: tf.Tensor) => tf.mean(tf.tanh(a)))(x) }), {
      x: { dtype: "float32", shape: ["B", 3] },
    });
    const once = trace(({ x }) => ({ y: tf.grad((a: tf.Tensor) => tf.mean(tf.tanh(a)))(x) }), {
      x: { dtype: "float32", shape: ["B", 3] },
    });
    expect(onnxBytes(again)).toEqual(onnxBytes(once));
  });

  it("refuses what protobuf cannot hold", () => {
    const data = new Float32Array(2 ** 25);
    const constant = { dtype: "float32", shape: [2 ** 25], data } as const;
    const constants = new Map(Array.from({ length: 16 }, (_, i) => [`c${i}`, constant]));
    expect(() => onnxModel({ ...graph, constants })).toThrow(
      /onnxModel: protobuf holds less than 2 GB, the model has 21\d{8} bytes; leave large constants/,
    );
  });
});
