/**
 * What a pickle may ask for. A pickle is a program that calls functions by name. Here a name is looked up
 * only in these tables; no module is imported and no attribute is followed.
 */
export interface PickleRules {
  /** The functions that may be called, by `module name`; `collections OrderedDict` always may. */
  functions: ReadonlyMap<string, PickleFunction>;
  /** The objects that may be named but not called, by `module name`. */
  constants: ReadonlyMap<string, object>;
  /** The object outside the pickle that an identifier stands for. @throws Error to refuse it */
  persistent(id: unknown): unknown;
}

/** Stands for a Python function. @throws Error for arguments that it does not support */
export type PickleFunction = (args: readonly unknown[]) => unknown;

/** The maximum size of a pickle: one that describes 100,000 tensors has 20 MB. */
export const maximumPickleBytes: number = 1 << 25;
/**
 * Each opcode makes at most one value, so this bounds time and memory; a tensor takes about 30. A call
 * counts as the items of its arguments.
 */
const maximumOpcodes = 4_000_000;
/** Python's pickler puts the items of a container on the stack by the thousand. */
const maximumStack = 100_000;
const maximumMarks = 1000;
const maximumMemo = 2_000_000;
/** Bytes of an integer: PyTorch's longest has 10. */
const maximumIntegerBytes = 255;

/**
 * Reads one pickle without running anything: protocol 2 as PyTorch writes it, and the frames, short strings
 * and short memo opcodes of protocols 3 and 4. Every other opcode is refused.
 *
 * None, booleans, numbers and strings become JavaScript's (an integer past 2^53 a bigint), a dictionary or
 * OrderedDict a Map, a list an array, a tuple a frozen array. What BUILD would set on a dictionary
 * (`_metadata`) is ignored.
 *
 * @param start where in `bytes` the pickle begins
 * @returns the value, and where the pickle ends
 * @throws TypeError or RangeError, beginning with `where`, if the pickle is refused, malformed or too large
 * Source: CPython 3.11, Lib/pickle.py and Lib/pickletools.py.
 */
