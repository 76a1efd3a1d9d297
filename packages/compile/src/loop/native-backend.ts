import * as util from "node:util";
import type { Device } from "@sweetspot/runtime";

const packages: Readonly<Partial<Record<Device, string>>> = {
  cpu: "@tensorflow/tfjs-node",
  cuda: "@tensorflow/tfjs-node-gpu",
};

/**
 * Loads the tfjs backend that computes in native code on a device, from an optional package.
 *
 * @returns its name, for `eagerLoop`
 * @throws Error that says what to install if the package is not there or does not load
 */
export async function nativeBackend(device: Device): Promise<string> {
  const name = packages[device];
  if (name === undefined)
    throw new Error(
      `the eager engine has no device "${device}" in Node, because tfjs has none there; use the engine "compiled", or another device (${Object.keys(packages).join(", ")})`,
    );
  if (!("isNullOrUndefined" in util))
    throw new Error(
      `the eager engine needs ${name}, which works in Node 22 and older, not in ${process.version}; use another Node, or the engine "compiled"`,
    );
  try {
    await import(name);
  } catch (cause) {
    const how =
      device === "cpu" ? "npm run setup:tfjs-node in the project" : `npm install ${name}@4.22.0`;
    throw new Error(
      `the eager engine needs ${name}, which does not load here (${firstLine(cause)}): install it (${how}), or use the engine "compiled"`,
      { cause },
    );
  }
  return "tensorflow";
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split("\n")[0] ?? "";
}
