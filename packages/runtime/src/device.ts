import { platformProblem } from "./platform.ts";

/** Where ONNX Runtime computes. This entry loads no runtime. */
export const devices = ["cpu", "webgpu", "cuda"] as const;

/** Where ONNX Runtime can compute. */
export type Device = (typeof devices)[number];

/** What a machine lacks that does not have a device, and what helps. */
const fixes: Readonly<Record<Device, string>> = {
  cpu: "install onnxruntime-node again, for this platform",
  webgpu:
    "install a graphics driver that speaks Vulkan, Metal or Direct3D 12 (Debian: apt-get install libvulkan1 and the card's driver; without a card, the software adapter of chromium-common, VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json)",
  cuda: "on Linux x64, install an NVIDIA driver, CUDA 12 or 13 with cuDNN 9, and ONNX Runtime's CUDA libraries (for CUDA 12: node node_modules/onnxruntime-node/script/install.js; for CUDA 13: those of onnxruntime-gpu on PyPI, see the README of @sweetspot/runtime)",
};

/**
 * What stands against a device here, for a stage's check of its settings. It loads the runtime for
 * another device than the CPU alone.
 *
 * @returns undefined if nothing does
 */
export async function deviceProblem(
  device: Device,
): Promise<{ setting: "device"; message: string } | undefined> {
  const message = platformProblem();
  if (message !== undefined) return { setting: "device", message };
  if (device === "cpu") return undefined;
  const { checkDevice } = await import("./session.ts");
  try {
    await checkDevice(device);
    return undefined;
  } catch (error) {
    return { setting: "device", message: error instanceof Error ? error.message : String(error) };
  }
}

/** The error for a device that is not available: why, and what to install. */
export function deviceError(device: Device, cause: unknown): Error {
  const told = cause instanceof Error ? cause.message : String(cause);
  // ONNX Runtime begins with the place in its own source.
  const reason = told
    .replace(/^\/\S+ .*? was false\. /, "")
    .split("\n")[0]
    ?.trim();
  return new Error(
    `device "${device}" is not available (${reason}): ${fixes[device]}, or choose ${devices.filter((d) => d !== device).join(" or ")}`,
    { cause },
  );
}