export function unpickle(
  bytes: Uint8Array,
  where: string,
  rules: PickleRules,
  start = 0,
): { value: unknown; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const functions = new Map<string, PickleFunction>([
    ...rules.functions,
    ["collections OrderedDict", orderedDict],
  ]);
  const callable = new Map<unknown, PickleFunction>([...functions.values()].map((f) => [f, f]));
  const stack: unknown[] = [];
  const marks: number[] = [];
  const memo = new Map<number, unknown>();
  let at = start;

  const wrong = (message: string) => new TypeError(`${where}: its pickle ${message}`);
  /** Moves past the next bytes, if there are that many, and returns where they begin. */
  const take = (count: number): number => {
    if (count > bytes.length - at)
      throw new RangeError(
        `${where}: its pickle asks for ${count} bytes at byte ${at} of ${bytes.length}; it is truncated`,
      );
    at += count;
    return at - count;
  };
  const long = (): number => {
    const value = view.getBigUint64(take(8), true);
    if (value > BigInt(bytes.length))
      throw new RangeError(
        `${where}: its pickle has a length of ${value} in ${bytes.length} bytes; it is truncated`,
      );
    return Number(value);
  };
  const text = (length: number): string => {
    const from = take(length);
    try {
      return utf8.decode(bytes.subarray(from, from + length));
    } catch {
      throw wrong(`has a string at byte ${from} that is not UTF-8`);
    }
  };
  const line = (): string => {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw wrong(`has a name at byte ${at} that does not end; it is truncated`);
    const value = text(end - at);
    at++;
    return value;
  };
  const integer = (length: number): number | bigint => {
    if (length > maximumIntegerBytes)
      throw wrong(`has an integer of ${length} bytes, expected at most ${maximumIntegerBytes}`);
    const from = take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[from + i] ?? 0);
    value = BigInt.asIntN(8 * length, value);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  };
  const push = (value: unknown) => {
    if (stack.length >= maximumStack)
      throw wrong(`holds more than ${maximumStack} values at once; it is refused`);
    stack.push(value);
  };
  const enough = (count: number) => {
    if (stack.length - count < (marks.at(-1) ?? 0))
      throw wrong(`takes a value at byte ${at - 1} that is not there`);
  };
  const pop = (): unknown => {
    enough(1);
    return stack.pop();
  };
  const popMany = (count: number): unknown[] => {
    enough(count);
    return stack.splice(stack.length - count);
  };
  const popMark = (): unknown[] => {
    const mark = marks.pop();
    if (mark === undefined) throw wrong(`takes a mark at byte ${at - 1} that is not there`);
    return stack.splice(mark);
  };
  const top = (): unknown => {
    enough(1);
    return stack.at(-1);
  };
  const remember = (index: number) => {
    if (memo.size >= maximumMemo)
      throw wrong(`remembers more than ${maximumMemo} values; it is refused`);
    memo.set(index, top());
  };
  const recall = (index: number) => {
    if (!memo.has(index)) throw wrong(`recalls value ${index}, which it has not stored`);
    push(memo.get(index));
  };
  const global = (module: string, name: string) => {
    const key = `${module} ${name}`;
    const found = functions.get(key) ?? rules.constants.get(key);
    if (found === undefined) throw wrong(`asks for ${refusal(module, name)}`);
    push(found);
  };
  const append = (items: unknown[]) => {
    const list = top();
    if (!Array.isArray(list) || Object.isFrozen(list))
      throw wrong("appends to a value that is not a list");
    for (const item of items) list.push(item);
  };
  const setItems = (items: readonly unknown[], dictionary: unknown): unknown => {
    if (!(dictionary instanceof Map)) throw wrong("sets a key of a value that is not a dictionary");
    if (items.length % 2 !== 0) throw wrong("has a dictionary with a key but no value");
    for (let i = 0; i < items.length; i += 2) dictionary.set(items[i], items[i + 1]);
    return dictionary;
  };
  const called = (make: () => unknown): unknown => {
    try {
      return make();
    } catch (error) {
      throw wrong(error instanceof Error ? error.message : String(error));
    }
  };
  const uint8 = () => view.getUint8(take(1));
  const uint32 = () => view.getUint32(take(4), true);
  let count = 0;

  /** What each opcode does, except STOP. */
  const opcodes: Readonly<Record<number, () => void>> = {
    0x80: () => {
      // PROTO
      const protocol = uint8();
      if (protocol < 2 || protocol > 4)
        throw wrong(`has protocol ${protocol}, expected 2, 3 or 4; ${convert}`);
    },
    0x95: () => {
      // FRAME: only how much to read ahead.
      const length = long();
      if (length > bytes.length - at)
        throw wrong(`has a frame of ${length} bytes at byte ${at}; it is truncated`);
    },
    0x28: () => {
      // MARK
      if (marks.length >= maximumMarks)
        throw wrong(`nests more than ${maximumMarks} deep; it is refused`);
      marks.push(stack.length);
    },
    0x30: () => (stack.length === (marks.at(-1) ?? -1) ? marks.pop() : pop()), // POP
    0x31: popMark, // POP_MARK
    0x32: () => push(top()), // DUP
    0x4e: () => push(null), // NONE
    0x88: () => push(true), // NEWTRUE
    0x89: () => push(false), // NEWFALSE
    0x4a: () => push(view.getInt32(take(4), true)), // BININT
    0x4b: () => push(uint8()), // BININT1
    0x4d: () => push(view.getUint16(take(2), true)), // BININT2
    0x8a: () => push(integer(uint8())), // LONG1
    0x8b: () => push(integer(uint32())), // LONG4
    0x47: () => push(view.getFloat64(take(8))), // BINFLOAT
    0x55: () => push(text(uint8())), // SHORT_BINSTRING, Python 2's
    0x54: () => push(text(uint32())), // BINSTRING, Python 2's
    0x8c: () => push(text(uint8())), // SHORT_BINUNICODE
    0x58: () => push(text(uint32())), // BINUNICODE
    0x8d: () => push(text(long())), // BINUNICODE8
    0x5d: () => push([]), // EMPTY_LIST
    0x61: () => append([pop()]), // APPEND
    0x65: () => append(popMark()), // APPENDS
    0x6c: () => push(popMark()), // LIST
    0x29: () => push(Object.freeze([])), // EMPTY_TUPLE
    0x85: () => push(Object.freeze(popMany(1))), // TUPLE1
    0x86: () => push(Object.freeze(popMany(2))), // TUPLE2
    0x87: () => push(Object.freeze(popMany(3))), // TUPLE3
    0x74: () => push(Object.freeze(popMark())), // TUPLE
    0x7d: () => push(new Map()), // EMPTY_DICT
    0x64: () => push(setItems(popMark(), new Map())), // DICT
    0x73: () => setItems(popMany(2), top()), // SETITEM
    0x75: () => setItems(popMark(), top()), // SETITEMS
    0x71: () => remember(uint8()), // BINPUT
    0x72: () => remember(uint32()), // LONG_BINPUT
    0x94: () => remember(memo.size), // MEMOIZE
    0x68: () => recall(uint8()), // BINGET
    0x6a: () => recall(uint32()), // LONG_BINGET
    0x63: () => global(line(), line()), // GLOBAL
    0x93: () => {
      // STACK_GLOBAL
      const [module, name] = popMany(2);
      if (typeof module !== "string" || typeof name !== "string")
        throw wrong("asks for a global whose name is not a string");
      global(module, name);
    },
    0x51: () => {
      // BINPERSID
      const id = pop();
      push(called(() => rules.persistent(id)));
    },
    0x52: () => {
      // REDUCE
      const [named, args] = popMany(2);
      const make = callable.get(named);
      if (make === undefined || !isTuple(args))
        throw wrong(`has opcode REDUCE on an unknown function: ${refused}`);
      // A function may read each item of a list, and get the same long list again and again.
      for (const arg of args) count += Array.isArray(arg) ? arg.length : 1;
      push(called(() => make(args)));
    },
    0x62: () => {
      // BUILD
      pop();
      if (!(top() instanceof Map))
        throw wrong(`has opcode BUILD on a value that is not a dictionary: ${refused}`);
    },
    0x69: () => {
      // INST, which names what it calls
      throw wrong(`asks for ${refusal(line(), line())}`);
    },
  };

  for (; count < maximumOpcodes; count++) {
    const opcode = uint8();
    if (opcode === 0x2e) {
      // STOP
      const value = pop();
      if (stack.length > 0 || marks.length > 0)
        throw wrong(`ends at byte ${at} with more than its value`);
      return { value, end: at };
    }
    const run = opcodes[opcode];
    if (run === undefined) {
      const name = refusedOpcodes[opcode] ?? `0x${opcode.toString(16).padStart(2, "0")}`;
      throw wrong(`has opcode ${name} at byte ${at - 1}: ${refused}`);
    }
    run();
  }
  throw wrong(`has more than ${maximumOpcodes} opcodes`);
}

