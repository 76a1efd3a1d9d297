import { createCipheriv, createHash } from "node:crypto";
import { type HostTensor, numberCount } from "@sweetspot/artifact";
import type { EncoderShape } from "../encoders/encoder-shape.ts";
import type { ParameterSpec } from "../encoders/layers/parameters.ts";

/**
 * New parameters as BERT and DeBERTa make them: weights and embeddings are normal with mean 0 and standard
 * deviation `initializerRange`, biases are 0, norms 1 and 0. Each depends only on (seed, name), so an exit
 * starts the same whatever the other exits are.
 */
export function initialWeights(
  specs: readonly ParameterSpec[],
  config: Pick<EncoderShape, "initializerRange">,
  seed: number,
): Record<string, HostTensor> {
  return Object.fromEntries(
    specs.map((spec) => [spec.name, { shape: spec.shape, data: initial(spec, config, seed) }]),
  );
}

function initial(
  { name, shape, role }: ParameterSpec,
  config: Pick<EncoderShape, "initializerRange">,
  seed: number,
): Float32Array {
  const count = numberCount(shape, name);
  if (role === "bias") return new Float32Array(count);
  if (role === "norm") return new Float32Array(count).fill(name.endsWith(".weight") ? 1 : 0);
  return normal(count, config.initializerRange, `${seed}/${name}`);
}

/** Normal deviates by the Box-Muller transform of a keyed stream (AES-128 in counter mode). */
function normal(count: number, deviation: number, key: string): Float32Array {
  const digest = createHash("sha256").update(key).digest();
  const pairs = Math.ceil(count / 2);
  const stream = createCipheriv("aes-128-ctr", digest.subarray(0, 16), digest.subarray(16)).update(
    Buffer.alloc(pairs * 8),
  );
  const numbers = new Float32Array(count);
  for (let i = 0; i < pairs; i++) {
    const radius = deviation * Math.sqrt(-2 * Math.log((stream.readUInt32LE(8 * i) + 1) / 2 ** 32));
    const angle = (2 * Math.PI * stream.readUInt32LE(8 * i + 4)) / 2 ** 32;
    numbers[2 * i] = radius * Math.cos(angle);
    if (2 * i + 1 < count) numbers[2 * i + 1] = radius * Math.sin(angle);
  }
  return numbers;
}
