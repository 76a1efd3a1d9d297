/** Why the tests on tfjs-node are skipped; undefined where they run. */

import { nativeBackend } from "@sweetspot/compile/session";

export const tfjsNodeProblem: string | undefined = await nativeBackend("cpu").then(
  () => undefined,
  (error: Error) => error.message,
);

if (tfjsNodeProblem !== undefined)
  console.warn(`tests on tfjs-node are skipped: ${tfjsNodeProblem}`);
