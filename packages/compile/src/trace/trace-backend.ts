import * as tf from "@tensorflow/tfjs";
import { type Attribute, type Constant, type GraphNode, onnxNode } from "../graph/graph.ts";
import { lowerings } from "../lowerings/table.ts";
import { type Emitter, graphDtype, type TensorDtype } from "./lowering.ts";

/** What a tfjs tensor is during a trace: a value of the graph, or numbers on the host. */
type Entry = { references: number } & (
  | { kind: "value"; name: string }
  | { kind: "host"; values: tf.BackendValues }
);

export const backendName = "sweetspot-trace";

/**
 * The recording in progress. The names that it gives begin with one letter and a colon; inputs and
 * outputs have none, so that they never meet.
 */
export class Recorder implements Emitter {
  readonly nodes: GraphNode[] = [];
  readonly constants: Map<string, Constant> = new Map();
  readonly shapes: Map<string, readonly number[]> = new Map();
  readonly #backend: TraceBackend;
  /** The constants that this recording has already made of host numbers, by dtype and shape. */
  readonly #hostNames = new WeakMap<object, Map<string, string>>();
  #count = 0;
  /** The kernel being lowered; empty between kernels. */
  kernel = "";

  constructor(backend: TraceBackend) {
    this.#backend = backend;
  }

  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const [output = ""] = this.several(op, inputs, attributes, 1);
    return output;
  }

  several(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    count: number,
  ): string[] {
    const outputs = Array.from({ length: count }, () => this.#name("v"));
    this.nodes.push(onnxNode(this.kernel, op, inputs, outputs, attributes));
    return outputs;
  }

  shape(values: readonly number[]): string {
    // One name per use, not per value: equal numbers may differ at another size. So with constants.
    const name = this.#name("s");
    this.shapes.set(name, values);
    return name;
  }

  constant(values: ArrayLike<number>, shape: readonly number[], dtype: TensorDtype): string {
    const data = typedArray(dtype, values);
    const [first = 0] = data;
    // One number throughout is shorter said so, and may then change its shape with the sizes.
    if (data.length > 1 && data.every((x) => Object.is(x, first)))
      return this.filled(shape, first, dtype);
    const name = this.#name("c");
    this.constants.set(name, { dtype, shape, data });
    return name;
  }

  filled(shape: readonly number[], value: number, dtype: TensorDtype): string {
    const element = this.#name("c");
    this.constants.set(element, { dtype, shape: [], data: typedArray(dtype, [value]) });
    return this.node("Expand", [element, this.shape(shape)]);
  }

  ref({ dataId, dtype, shape }: tf.TensorInfo): string {
    const entry = this.#backend.entry(dataId);
    if (entry.kind === "value") return entry.name;
    // Tensors that share their numbers may differ in shape and dtype: reshape and cast make such.
    const names = this.#hostNames.get(dataId) ?? new Map<string, string>();
    this.#hostNames.set(dataId, names);
    const key = `${dtype} ${shape.join()}`;
    const name =
      names.get(key) ??
      this.constant(
        entry.values as tf.TypedArray,
        shape,
        graphDtype(dtype, this.kernel || "trace"),
      );
    names.set(key, name);
    return name;
  }

  output(name: string, shape: readonly number[], dtype: tf.DataType): tf.TensorInfo {
    return { dataId: this.#backend.value(name), shape: [...shape], dtype };
  }

  #name(prefix: string): string {
    return `${prefix}:${this.#count++}`;
  }
}

function typedArray(
  dtype: TensorDtype,
  values: ArrayLike<number>,
): Float32Array | Int32Array | Uint8Array {
  if (dtype === "float32") return Float32Array.from(values);
  return dtype === "int32" ? Int32Array.from(values) : Uint8Array.from(values);
}

/** A tfjs backend whose kernels record ONNX nodes instead of computing. */
export class TraceBackend extends tf.KernelBackend {
  recorder: Recorder | undefined;
  readonly #data = new tf.DataStorage<Entry>(this, tf.engine());

  override write(values: tf.BackendValues): object {
    const dataId = {};
    this.#data.set(dataId, { kind: "host", values, references: 1 });
    return dataId;
  }

  /** tfjs brings tensors of other backends here when a kernel meets them, and takes them back later. */
  override move(
    dataId: object,
    values: tf.BackendValues,
    _shape: number[],
    _dtype: tf.DataType,
    references: number,
  ): void {
    this.#data.set(dataId, { kind: "host", values, references });
  }

  value(name: string): object {
    const dataId = {};
    this.#data.set(dataId, { kind: "value", name, references: 1 });
    return dataId;
  }

  entry(dataId: object): Entry {
    return this.#data.get(dataId);
  }

  override readSync(dataId: object): tf.BackendValues {
    const entry = this.#data.get(dataId);
    if (entry.kind === "host") return entry.values;
    throw new Error(
      `trace: ${this.recorder?.kernel || "the function"} reads a tensor's numbers (dataSync, data, array, print), which a trace does not have; compute on tensors alone`,
    );
  }

  override async read(dataId: object): Promise<tf.BackendValues> {
    return this.readSync(dataId);
  }

  override disposeData(dataId: object, force = false): boolean {
    if (this.#data.has(dataId)) {
      const entry = this.#data.get(dataId);
      entry.references--;
      if (!force && entry.references > 0) return false;
      this.#data.delete(dataId);
    }
    return true;
  }

  override numDataIds(): number {
    return this.#data.numDataIds();
  }

  override refCount(dataId: object): number {
    return this.#data.has(dataId) ? this.#data.get(dataId).references : 0;
  }

  /** tfjs calls this for variables alone. */
  override incRef(dataId: object): void {
    // Counted, for the variable is there and will be disposed of.
    this.#data.get(dataId).references++;
    throw new Error(
      "trace: the function makes a tf.variable or assigns to one, as an optimizer does, which a trace does not record; return the new value instead",
    );
  }

  override timerAvailable(): boolean {
    return false;
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }
}

let registered: TraceBackend | undefined;

/** The one trace backend of this process, registered with tfjs at the first call. */
export function traceBackend(): TraceBackend {
  if (registered !== undefined) return registered;
  const backend = new TraceBackend();
  registered = backend;
  tf.registerBackend(backendName, () => backend, 0);
  for (const [kernelName, lower] of Object.entries(lowerings)) {
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) => {
        const recorder = backend.recorder;
        if (recorder === undefined)
          throw new Error(`${kernelName}: called on the trace backend outside of trace()`);
        recorder.kernel = kernelName;
        try {
          return lower({
            kernel: kernelName,
            inputs: inputs as Record<string, tf.TensorInfo>,
            attrs: attrs ?? {},
            emit: recorder,
          });
        } finally {
          recorder.kernel = "";
        }
      },
    });
  }
  return backend;
}
