import * as tf from "@tensorflow/tfjs";
import { elementCount } from "../graph/graph.ts";

/** The attributes of the kernel `RandomMasks`. */
export type RandomMasksAttrs = {
  shape: number[];
  kept: number;
};

type Four<T> = [T, T, T, T];

/** Odd; counters are multiplied by it, so that consecutive words start far apart. */
export const counterStep = 0x9e3779b1;
/** Rounds of each word: `x (2x + 1)`, then its upper half added to it. */
export const rounds = 3;

/**
 * Four random masks of one shape, inside a traced function or eagerly: a number is true with the
 * probability `kept / 256`. They depend on the key alone, and are the same bits on every device.
 *
 * @param key int32, `[2]`: each pair gives different masks; derive it from a hash of what the masks are for
 * @param kept a whole number from 1 to 255
 * @returns four tensors of `shape`, bool; the caller disposes of them
 * @throws RangeError if `kept` or the key's shape is wrong; TypeError if the key is not int32
 *
 * Source: `x (2x + 1)` modulo 2^32 is RC6's mixing function (Rivest, Robshaw, Sidney, Yin 1998). CUDA's
 * kernels have no exclusive or and no bit shifts; sums and divisions replace them.
 */
export function randomMasks(
  key: tf.Tensor1D,
  shape: readonly number[],
  kept: number,
): Four<tf.Tensor> {
  checkMasks(key, kept);
  registerOnHost();
  const attrs: RandomMasksAttrs = { shape: [...shape], kept };
  const masks: unknown = tf.engine().runKernel("RandomMasks", { key }, attrs);
  return masks as Four<tf.Tensor>;
}

/**
 * The same masks on the host, without tfjs.
 *
 * @param count of each mask's numbers
 * @returns 1 for true, 0 for false
 */
export function hostRandomMasks(
  [first, second]: readonly [number, number],
  count: number,
  kept: number,
): Four<Uint8Array> {
  const masks = [0, 1, 2, 3].map(() => new Uint8Array(count)) as Four<Uint8Array>;
  const [m0, m1, m2, m3] = masks;
  for (let i = 0; i < count; i++) {
    let x = (Math.imul(i, counterStep) + first) | 0;
    for (let round = 0; round < rounds; round++) {
      x = Math.imul(x, (x + x + 1) | 0);
      x = (x + (x >>> 16)) | 0;
      if (round === 0) x = (x + second) | 0;
    }
    // The sign of byte - kept.
    m0[i] = ((x >>> 24) - kept) >>> 31;
    m1[i] = (((x >>> 16) & 255) - kept) >>> 31;
    m2[i] = (((x >>> 8) & 255) - kept) >>> 31;
    m3[i] = ((x & 255) - kept) >>> 31;
  }
  return masks;
}

function checkMasks(key: tf.Tensor, kept: number): void {
  if (key.dtype !== "int32")
    throw new TypeError(`randomMasks: key must be int32, got ${key.dtype}`);
  if (key.shape.join() !== "2")
    throw new RangeError(`randomMasks: key must be [2], got [${key.shape.join(", ")}]`);
  if (!Number.isInteger(kept) || kept < 1 || kept > 255)
    throw new RangeError(`randomMasks: kept must be a whole number from 1 to 255, got ${kept}`);
}

/** Registers the kernel for the backends that compute on the host. */
function registerOnHost(): void {
  for (const backendName of ["cpu", "tensorflow"]) {
    if (tf.getKernel("RandomMasks", backendName) !== undefined) continue;
    tf.registerKernel({
      kernelName: "RandomMasks",
      backendName,
      kernelFunc({ inputs, attrs, backend }) {
        const { shape, kept } = attrs as RandomMasksAttrs;
        const host = backend as tf.KernelBackend;
        const [first = 0, second = 0] = host.readSync(inputs["key"]?.dataId ?? {}) as Int32Array;
        const count = elementCount(shape);
        return hostRandomMasks([first, second], count, kept).map((mask) => ({
          dataId: host.write(mask, shape, "bool"),
          shape,
          dtype: "bool",
        }));
      },
    });
  }
}
