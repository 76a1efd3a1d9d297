/** Which devices this machine has: what cannot be had is told once, and its tests are skipped. */

import { nativeBackend } from "../loop/native-backend.ts";
import { deviceProblem } from "@sweetspot/runtime/device";

/** Why the tests on `webgpu` are skipped; undefined where they run. */
export const webgpuProblem: string | undefined = (await deviceProblem("webgpu"))?.message;

/** Why the tests on tfjs-node are skipped; undefined where they run. */
export const tfjsNodeProblem: string | undefined = await nativeBackend("cpu").then(
  () => undefined,
  (error: Error) => error.message,
);

if (tfjsNodeProblem !== undefined)
  console.warn(`tests on tfjs-node are skipped: ${tfjsNodeProblem}`);
if (webgpuProblem !== undefined) console.warn(`tests on webgpu are skipped: ${webgpuProblem}`);
