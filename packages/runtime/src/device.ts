// Planning imports this entry: it does not load ONNX Runtime.

import { type Device, devices } from "./devices.ts";
import { platformProblem } from "./platform.ts";

export { type Device, devices };

/**
 * Why a device is not available on this machine, for a stage's check of its settings. The check of the
 * CPU does not load ONNX Runtime; that of any other device does.
 *
 * @returns undefined if the device is available
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
