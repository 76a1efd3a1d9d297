import {
  dtypeBytes,
  type HostTensor,
  numberCount,
  openWeightFile,
  readFully,
  readValues,
} from "@sweetspot/artifact";
import type { FileHandle } from "node:fs/promises";
import { describeValue, maximumPickleBytes, type PickleRules, unpickle } from "./pickle.ts";
import {
  distanceToLast,
  readStateDict,
  type StateDict,
  type TorchTensor,
} from "./pytorch-pickle.ts";
import { zipEntries, zipEntryStart } from "./stored-zip.ts";

/** The tensors of a file, and where each storage begins in it. */
interface Layout {
  tensors: ReadonlyMap<string, TorchTensor>;
  storageStart(key: string): Promise<number>;
}

/**
 * An open file as `torch.save` writes it, in either of its formats: the zip one, or the one before
 * PyTorch 1.6. Opening it reads its pickle, which cannot run anything (see `unpickle`); `read` reads one
 * tensor. The caller closes it.
 *
 * Source: torch 2.15, torch/serialization.py (`_save`, `_legacy_save`).
 */
export class PytorchFile {
  readonly path: string;
  /** The names of its tensors. */
  readonly names: ReadonlySet<string>;
  readonly #handle: FileHandle;
  readonly #layout: Layout;

  private constructor(path: string, handle: FileHandle, layout: Layout) {
    this.path = path;
    this.names = new Set(layout.tensors.keys());
    this.#handle = handle;
    this.#layout = layout;
  }

  /**
   * @throws Error if the file cannot be opened; TypeError or RangeError, naming the file and the tensor,
   *   if it is truncated or malformed, or asks for something unsupported, such as running code
   */
  static async open(path: string): Promise<PytorchFile> {
    return openWeightFile(path, "PyTorch", async (handle, size, first) => {
      if (first.toString("latin1", 0, 4) === "PK\x03\x04")
        return new PytorchFile(path, handle, await zipLayout(path, handle, size));
      if (first[0] === 0x80)
        return new PytorchFile(path, handle, await legacyLayout(path, handle, size));
      throw new TypeError(
        `${path}: expected a file written by torch.save, got another file; fetch it again, or convert it to safetensors`,
      );
    });
  }

