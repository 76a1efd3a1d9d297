import { dtypeBytes, numberCount, type SafetensorsDtype } from "@sweetspot/artifact";
import { describeValue, isTuple, type PickleFunction, unpickle } from "./pickle.ts";

/** A sequence of numbers of one dtype in a PyTorch file; several tensors may share it. */
interface TorchStorage {
  /** Its name in the file. */
  key: string;
  dtype: SafetensorsDtype;
  /** How many numbers it has. */
  count: number;
}

/** A tensor in a PyTorch file: a view of its storage. Offset and strides count numbers, not bytes. */
export interface TorchTensor {
  storage: TorchStorage;
  offset: number;
  shape: readonly number[];
  /** The distance from one index to the next, for each axis. */
  strides: readonly number[];
}

/** What the pickle of a PyTorch file describes. */
export interface StateDict {
  tensors: Map<string, TorchTensor>;
  /** Every storage that the pickle names, by key. */
  storages: ReadonlyMap<string, TorchStorage>;
  /** Where the pickle ends. */
  end: number;
}

const storageTypes: Readonly<Record<string, SafetensorsDtype>> = {
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  DoubleStorage: "F64",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
};

/** PyTorch's own limit. */
const maximumAxes = 64;

/**
 * Reads the pickle of a `state_dict`, or of a dictionary that holds one (`{"state_dict": {...}}`), and
 * checks each tensor against its storage.
 *
 * @param start where in `bytes` the pickle begins
 * @param fileBytes the size of the whole file, which no tensor may exceed
 * @throws TypeError or RangeError, naming the file and the tensor, if the pickle is not valid
 * Source: torch 2.15, torch/_utils.py and torch/serialization.py.
 */
export function readStateDict(
  bytes: Uint8Array,
  path: string,
  fileBytes: number,
  start = 0,
): StateDict {
  const constants = new Map(
    Object.entries(storageTypes).map(([name, dtype]) => [`torch ${name}`, { dtype }]),
  );
  const types = new Map<unknown, SafetensorsDtype>(
    Array.from(constants.values(), (type) => [type, type.dtype]),
  );
  const storages = new Map<string, TorchStorage>();
  // A value of the pickle is a view or a tensor if it is a key here.
  const views = new Map<unknown, { storage: TorchStorage; offset: number; count: number }>();
  const tensors = new Map<unknown, TorchTensor>();

  const persistent = (id: unknown): object => {
    const [kind, type, key, , count, view = null] = isTuple(id) && id.length <= 6 ? id : [];
    const dtype = types.get(type);
    if (kind !== "storage" || dtype === undefined || typeof key !== "string" || !isCount(count))
      throw new TypeError("has a persistent id that is not a storage");
    const known = storages.get(key);
    const storage = known ?? { key, dtype, count };
    if (storage.dtype !== dtype || storage.count !== count)
      throw new TypeError(
        `describes storage "${key.slice(0, 80)}" as ${count} ${dtype}, and before as ${storage.count} ${storage.dtype}`,
      );
    storages.set(key, storage);
    const made = {};
    // Before PyTorch 1.0 a storage could be part of another.
    const [, offset, part] =
      view === null ? ["", 0, count] : isTuple(view) && view.length === 3 ? view : [];
    if (!isCount(offset) || !isCount(part) || offset + part > count)
      throw new RangeError(`has a view outside of storage "${key.slice(0, 80)}"`);
    views.set(made, { storage, offset, count: part });
    return made;
  };
  const tensor = (args: readonly unknown[]): object => {
    const [of, offset, shape, strides] = args;
    const view = views.get(of);
    if (view === undefined || !isCount(offset) || !isCounts(shape) || !isCounts(strides))
      throw new TypeError(
        "has a tensor that is not made of a storage, an offset, sizes and strides",
      );
    if (shape.length !== strides.length || shape.length > maximumAxes)
      throw new RangeError(`has a tensor of ${shape.length} sizes and ${strides.length} strides`);
    const last = offset + distanceToLast({ shape, strides });
    if (!shape.includes(0) && !(last < view.count))
      throw new RangeError(
        `has a tensor [${shape.join(", ")}] that ends at number ${last} of storage "${view.storage.key.slice(0, 80)}", which has ${view.count}`,
      );
    const made = {};
    tensors.set(made, { storage: view.storage, offset: view.offset + offset, shape, strides });
    return made;
  };
  const functions: Readonly<Record<string, PickleFunction>> = {
    "torch._utils _rebuild_tensor": (args) => {
      if (args.length !== 4)
        throw new TypeError("calls _rebuild_tensor with a number of arguments other than 4");
      return tensor(args);
    },
    "torch._utils _rebuild_tensor_v2": (args) => {
      const metadata = args[6] ?? null;
      // Such as a flag that negates it when it is read.
      const flagged = metadata !== null && !(metadata instanceof Map && metadata.size === 0);
      if (args.length < 6 || args.length > 7 || flagged)
        throw new TypeError(
          "calls _rebuild_tensor_v2 with arguments other than the 6 that are supported",
        );
      return tensor(args);
    },
    "torch._utils _rebuild_parameter": (args) => {
      if (args.length !== 3 || !tensors.has(args[0]))
        throw new TypeError("calls _rebuild_parameter with something other than a tensor");
      return args[0];
    },
  };
  const rules = { functions: new Map(Object.entries(functions)), constants, persistent };

  const { value, end } = unpickle(bytes, path, rules, start);
  const named = namedTensors(value, path, (v) => tensors.get(v));
  for (const [name, { storage, shape }] of named) {
    const about = `${path}: tensor "${name}" of shape [${shape.join(", ")}] and dtype ${storage.dtype}`;
    const needed = numberCount(shape, about) * dtypeBytes[storage.dtype];
    // An expanded tensor has more numbers than its storage, with no limit.
    if (needed > fileBytes)
      throw new RangeError(`${about} needs ${needed} bytes, the whole file has ${fileBytes}`);
  }
  return { tensors: named, storages, end };
}

