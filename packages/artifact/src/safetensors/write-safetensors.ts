import { open, rm } from "node:fs/promises";
import { diskError } from "../folder/disk-error.ts";
import { numberToBfloat16, numberToFloat16 } from "./half-precision.ts";
import type { HostTensor } from "./safetensors.ts";
import { dtypeBytes, numberCount } from "./safetensors-header.ts";

const chunkNumbers = 1 << 20;

/** A tensor whose numbers are made only when they are written. */
export interface LazyTensor {
  shape: readonly number[];
  dtype: "float32" | "int32";
  /** Called once, when the tensor's turn comes. */
  data: () => Float32Array | Int32Array;
}

/**
 * Writes tensors in the given order, one at a time, and flushes them to disk. A file that could not be
 * written whole is removed.
 *
 * @param tensors `data` may be a function, called when the tensor's turn comes, so that only one needs
 *   to be in memory
 * @param floats how float32 data is stored
 * @throws RangeError if a tensor's data does not fill its shape, or it is called `__metadata__`;
 *   TypeError if its data is neither float32 nor int32, or differs from its `dtype`; Error that says
 *   what to do if the disk is full or cannot be written
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, HostTensor | LazyTensor>>,
  {
    floats = "F32",
    metadata = {},
  }: { floats?: "F32" | "F16" | "BF16"; metadata?: Record<string, string> } = {},
): Promise<void> {
  const header = headerOf(path, tensors, floats, metadata);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(header.length));
  try {
    const handle = await open(path, "w");
    try {
      await handle.writeFile(prefix);
      await handle.writeFile(header);
      for (const [name, tensor] of Object.entries(tensors)) {
        const data = typeof tensor.data === "function" ? tensor.data() : tensor.data;
        checkData(path, name, tensor, data);
        for (let done = 0; done < data.length; done += chunkNumbers)
          await handle.writeFile(encode(data.subarray(done, done + chunkNumbers), floats));
      }
      await handle.sync();
    } catch (error) {
      // Never a device such as /dev/full.
      if ((await handle.stat()).isFile()) await rm(path, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw diskError(`cannot write ${path}`, cause);
  }
}

function headerOf(
  path: string,
  tensors: Readonly<Record<string, HostTensor | LazyTensor>>,
  floats: "F32" | "F16" | "BF16",
  metadata: Record<string, string>,
): Buffer {
  let position = 0;
  const entries = Object.entries(tensors).map(([name, tensor]): [string, unknown] => {
    if (name === "__metadata__")
      throw new RangeError(`${path}: a tensor cannot be called __metadata__, the format's own key`);
    const dtype = isInt32(tensor) ? "I32" : floats;
    const count = numberCount(tensor.shape, `${path}: tensor "${name}"`);
    const begin = position;
    position += count * dtypeBytes[dtype];
    return [name, { dtype, shape: tensor.shape, data_offsets: [begin, position] }];
  });
  if (Object.keys(metadata).length > 0) entries.unshift(["__metadata__", metadata]);
  const json = JSON.stringify(Object.fromEntries(entries));
  // The data begins at a multiple of 8 bytes; spaces fill the gap, as the reference writer does.
  return Buffer.from(json.padEnd(json.length + ((8 - (Buffer.byteLength(json) % 8)) % 8)));
}

function checkData(
  path: string,
  name: string,
  tensor: HostTensor | LazyTensor,
  data: unknown,
): asserts data is HostTensor["data"] {
  const expected = isInt32(tensor) ? Int32Array : Float32Array;
  if (!(data instanceof expected))
    throw new TypeError(
      `${path}: tensor "${name}" must be a ${"dtype" in tensor ? expected.name : "Float32Array or Int32Array"}, got ${(data as object).constructor.name}`,
    );
  const count = numberCount(tensor.shape, `${path}: tensor "${name}"`);
  if (data.length !== count)
    throw new RangeError(
      `${path}: tensor "${name}" of shape [${tensor.shape.join(", ")}] needs ${count} numbers, got ${data.length}`,
    );
}

function isInt32(tensor: HostTensor | LazyTensor): boolean {
  return "dtype" in tensor ? tensor.dtype === "int32" : tensor.data instanceof Int32Array;
}

function encode(data: Float32Array | Int32Array, floats: "F32" | "F16" | "BF16"): Uint8Array {
  if (data instanceof Int32Array || floats === "F32") {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  const bits = Uint16Array.from(data, floats === "F16" ? numberToFloat16 : numberToBfloat16);
  return new Uint8Array(bits.buffer);
}