  /**
   * Reads one tensor, row-major: float64, float32, float16 and bfloat16 as float32, int32 as int32.
   *
   * @param shape the shape that it must have
   * @throws RangeError if there is no such tensor or its shape differs; TypeError for any other dtype
   */
  async read(name: string, shape?: readonly number[]): Promise<HostTensor> {
    const tensor = this.#layout.tensors.get(name);
    if (tensor === undefined) throw new RangeError(`${this.path}: no tensor "${name}"`);
    const about = `${this.path}: tensor "${name}"`;
    if (shape !== undefined && shape.join() !== tensor.shape.join())
      throw new RangeError(
        `${about} must be [${shape.join(", ")}], got [${tensor.shape.join(", ")}]`,
      );
    const { dtype, key } = tensor.storage;
    const count = numberCount(tensor.shape, about);
    const whole = isContiguous(tensor);
    // No stride is negative, so the first number is at the offset.
    const span = whole || count === 0 ? count : 1 + distanceToLast(tensor);
    const position = (await this.#layout.storageStart(key)) + tensor.offset * dtypeBytes[dtype];
    const data = await readValues(this.path, this.#handle, about, dtype, position, span);
    return { shape: tensor.shape, data: whole ? data : gather(data, tensor, count) };
  }

  /** Closes the file; nothing can be read after that. */
  async close(): Promise<void> {
    await this.#handle.close();
  }
}

async function zipLayout(path: string, handle: FileHandle, size: number): Promise<Layout> {
  const entries = await zipEntries(path, handle, size);
  const pickles = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  const [pickle = "", ...others] = pickles;
  if (pickles.length !== 1)
    throw new TypeError(
      `${path}: expected one entry data.pkl in a folder of the zip, got ${pickles.length === 0 ? "none" : 1 + others.length}; torch.save did not write it`,
    );
  const folder = pickle.slice(0, -"data.pkl".length);
  const bytesOf = async (name: string, maximum: number): Promise<Buffer> => {
    const entry = entries.get(name);
    if (entry === undefined) throw new TypeError(`${path}: expected an entry "${name}", got none`);
    if (entry.bytes > maximum)
      throw new RangeError(
        `${path}: entry "${name}" has ${entry.bytes} bytes, expected at most ${maximum}`,
      );
    const bytes = Buffer.alloc(entry.bytes);
    await readFully(path, handle, bytes, await zipEntryStart(path, handle, name, entry, size));
    return bytes;
  };
  const version = (await bytesOf(`${folder}version`, 16)).toString("latin1").trim();
  if (!/^([1-9]|10)$/.test(version))
    throw new TypeError(
      `${path}: expected version 1 to 10 of PyTorch's format, got ${JSON.stringify(version)}; convert the file to safetensors`,
    );
  // Files written before PyTorch 2.1 have none.
  if (entries.has(`${folder}byteorder`)) {
    const order = (await bytesOf(`${folder}byteorder`, 16)).toString("latin1");
    if (order !== "little")
      throw new TypeError(
        `${path}: expected byteorder "little", got ${JSON.stringify(order)}; convert the file to safetensors`,
      );
  }
  const description = await bytesOf(pickle, maximumPickleBytes);
  const { tensors } = readStateDict(description, path, size);
  checkStorages(path, tensors, (key) => entries.get(`${folder}data/${key}`)?.bytes);
  return {
    tensors,
    async storageStart(key) {
      const name = `${folder}data/${key}`;
      const entry = entries.get(name);
      if (entry === undefined) throw new TypeError(`${path}: no entry "${name}"`);
      return zipEntryStart(path, handle, name, entry, size);
    },
  };
}

/** The format before PyTorch 1.6: pickles of the magic number, the protocol, the machine, the object and the keys, then the storages. */
async function legacyLayout(path: string, handle: FileHandle, size: number): Promise<Layout> {
  const head = Buffer.alloc(Math.min(size, maximumPickleBytes));
  await readFully(path, handle, head, 0);
  let at = 0;
  const next = () => {
    const { value, end } = unpickle(head, path, plain, at);
    at = end;
    return value;
  };
  if (next() !== 0x1950a86a20f9469cfc6cn)
    throw new TypeError(
      `${path}: a pickle, expected a file written by torch.save; convert it to safetensors`,
    );
  const protocol = next();
  if (protocol !== 1001)
    throw new TypeError(
      `${path}: expected protocol 1001 of PyTorch's format, got ${describeValue(protocol)}`,
    );
  const machine = next();
  if (!(machine instanceof Map) || machine.get("little_endian") !== true)
    throw new TypeError(
      `${path}: expected little_endian to be True, got none or False; convert the file to safetensors`,
    );
  const { tensors, storages, end } = readStateDict(head, path, size, at);
  at = end;
  const starts = await legacyStorages(path, handle, size, next(), () => at, storages);
  checkStorages(path, tensors, (key) => starts.get(key)?.bytes);
  return {
    tensors,
    async storageStart(key) {
      const found = starts.get(key);
      if (found === undefined) throw new TypeError(`${path}: no storage "${key}"`);
      return found.start;
    },
  };
}

const plain: PickleRules = {
  functions: new Map(),
  constants: new Map(),
  persistent(): never {
    throw new TypeError("has a persistent id where there is none");
  },
};

/** Where each storage begins: they follow the keys in the same order, each after its count. */
async function legacyStorages(
  path: string,
  handle: FileHandle,
  size: number,
  keys: unknown,
  begin: () => number,
  storages: StateDict["storages"],
): Promise<Map<string, { start: number; bytes: number }>> {
  if (!Array.isArray(keys)) throw new TypeError(`${path}: expected a list of storages' keys`);
  const starts = new Map<string, { start: number; bytes: number }>();
  const prefix = Buffer.alloc(8);
  let at = begin();
  for (const key of keys) {
    const storage = typeof key === "string" ? storages.get(key) : undefined;
    const about = `${path}: storage ${describeValue(key)}`;
    if (storage === undefined || starts.has(storage.key))
      throw new TypeError(`${about} is repeated or belongs to no tensor; the file is damaged`);
    if (at + 8 > size)
      throw new RangeError(`${about} begins at byte ${at} of ${size}; the file is truncated`);
    await readFully(path, handle, prefix, at);
    const count = prefix.readBigInt64LE();
    if (count !== BigInt(storage.count))
      throw new RangeError(
        `${about} has ${count} numbers, expected ${storage.count}; the file is damaged`,
      );
    const bytes = storage.count * dtypeBytes[storage.dtype];
    starts.set(storage.key, { start: at + 8, bytes });
    at += 8 + bytes;
    if (at > size)
      throw new RangeError(`${about} ends at byte ${at} of ${size}; the file is truncated`);
  }
  if (at !== size)
    throw new RangeError(`${path}: ${size - at} bytes follow the last storage, expected none`);
  return starts;
}

function checkStorages(
  path: string,
  tensors: ReadonlyMap<string, TorchTensor>,
  bytesOf: (key: string) => number | undefined,
): void {
  for (const [name, { storage }] of tensors) {
    const { key, dtype, count } = storage;
    const bytes = bytesOf(key);
    const about = `${path}: tensor "${name}"`;
    if (bytes === undefined)
      throw new TypeError(`${about} is in storage "${key.slice(0, 80)}", which the file lacks`);
    if (Math.floor(bytes / dtypeBytes[dtype]) !== count)
      throw new RangeError(
        `${about} is in storage "${key.slice(0, 80)}" of ${count} ${dtype}, got ${bytes} bytes`,
      );
  }
}

/** Whether its numbers are row-major without gaps. */
function isContiguous({ shape, strides }: TorchTensor): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 0;
    if (size !== 1 && strides[axis] !== expected) return false;
    expected *= size;
  }
  return true;
}

/** A tensor's numbers, row-major, from the span of its storage that it covers. */
function gather(
  span: Float32Array | Int32Array,
  { shape, strides }: TorchTensor,
  count: number,
): Float32Array | Int32Array {
  const out = span instanceof Int32Array ? new Int32Array(count) : new Float32Array(count);
  if (count === 0) return out;
  const rows = shape.slice(0, -1);
  const width = shape.at(-1) ?? 1;
  const step = strides.at(-1) ?? 1;
  const index = rows.map(() => 0);
  let from = 0;
  for (let to = 0; to < count;) {
    for (let column = 0; column < width; column++) out[to++] = span[from + column * step] ?? 0;
    // To the next row, like an odometer.
    for (let axis = rows.length - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      const stride = strides[axis] ?? 0;
      if (next < (rows[axis] ?? 0)) {
        index[axis] = next;
        from += stride;
        break;
      }
      index[axis] = 0;
      from -= (next - 1) * stride;
    }
  }
  return out;
}