/** The tensors of a dictionary, or else of the one dictionary in it that holds only tensors. */
function namedTensors(
  value: unknown,
  path: string,
  tensorOf: (value: unknown) => TorchTensor | undefined,
): Map<string, TorchTensor> {
  if (!(value instanceof Map))
    throw new TypeError(
      `${path}: expected a state_dict, a dictionary of tensors, got ${describeValue(value)}`,
    );
  const tensorsIn = (dictionary: ReadonlyMap<unknown, unknown>) => {
    const tensors = new Map<string, TorchTensor>();
    for (const [name, item] of dictionary) {
      const tensor = tensorOf(item);
      if (tensor !== undefined && typeof name === "string") tensors.set(name, tensor);
    }
    return tensors;
  };
  const own = tensorsIn(value);
  if (own.size > 0) return own;
  const inside = new Map<unknown, Map<string, TorchTensor>>();
  // The same large dictionary may have many names: it is searched once.
  const seen = new Set<unknown>();
  for (const [name, item] of value) {
    if (!(item instanceof Map) || item.size === 0 || seen.has(item)) continue;
    seen.add(item);
    const tensors = tensorsIn(item);
    if (tensors.size === item.size) inside.set(name, tensors);
  }
  const [only, ...others] = inside.values();
  const found =
    inside.get("state_dict") ?? inside.get("model") ?? (others.length === 0 ? only : undefined);
  if (found !== undefined) return found;
  const keys = [...value.keys()].slice(0, 8).map(describeValue);
  const what = inside.size > 1 ? `${inside.size} dictionaries of tensors` : "no tensors";
  throw new TypeError(
    `${path}: expected a state_dict, a dictionary of tensors, got ${what} under the keys ${keys.join(", ") || "(none)"}`,
  );
}

/** The distance from a tensor's first number to its last. */
export function distanceToLast({ shape, strides }: Pick<TorchTensor, "shape" | "strides">): number {
  return shape.reduce((sum, size, axis) => sum + (size - 1) * (strides[axis] ?? 0), 0);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isCounts(value: unknown): value is readonly number[] {
  return isTuple(value) && value.every(isCount);
}
