/** Holds what a traced function computes in ONNX Runtime against tfjs's `cpu` backend. */

import * as tf from "@tensorflow/tfjs";
import { type Device, openSession, Tensor } from "@sweetspot/runtime";
import { dimAt, elementCount, type Graph } from "../src/graph/graph.ts";
import { onnxBytes } from "../src/graph/onnx-writer.ts";
import { optimise } from "../src/optimise/optimise.ts";
import type { HostArray } from "../src/session.ts";
import { type NamedTensors, type TensorSpecs, trace } from "../src/trace/trace.ts";

/** Where the tests of this package compute: `SWEETSPOT_TEST_DEVICE`, by default `cpu`. */
const testDevice: Device = (process.env["SWEETSPOT_TEST_DEVICE"] ?? "cpu") as Device;

/**
 * Whether a device's numbers are IEEE's to the last kind. WebGPU leaves NaN, infinities and numbers
 * below 1e-38 open, has approximations of its own, and cannot hold tensors of size 0.
 */
export const exact: boolean = testDevice !== "webgpu";

if (!exact)
  console.warn(
    `tests of NaN, infinities, tiny numbers and indices past the end are skipped: ${testDevice} leaves them open; and those of tensors of size 0, powers of int32 and most convolutions: ONNX Runtime has no correct kernels for them there`,
  );

/** What a device's approximations may add to the differences. */
const extra: Required<Tolerance> = exact ? { rtol: 0, atol: 0 } : { rtol: 2e-3, atol: 5e-4 };

/** A tensor outside any runtime. */
export interface HostTensor {
  dtype: "float32" | "int32" | "bool";
  shape: readonly number[];
  data: HostArray;
}

export interface Tolerance {
  rtol?: number;
  atol?: number;
}

type Named = Readonly<Record<string, HostTensor>>;
type Fn = (tensors: NamedTensors) => NamedTensors;

export function f32(shape: readonly number[], values: readonly number[]): HostTensor {
  return { dtype: "float32", shape, data: Float32Array.from(values) };
}

export function i32(shape: readonly number[], values: readonly number[]): HostTensor {
  return { dtype: "int32", shape, data: Int32Array.from(values) };
}

export function bool(shape: readonly number[], values: readonly number[]): HostTensor {
  return { dtype: "bool", shape, data: Uint8Array.from(values) };
}

/** float32 numbers of a shape, the same for the same seed: a sine's, in [-1, 1]. */
export function waves(shape: readonly number[], seed = 1): HostTensor {
  const count = elementCount(shape);
  return f32(
    shape,
    Array.from({ length: count }, (_, i) => Math.sin(seed * 12.9898 + i * 78.233)),
  );
}

/** The function on tfjs's `cpu` backend. @throws Error if it leaves tensors behind */
export function eager(fn: Fn, inputs: Named): Record<string, HostTensor> {
  const before = tf.memory().numTensors;
  const results: Record<string, HostTensor> = {};
  tf.tidy(() => {
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, { dtype, shape, data }]) => [
        name,
        tf.tensor(data.slice(), [...shape], dtype),
      ]),
    );
    for (const [name, t] of Object.entries(fn(tensors))) {
      const dtype = t.dtype as HostTensor["dtype"];
      // Some of tfjs's kernels leave float arrays behind int32 and bool tensors.
      const array = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[dtype];
      results[name] = { dtype, shape: t.shape, data: array.from(t.dataSync()) };
    }
  });
  const left = tf.memory().numTensors - before;
  if (left !== 0) throw new Error(`eager: the function leaves ${left} tensors behind`);
  return results;
}

/** A graph in a session of its own, which reports dtypes and shapes as ONNX Runtime has them. */
export async function open(graph: Graph) {
  const session = await openSession(onnxBytes(graph), { device: testDevice });
  return {
    async run(inputs: Named): Promise<Record<string, HostTensor>> {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, { dtype, shape, data }]) => [
          name,
          new Tensor(dtype as "float32", data as Float32Array, shape),
        ]),
      );
      const results = await session.run(feeds);
      return Object.fromEntries(
        graph.outputs.map(({ name }) => {
          const { type, dims, data } = results[name] as Tensor;
          return [name.replace(/:out$/, ""), { dtype: type, shape: dims, data } as HostTensor];
        }),
      );
    },
    close: () => session.release(),
  };
}

