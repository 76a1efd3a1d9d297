import { describe, expect, it } from "vitest";
import { deviceProblem } from "./device.ts";
import { deviceError, devices } from "./devices.ts";
import { checkDevice, onnxruntimeVersion, openSession, Tensor } from "./index.ts";

const fix = /^device "\w+" is not available \(\S.*\): .*install .*, or choose cpu or \w+$/;

describe("devices", () => {
  it("the CPU is always available, and its check does not load ONNX Runtime", async () => {
    await expect(checkDevice("cpu")).resolves.toBeUndefined();
    expect(await deviceProblem("cpu")).toBeUndefined();
    expect(onnxruntimeVersion).toMatch(/^1\.\d+\.\d+$/);
  });

  it.each(devices)("%s is available, or the error says what to install", async (device) => {
    const problem = await deviceProblem(device);
    const messageOf = async (attempt: Promise<unknown>) =>
      attempt.then(
        () => undefined,
        (error: Error) => error.message,
      );
    expect(await messageOf(checkDevice(device))).toBe(problem?.message);
    expect(problem === undefined || fix.test(problem.message)).toBe(true);
    // A session of it is the same error, not a session elsewhere.
    expect(await messageOf(openSession("no-such.onnx", { device }))).toContain(
      problem?.message ?? "no-such.onnx",
    );
  });

  it("an error has ONNX Runtime's message without the place in its source", () => {
    const cause = new Error(
      "/src/a.cc:136 void f() adapter == x was false. No adapter: none\nmore",
    );
    const error = deviceError("webgpu", cause);
    expect(error.message).toContain("not available (No adapter: none): install a graphics");
    expect(error.cause).toBe(cause);
  });
});

describe("openSession", () => {
  it("of a missing or broken model throws ONNX Runtime's own error", async () => {
    await expect(openSession("no-such.onnx")).rejects.toThrow("no-such.onnx");
    await expect(openSession(Uint8Array.of(1, 2, 3))).rejects.toThrow(/protobuf/);
    expect(new Tensor("float32", Float32Array.of(1), [1]).dims).toEqual([1]);
  });
});
