import {
  type Attribute,
  type Constant,
  formatDim,
  type Graph,
  type GraphNode,
  type ValueInfo,
} from "./graph.ts";
import { onnxType } from "../trace/lowering.ts";
import { materialiseShapes } from "./passes.ts";

/**
 * Encodes a graph as an ONNX ModelProto (opset 18, com.microsoft 1), in pieces that share memory
 * with the graph's constants.
 *
 * @throws RangeError if it would not fit into 2 GB, or a symbol is no input's dimension
 *
 * Source: onnx.proto3 of ONNX 1.14, https://github.com/onnx/onnx (field numbers);
 * https://protobuf.dev/programming-guides/encoding (wire format).
 */
export function onnxModel(graph: Graph): Uint8Array[] {
  const model = new Message();
  model.int(1, 9);
  model.message(8, (opset) => opset.string(1, "").int(2, 18));
  model.message(8, (opset) => opset.string(1, "com.microsoft").int(2, 1));
  model.string(2, "sweetspot");
  model.message(7, (m) => writeGraph(m, graph));
  const bytes = model.chunks.reduce((sum, c) => sum + c.length, 0);
  if (bytes >= 2 ** 31)
    throw new RangeError(
      `onnxModel: protobuf holds less than 2 GB, the model has ${bytes} bytes; leave large constants as inputs`,
    );
  return model.chunks;
}

/** The pieces of `onnxModel` in one array. */
export function onnxBytes(graph: Graph): Uint8Array {
  const pieces = onnxModel(graph);
  const bytes = new Uint8Array(pieces.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function writeGraph(m: Message, raw: Graph): void {
  const graph = materialiseShapes(raw);
  graph.nodes.forEach((node, i) => m.message(1, (n) => writeNode(n, node, i)));
  m.string(2, "graph");
  for (const [name, constant] of graph.constants)
    m.message(5, (t) => writeTensor(t, name, constant));
  for (const input of graph.inputs) m.message(11, (v) => writeValueInfo(v, input));
  for (const output of graph.outputs) m.message(12, (v) => writeValueInfo(v, output));
  // ONNX does not know the types of others' operators, all float32 here; its tools ask for them.
  const stated = new Set(graph.outputs.map((o) => o.name));
  for (const { outputs } of graph.nodes.filter((n) => n.domain === "com.microsoft"))
    for (const name of outputs.filter((o) => !stated.has(o)))
      m.message(13, (v) => writeValueInfo(v, { name, dtype: "float32" }));
}

function writeNode(m: Message, node: GraphNode, index: number): void {
  for (const name of node.inputs) m.string(1, name);
  for (const name of node.outputs) m.string(2, name);
  m.string(3, `${node.kernel}_${index}`);
  m.string(4, node.op);
  for (const [name, value] of Object.entries(node.attributes))
    m.message(5, (a) => writeAttribute(a, name, value));
  if (node.domain !== "") m.string(7, node.domain);
}

function writeAttribute(m: Message, name: string, value: Attribute): void {
  m.string(1, name);
  if (typeof value === "number") m.int(3, value).int(20, 2);
  else if (typeof value === "string") m.string(4, value).int(20, 3);
  else if ("float" in value) m.float(2, value.float).int(20, 1);
  else if ("graph" in value) m.message(6, (g) => writeGraph(g, value.graph)).int(20, 5);
  else {
    for (const x of value) m.int(8, x);
    m.int(20, 7);
  }
}

function writeTensor(m: Message, name: string, { dtype, shape, data }: Constant): void {
  for (const d of shape) m.int(1, d);
  m.int(2, onnxType[dtype]);
  m.string(8, name);
  m.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** A value's type; its shape may be unknown. */
function writeValueInfo(
  m: Message,
  { name, dtype, shape }: Pick<ValueInfo, "name" | "dtype"> & Partial<ValueInfo>,
): void {
  m.string(1, name);
  m.message(2, (type) =>
    type.message(1, (tensor) => {
      tensor.int(1, onnxType[dtype]);
      if (shape === undefined) return;
      tensor.message(2, (s) => {
        for (const dim of shape) {
          s.message(1, (d) => {
            if (typeof dim === "number") d.int(1, dim);
            else d.string(2, formatDim(dim));
          });
        }
      });
    }),
  );
}

/** A protobuf message in the making. */
class Message {
  readonly chunks: Uint8Array[] = [];
  #length = 0;

  int(field: number, value: number): this {
    this.#tag(field, 0);
    this.#varint(BigInt.asUintN(64, BigInt(value)));
    return this;
  }

  float(field: number, value: number): this {
    this.#tag(field, 5);
    this.#push(new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, 2);
    this.#varint(BigInt(value.length));
    this.#push(value);
    return this;
  }

  message(field: number, fill: (message: Message) => unknown): this {
    const inner = new Message();
    fill(inner);
    this.#tag(field, 2);
    this.#varint(BigInt(inner.#length));
    for (const chunk of inner.chunks) this.#push(chunk);
    return this;
  }

  #tag(field: number, wireType: number): void {
    this.#varint(BigInt(field * 8 + wireType));
  }

  #varint(value: bigint): void {
    const bytes: number[] = [];
    let rest = value;
    do {
      const low = Number(rest & 127n);
      rest >>= 7n;
      bytes.push(rest === 0n ? low : low | 128);
    } while (rest !== 0n);
    this.#push(Uint8Array.from(bytes));
  }

  #push(chunk: Uint8Array): void {
    this.chunks.push(chunk);
    this.#length += chunk.length;
  }
}
