/** The devices that ONNX Runtime can compute on. */
export const devices = ["cpu", "webgpu", "cuda"] as const;

/** A device that ONNX Runtime can compute on. */
export type Device = (typeof devices)[number];

/** What to install where a device is missing. */
const fixes: Readonly<Record<Device, string>> = {
  cpu: "install onnxruntime-node again, for this platform",
  webgpu:
    "install a graphics driver that speaks Vulkan, Metal or Direct3D 12 (Debian: apt-get install libvulkan1 and the card's driver; without a card, the software adapter of chromium-common, VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json)",
  cuda: "on Linux x64, install an NVIDIA driver, CUDA 12 or 13 with cuDNN 9, and ONNX Runtime's CUDA libraries (for CUDA 12: node node_modules/onnxruntime-node/script/install.js; for CUDA 13: those of onnxruntime-gpu on PyPI, see the README of @sweetspot/runtime)",
};

/** The error for a device that is not available: why, and what to install. */
export function deviceError(device: Device, cause: unknown): Error {
  const message = cause instanceof Error ? cause.message : String(cause);
  // ONNX Runtime begins with the place in its own source.
  const reason = message
    .replace(/^\/\S+ .*? was false\. /, "")
    .split("\n")[0]
    ?.trim();
  return new Error(
    `device "${device}" is not available (${reason}): ${fixes[device]}, or choose ${devices.filter((d) => d !== device).join(" or ")}`,
    { cause },
  );
}
