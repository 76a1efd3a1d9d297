import * as tf from "@tensorflow/tfjs";
import type { Attribute, Constant, Dtype, GraphNode } from "./graph.ts";
import { lowerings } from "./lowerings/table.ts";
import type { Emitter } from "./lowering.ts";

/** What stands behind a tfjs tensor during a trace: a value of the graph, or numbers made on the host. */
type Entry =
  | { kind: "value"; name: string }
  | {
      kind: "host";
      values: tf.BackendValues;
      shape: readonly number[];
      dtype: tf.DataType;
      name?: string;
    };

export const backendName = "sweetspot-trace";

/** The recording in progress. */
export class Recorder implements Emitter {
  readonly nodes: GraphNode[] = [];
  readonly constants: Map<string, Constant> = new Map();
  readonly shapes: Map<string, readonly number[]> = new Map();
  readonly #backend: TraceBackend;
  readonly #scalarNames = new Map<string, string>();
  #count = 0;
  /** The kernel being lowered. */
  kernel = "";

  constructor(backend: TraceBackend) {
    this.#backend = backend;
  }

  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain: "" | "com.microsoft" = "",
  ): string {
    const output = this.#name("v");
    this.nodes.push({ op, domain, inputs, outputs: [output], attributes, kernel: this.kernel });
    return output;
  }

  shape(values: readonly number[]): string {
    // One name per use, not per value: equal numbers may differ at another size.
    const name = this.#name("s");
    this.shapes.set(name, values);
    return name;
  }

  constant(
    values: tf.TypedArray | number[],
    shape: readonly number[],
    dtype: "float32" | "int32" | "bool",
  ): string {
    const data =
      dtype === "float32"
        ? Float32Array.from(values)
        : dtype === "int32"
          ? Int32Array.from(values)
          : Uint8Array.from(values);
    if (data.length === 1) {
      const key = `${dtype} ${shape.length} ${data[0]}`;
      const known = this.#scalarNames.get(key);
      if (known !== undefined) return known;
      const name = this.#name("c");
      this.#scalarNames.set(key, name);
      this.constants.set(name, { dtype, shape, data });
      return name;
    }
    if (data.length > 1 && data.every((x) => Object.is(x, data[0]))) {
      return this.filled(shape, data[0] ?? 0, dtype);
    }
    const name = this.#name("c");
    this.constants.set(name, { dtype, shape, data });
    return name;
  }

  filled(shape: readonly number[], value: number, dtype: Dtype): string {
    const element = this.#name("c");
    const data =
      dtype === "float32"
        ? Float32Array.of(value)
        : dtype === "int32"
          ? Int32Array.of(value)
          : Uint8Array.of(value);
    this.constants.set(element, { dtype, shape: [1], data });
    return this.node("Expand", [element, this.shape(shape)]);
  }

  ref(tensor: tf.TensorInfo): string {
    return this.#backend.nameOf(tensor, this);
  }

  output(name: string, shape: readonly number[], dtype: tf.DataType): tf.TensorInfo {
    return { dataId: this.#backend.value(name), shape: [...shape], dtype };
  }

  #name(prefix: string): string {
    return `${prefix}${this.#count++}`;
  }
}

/** A tfjs backend whose kernels record ONNX nodes instead of computing. */
export class TraceBackend extends tf.KernelBackend {
  recorder: Recorder | undefined;
  readonly #data = new tf.DataStorage<Entry>(this, tf.engine());

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = {};
    this.move(dataId, values, shape, dtype);
    return dataId;
  }

  override move(
    dataId: object,
    values: tf.BackendValues,
    shape: number[],
    dtype: tf.DataType,
  ): void {
    this.#data.set(dataId, { kind: "host", values, shape: [...shape], dtype });
  }

  value(name: string): object {
    const dataId = {};
    this.#data.set(dataId, { kind: "value", name });
    return dataId;
  }

  nameOf(tensor: tf.TensorInfo, recorder: Recorder): string {
    const entry = this.#data.get(tensor.dataId);
    if (entry.kind === "value") return entry.name;
    if (entry.name === undefined) {
      if (entry.dtype !== "float32" && entry.dtype !== "int32" && entry.dtype !== "bool") {
        throw new TypeError(`trace: a constant is ${entry.dtype}, expected float32, int32 or bool`);
      }
      entry.name = recorder.constant(entry.values as tf.TypedArray, entry.shape, entry.dtype);
    }
    return entry.name;
  }

  override readSync(dataId: object): tf.BackendValues {
    const entry = this.#data.get(dataId);
    if (entry.kind === "host") return entry.values;
    throw new Error(
      `trace: ${this.recorder?.kernel || "the function"} reads a tensor's numbers, which a trace does not have; compute on tensors alone`,
    );
  }

  override async read(dataId: object): Promise<tf.BackendValues> {
    return this.readSync(dataId);
  }

  override disposeData(dataId: object): boolean {
    this.#data.delete(dataId);
    return true;
  }

  override numDataIds(): number {
    return this.#data.numDataIds();
  }

  override refCount(): number {
    return 1;
  }

  override incRef(): void {}

  override timerAvailable(): boolean {
    return false;
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
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
        if (recorder === undefined) {
          throw new Error(`${kernelName}: called on the trace backend outside of trace()`);
        }
        recorder.kernel = kernelName;
        return lower({
          inputs: inputs as Record<string, tf.TensorInfo>,
          attrs: attrs ?? {},
          emit: recorder,
        });
      },
    });
  }
  return backend;
}
