import type { HostTensor } from "@sweetspot/artifact";
import { openFile, type Weights } from "./open-weights.ts";
import type { ParameterSpec } from "../encoders/layers/parameters.ts";
import { storedNames } from "./stored-names.ts";

/**
 * Reads the given parameters as float32, under any of the names that `storedNames` recognises.
 *
 * @param where what to call the weights in errors
 * @throws as `Weights.read` does, for example for a missing or misshapen tensor; TypeError for one that
 *   holds integers
 */
export async function readParameters(
  weights: Pick<Weights, "names" | "read">,
  specs: readonly ParameterSpec[],
  prefix: string,
  where: string,
): Promise<Record<string, HostTensor>> {
  const parameters: Record<string, HostTensor> = {};
  const storedName = storedNames(weights.names, prefix, where);
  for (const { name, shape } of specs) {
    const stored = storedName(name) ?? name;
    const tensor = await weights.read(stored, shape);
    if (!(tensor.data instanceof Float32Array))
      throw new TypeError(`${where}: tensor "${stored}" must hold floats, got integers`);
    parameters[name] = tensor;
  }
  return parameters;
}

/** Reads parameters from one safetensors file: see `readParameters`. */
export async function readWeights(
  path: string,
  specs: readonly ParameterSpec[],
  prefix = "",
): Promise<Record<string, HostTensor>> {
  const weights = await openFile(path);
  try {
    return await readParameters(weights, specs, prefix, path);
  } finally {
    await weights.close();
  }
}
