import "./require-platform.ts";
import * as ort from "onnxruntime-node";
import { type Device, deviceError } from "./devices.ts";

/** The version that computes. */
export const onnxruntimeVersion: string = ort.env.versions.node ?? ort.env.versions.common;

/** How a session of ONNX Runtime is started. */
export interface SessionOptions {
  /** By default `cpu`. There is no fallback: one that cannot be had is an error. */
  device?: Device;
  /** Threads of one session on the CPU; if left out those of the environment's SWEETSPOT_THREADS, or else ONNX Runtime's own choice (one per core). The sums' order, and so the last bit of a result, can depend on it. */
  threads?: number;
  /** Outputs that stay in the device's memory, to be fed to the next run; of `webgpu` alone. */
  resident?: readonly string[];
  /**
   * How many microseconds a thread that waits for the next operation of a run stays awake: some make
   * short operations faster where the machine is this session's alone, and slower where it is not. By
   * default 0.
   */
  spinMicroseconds?: number;
  /** Whether to learn, for each size of the inputs, how memory is best laid out; by default yes. */
  memoryPattern?: boolean;
  /** Where ONNX Runtime writes each node's time to: `PREFIX_….json`, when the session ends. */
  profile?: string;
}

/** `y = Identity(x)`, float32 [1], as ONNX (opset 18): it asks nothing of a device but that it is there. */
const identityModel: Uint8Array = Buffer.from(
  "CAlCBAoAEBJCEQoNY29tLm1pY3Jvc29mdBABEglzd2VldHNwb3Q6PwoUCgF4EgF5GgJfMCIISWRlbnRpdHkSBWdyYXBoWg8KAXgSCgoICAESBAoCCAFiDwoBeRIKCggIARIECgIIAQ==",
  "base64",
);

/**
 * Starts a session. Whoever starts it releases it.
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

/** What a pipeline that runs several cells at once leaves to each of them. */
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
    // What it would print, it throws too.
    logSeverityLevel: 4,
    // Between runs no thread stays awake.
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
