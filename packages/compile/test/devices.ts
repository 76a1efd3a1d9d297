/** Which devices this machine has: what cannot be had is told once, and its tests are skipped. */

import { deviceProblem } from "@sweetspot/runtime/device";

/** Why the tests on `webgpu` are skipped; undefined where they run. */
export const webgpuProblem: string | undefined = (await deviceProblem("webgpu"))?.message;

if (webgpuProblem !== undefined) console.warn(`tests on webgpu are skipped: ${webgpuProblem}`);