/** Whether a pickle's value is a tuple. */
export function isTuple(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && Object.isFrozen(value);
}

/**
 * A pickle's value in a few words, without its contents: they may contain themselves, or nest to any depth.
 */
export function describeValue(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  if (typeof value === "bigint" || typeof value === "number" || typeof value === "boolean")
    return String(value).slice(0, 80);
  if (isTuple(value)) return "a tuple";
  if (Array.isArray(value)) return "a list";
  return value instanceof Map ? "a dictionary" : "a tensor or its type";
}

/** Opcodes that make objects or refer to something outside the pickle. */
const refusedOpcodes: Readonly<Record<number, string>> = {
  0x53: "STRING",
  0x6f: "OBJ",
  0x81: "NEWOBJ",
  0x92: "NEWOBJ_EX",
  0x82: "EXT1",
  0x83: "EXT2",
  0x84: "EXT4",
  0x50: "PERSID",
};

const convert = "convert the file to safetensors";
const refused = `refused, as only tensors, dictionaries, lists, numbers and strings are read; ${convert}`;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function refusal(module: string, name: string): string {
  const full = `${module}.${name}`;
  const shown = /^[\w.]{1,200}$/.test(full) ? full : JSON.stringify(full.slice(0, 200));
  return `${shown}: ${refused}`;
}

/** Python 3 calls it without arguments and sets the items afterwards; Python 2 passes a list of pairs. */
function orderedDict(args: readonly unknown[]): Map<unknown, unknown> {
  const [pairs = [], ...others] = args;
  if (!Array.isArray(pairs) || others.length > 0)
    throw new TypeError("calls OrderedDict with something other than a list of pairs");
  const dictionary = new Map<unknown, unknown>();
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw new TypeError("calls OrderedDict with something other than a list of pairs");
    dictionary.set(pair[0], pair[1]);
  }
  return dictionary;
}
