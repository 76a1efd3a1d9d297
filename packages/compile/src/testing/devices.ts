import { deviceProblem } from "@sweetspot/runtime/device";
import { nativeBackend } from "../loop/native-backend.ts";

/** Why tests on `webgpu` are skipped on this machine, printed once; undefined where they run. */
export async function whyNoWebgpu(): Promise<string | undefined> {
  return printed("webgpu", (await deviceProblem("webgpu"))?.message);
}

/** Why tests on tfjs-node are skipped on this machine, printed once; undefined where they run. */
export async function whyNoTfjsNode(): Promise<string | undefined> {
  const problem = await nativeBackend("cpu").then(
    () => undefined,
    (error: Error) => error.message,
  );
  return printed("tfjs-node", problem);
}

function printed(what: string, problem: string | undefined): string | undefined {
  if (problem !== undefined) console.warn(`tests on ${what} are skipped: ${problem}`);
  return problem;
}
