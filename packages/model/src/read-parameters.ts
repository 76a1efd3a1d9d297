import { type HostTensor, SafetensorsFile } from "@sweetspot/artifact";
import type { Weights } from "./open-weights.ts";
import type { ParameterSpec } from "./parameters.ts";

/** What layer norms' parameters were called in TensorFlow, and still are in old checkpoints. */
const oldNames: readonly [RegExp, string][] = [
  [/LayerNorm\.weight$/, "LayerNorm.gamma"],
  [/LayerNorm\.bias$/, "LayerNorm.beta"],
];

/**
 * Reads just the given parameters, as float32. What checkpoints of a task put in front of the names,
 * such as `bert.`, is looked through, and layer norms may have their old names.
 *
 * @param where names the weights in errors
 * @throws as `Weights.read` does, among others for a missing or misshapen tensor; TypeError for one
 *   that holds integers
 */
export async function readParameters(
  weights: Pick<Weights, "names" | "read">,
  specs: readonly ParameterSpec[],
  prefix: string,
  where: string,
): Promise<Record<string, HostTensor>> {
  const parameters: Record<string, HostTensor> = {};
  for (const { name, shape } of specs) {
    const old = oldNames.flatMap(([now, before]) =>
      now.test(name) ? [name.replace(now, before)] : [],
    );
    const stored =
      [name, ...old].flatMap((n) => [`${prefix}${n}`, n]).find((n) => weights.names.has(n)) ?? name;
    const tensor = await weights.read(stored, shape);
    if (!(tensor.data instanceof Float32Array))
      throw new TypeError(`${where}: tensor "${stored}" must hold floats, got integers`);
    parameters[name] = tensor;
  }
  return parameters;
}

/** Reads parameters from one safetensors file, see `readParameters`. */
export async function readWeights(
  path: string,
  specs: readonly ParameterSpec[],
  prefix = "",
): Promise<Record<string, HostTensor>> {
  const file = await SafetensorsFile.open(path);
  try {
    const names = new Set(file.entries.keys());
    const read = (name: string, shape?: readonly number[]) => file.read(name, shape);
    return await readParameters({ names, read }, specs, prefix, path);
  } finally {
    await file.close();
  }
}