/**
 * Traces the function at the inputs' very shapes, runs it, and says where it differs from tfjs.
 * @returns undefined if nowhere
 */
export async function mismatch(
  fn: Fn,
  inputs: Named,
  tolerance: Tolerance = {},
): Promise<string | undefined> {
  const graph = trace(fn, inputs);
  const expected = eager(fn, inputs);
  for (const [how, g] of asRun(graph)) {
    const session = await open(g);
    try {
      const different = difference(await session.run(inputs), expected, tolerance);
      if (different !== undefined) return `${how}: ${different}`;
    } finally {
      await session.close();
    }
  }
  return undefined;
}

/** A graph as it was traced, and as `compile` runs it. */
function asRun(graph: Graph): [string, Graph][] {
  const optimised = optimise(graph, { device: testDevice });
  // A device's passes replace what it has no correct kernel for.
  if (testDevice === "webgpu") return [["optimised", optimised]];
  const same = optimised.nodes.length === graph.nodes.length;
  return same
    ? [["traced", graph]]
    : [
        ["traced", graph],
        ["optimised", optimised],
      ];
}

/**
 * Traces the function with symbols once, and says where it differs from tfjs at the first of the
 * sizes where it does.
 */
export async function mismatchAt(
  fn: Fn,
  specs: TensorSpecs,
  sizes: readonly Readonly<Record<string, number>>[],
  make: (name: string, shape: readonly number[], dtype: HostTensor["dtype"]) => HostTensor,
  tolerance: Tolerance = {},
): Promise<string | undefined> {
  for (const [how, graph] of asRun(trace(fn, specs))) {
    const different = await differsAt(fn, graph, sizes, make, tolerance);
    if (different !== undefined) return `${how}, ${different}`;
  }
  return undefined;
}

async function differsAt(
  fn: Fn,
  graph: Graph,
  sizes: readonly Readonly<Record<string, number>>[],
  make: (name: string, shape: readonly number[], dtype: HostTensor["dtype"]) => HostTensor,
  tolerance: Tolerance,
): Promise<string | undefined> {
  const session = await open(graph);
  try {
    for (const at of sizes) {
      const inputs = Object.fromEntries(
        graph.inputs.map(({ name, dtype, shape }) => [
          name,
          make(
            name,
            shape.map((d) => dimAt(d, at)),
            dtype as HostTensor["dtype"],
          ),
        ]),
      );
      const got = await session.run(inputs);
      const different = difference(got, eager(fn, inputs), tolerance);
      if (different !== undefined) return `at ${JSON.stringify(at)}: ${different}`;
      for (const { name, shape } of graph.outputs) {
        const said = shape.map((d) => dimAt(d, at)).join();
        const is = got[name.replace(/:out$/, "")]?.shape.join();
        if (said !== is)
          return `at ${JSON.stringify(at)}: the graph says ${name} is [${said}], it is [${is}]`;
      }
    }
    return undefined;
  } finally {
    await session.close();
  }
}

/**
 * The first difference: names, dtypes and shapes must be equal, numbers within
 * `atol + rtol * |expected|`, NaN and infinities as they are. -0 and 0 are the same.
 */
export function difference(
  got: Named,
  expected: Named,
  { rtol = 1e-5, atol = 1e-6 }: Tolerance = {},
): string | undefined {
  if (Object.keys(got).join() !== Object.keys(expected).join())
    return `expected ${Object.keys(expected).join()}, got ${Object.keys(got).join()}`;
  for (const [name, want] of Object.entries(expected)) {
    const have = got[name];
    const [a, b] = [want, have].map((t) => `${t?.dtype} [${t?.shape.join(", ")}]`);
    if (a !== b) return `${name}: expected ${a}, got ${b}`;
    const wrong = want.data.findIndex((w, i) => {
      const g = have?.data[i] ?? NaN;
      if (Number.isNaN(w) && !exact) return false;
      const allowed = atol + extra.atol + (rtol + extra.rtol) * Math.abs(w);
      return !(Object.is(g, w) || g === w || Math.abs(g - w) <= allowed);
    });
    if (wrong >= 0)
      return `${name}[${wrong}]: expected ${want.data[wrong]}, got ${have?.data[wrong]}; all: expected ${want.data.slice(0, 24).join(" ")}, got ${have?.data.slice(0, 24).join(" ")}`;
  }
  return undefined;
}
