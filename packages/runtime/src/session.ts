import "./require-platform.ts";
import * as ort from "onnxruntime-node";
import { type Device, deviceError } from "./devices.ts";

/** The version of ONNX Runtime. */
export const onnxruntimeVersion: string = ort.env.versions.node ?? ort.env.versions.common;

/** How a session of ONNX Runtime is started. */
export interface SessionOptions {
  /** By default `cpu`. There is no fallback: a missing device is an error. */
  device?: Device;
  /** Threads of one session on the CPU; if left out those of the environment's SWEETSPOT_THREADS, or else ONNX Runtime's own choice (one per core). The sums' order, and so the last bit of a result, can depend on it. */
  threads?: number;
  /** Outputs that stay in the device's memory and can be fed to the next run; `webgpu` only. */
  resident?: readonly string[];
  /**
   * How many microseconds a thread stays awake while it waits for the next operation of a run. A few make
   * short operations faster if this session has the machine to itself, and slower if not. By default 0.
   */
  spinMicroseconds?: number;
  /** Whether to optimise the memory layout for each size of the inputs; by default yes. */
  memoryPattern?: boolean;
  /** Where ONNX Runtime writes each node's time when the session ends: `PREFIX_….json`. */
  profile?: string;
}

/** `y = Identity(x)`, float32 [1], as ONNX (opset 18): any device can run it. */
const identityModel: Uint8Array = Buffer.from(
  "CAlCBAoAEBJCEQoNY29tLm1pY3Jvc29mdBABEglzd2VldHNwb3Q6PwoUCgF4EgF5GgJfMCIISWRlbnRpdHkSBWdyYXBoWg8KAXgSCgoICAESBAoCCAFiDwoBeRIKCggIARIECgIIAQ==",
  "base64",
);

/**
 * Starts a session. The caller releases it.
 *
 * @param model the ONNX file's path, or its bytes
 * @throws Error that says what to install if the device is not available; ONNX Runtime's own if the
 *   model is wrong
 */
export async function openSession(
  model: string | Uint8Array,
  options: SessionOptions = {},
): Promise<ort.InferenceSession> {
  const { device = "cpu" } = options;
  if (device !== "cpu") await checkDevice(device);
  return create(model, options);
}

/** @throws Error that says what to install if the device is not available */
export async function checkDevice(device: Device): Promise<void> {
  try {
    const session = await create(identityModel, { device });
    await session.run({ x: new ort.Tensor("float32", Float32Array.of(1), [1]) });
    await session.release();
  } catch (cause) {
    throw deviceError(device, cause);
  }
}

/** The threads that a pipeline gives each of the cells that it runs at once. */
function threadsOfEnvironment(): number | undefined {
  const threads = Number(process.env["SWEETSPOT_THREADS"]);
  return Number.isInteger(threads) && threads > 0 ? threads : undefined;
}

async function create(
  model: string | Uint8Array,
  {
    device = "cpu",
    threads = threadsOfEnvironment(),
    resident = [],
    spinMicroseconds = 0,
    memoryPattern = true,
    profile,
  }: SessionOptions,
): Promise<ort.InferenceSession> {
  const options: ort.InferenceSession.SessionOptions = {
    executionProviders: [device],
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    // It throws whatever it would print.
    logSeverityLevel: 4,
    // No thread stays awake between runs.
    extra: {
      session: {
        intra_op: {
          allow_spinning: spinMicroseconds > 0 ? "1" : "0",
          ...(spinMicroseconds > 0 ? { spin_duration_us: String(spinMicroseconds) } : {}),
        },
        force_spinning_stop: "1",
      },
    },
    enableMemPattern: memoryPattern,
    ...(resident.length === 0
      ? {}
      : { preferredOutputLocation: Object.fromEntries(resident.map((o) => [o, "gpu-buffer"])) }),
    ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
  };
  return typeof model === "string"
    ? ort.InferenceSession.create(model, options)
    : ort.InferenceSession.create(model, options);
}
