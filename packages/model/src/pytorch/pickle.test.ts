import { describe, expect, it } from "vitest";
import { isTuple, unpickle } from "./pickle.ts";

const none = {
  functions: new Map(),
  constants: new Map(),
  persistent: (id: unknown) => ({ id }),
};
const bytes = (text: string) => Buffer.from(text, "latin1");
const read = (text: string) => unpickle(bytes(text), "w.bin", none).value;
const problem = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
  return "none";
};

describe("unpickle", () => {
  // Each as Python 3.11 writes it: pickle.dumps(value, protocol=2), then protocol=4.
  it.each<[string, unknown, string[]]>([
    ["None", null, ["\x80\x02N.", "\x80\x04N."]],
    ["True", true, ["\x80\x02\x88.", "\x80\x04\x88."]],
    ["False", false, ["\x80\x02\x89.", "\x80\x04\x89."]],
    ["-7", -7, ["\x80\x02J\xf9\xff\xff\xff."]],
    ["255", 255, ["\x80\x02K\xff."]],
    ["1001", 1001, ["\x80\x02M\xe9\x03."]],
    ["2**31", 2 ** 31, ["\x80\x02\x8a\x05\x00\x00\x00\x80\x00."]],
    ["-2**40", -(2 ** 40), ["\x80\x02\x8a\x06\x00\x00\x00\x00\x00\xff."]],
    ["2**53", 2n ** 53n, ["\x80\x02\x8a\x07\x00\x00\x00\x00\x00\x00 ."]],
    ["0L, of Python 2", 0, ["\x80\x02\x8a\x00."]],
    ["0.1", 0.1, ["\x80\x02G?\xb9\x99\x99\x99\x99\x99\x9a."]],
    [
      "é",
      "é",
      [
        "\x80\x02X\x02\x00\x00\x00\xc3\xa9q\x00.",
        "\x80\x04\x95\x06\x00\x00\x00\x00\x00\x00\x00\x8c\x02\xc3\xa9\x94.",
      ],
    ],
    ["[]", [], ["\x80\x02]q\x00."]],
    ["[1]", [1], ["\x80\x02]q\x00K\x01a."]],
    ["[1, 2]", [1, 2], ["\x80\x02]q\x00(K\x01K\x02e."]],
    ["()", [], ["\x80\x02)."]],
    ["(1,)", [1], ["\x80\x02K\x01\x85q\x00."]],
    ["(1, 2, 3, 4)", [1, 2, 3, 4], ["\x80\x02(K\x01K\x02K\x03K\x04tq\x00."]],
    ["{1: 2}", new Map([[1, 2]]), ["\x80\x02}q\x00K\x01K\x02s."]],
    [
      "{1: 2, 3: 4}",
      new Map([
        [1, 2],
        [3, 4],
      ]),
      ["\x80\x02}q\x00(K\x01K\x02K\x03K\x04u."],
    ],
  ])("reads %s", (_, value, pickles) => {
    for (const pickle of pickles) expect(read(pickle)).toEqual(value);
  });

  it("distinguishes tuples from lists, and cannot append to a tuple", () => {
    expect([isTuple(read("\x80\x02)."))]).toEqual([true]);
    expect([isTuple(read("\x80\x02]."))]).toEqual([false]);
    expect(problem("\x80\x02)K\x01a.")).toBe(
      "w.bin: its pickle appends to a value that is not a list",
    );
  });

  it("recalls the same value, even inside itself", () => {
    const list = read("\x80\x02]q\x05h\x05a.");
    expect(Array.isArray(list) && list[0] === list).toBe(true);
  });

  it("keeps keys that a JavaScript object would not", () => {
    const value = read("\x80\x02}X\x09\x00\x00\x00__proto__}s.");
    expect(value).toEqual(new Map([["__proto__", new Map()]]));
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  it("ignores what BUILD sets on a dictionary", () => {
    expect(read("\x80\x02ccollections\nOrderedDict\n)R}U\x01aK\x01sb.")).toEqual(new Map());
  });

  it("starts at the given byte and returns where the pickle ends", () => {
    const { value, end } = unpickle(bytes("xx\x80\x02K\x07.yy"), "w.bin", none, 2);
    expect([value, end]).toEqual([7, 7]);
  });

  it.each([
    ["nothing", "", "asks for 1 bytes at byte 0 of 0; it is truncated"],
    ["no end", "\x80\x02N", "asks for 1 bytes at byte 3 of 3; it is truncated"],
    ["no value", "\x80\x02.", "takes a value at byte 2 that is not there"],
    ["two values", "\x80\x02NN.", "ends at byte 5 with more than its value"],
    ["an open mark", "\x80\x02N(.", "takes a value at byte 4 that is not there"],
    ["a value below its mark", "\x80\x02N(\x85.", "takes a value at byte 4 that is not there"],
    ["no mark", "\x80\x02t.", "takes a mark at byte 2 that is not there"],
    ["another protocol", "\x80\x05N.", "has protocol 5, expected 2, 3 or 4"],
    ["a long string", "\x80\x02X\xff\xff\xff\xffab.", "asks for 4294967295 bytes at byte 7 of 10"],
    [
      "a longer string",
      "\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xffa.",
      "has a length of 18446744073709551615 in 13 bytes",
    ],
    ["a long frame", "\x80\x04\x95\x09\x00\x00\x00\x00\x00\x00\x00N.", "has a frame of 9 bytes"],
    ["a long integer", "\x80\x02\x8b\xff\xff\xff\xff.", "has an integer of 4294967295 bytes"],
    ["a string in Latin-1", "\x80\x02U\x01\xe9.", "has a string at byte 4 that is not UTF-8"],
    ["a value not stored", "\x80\x02h\x00.", "recalls value 0, which it has not stored"],
    ["a key without a value", "\x80\x02}(K\x01u.", "has a dictionary with a key but no value"],
    ["a key of a list", "\x80\x02]K\x01K\x02s.", "sets a key of a value that is not a dictionary"],
    ["a name without an end", "\x80\x02cposix", "has a name at byte 3 that does not end"],
    [
      "a name that is a number",
      "\x80\x04K\x01K\x02\x93.",
      "asks for a global whose name is not a string",
    ],
    ["text of protocol 0", "I1\n.", "has opcode 0x49 at byte 0: refused"],
  ])("refuses %s", (_, pickle, message) => {
    expect(problem(pickle)).toContain(`w.bin: its pickle ${message}`);
  });

  it("bounds the stack, the nesting, the memo and the length", () => {
    expect(problem(`\x80\x02${"N".repeat(100_001)}`)).toContain("holds more than 100000 values");
    expect(problem(`\x80\x02${"(".repeat(1001)}`)).toContain("nests more than 1000 deep");
    expect(problem(`\x80\x02${"N0".repeat(2_000_000)}`)).toContain("has more than 4000000 opcodes");
    const pairs = `(${"]q\x01(NNe".repeat(20_000)}lq\x02`;
    const calls = "ccollections\nOrderedDict\nh\x02\x85R0".repeat(10_000);
    expect(problem(`\x80\x02${pairs}0${calls}`)).toContain("has more than 4000000 opcodes");
    // Lists in lists to any depth, and the same list twice in each: no step of it is repeated.
    const deep = read(`\x80\x02]${"\x85".repeat(50_000)}.`);
    expect(isTuple(deep)).toBe(true);
    expect(isTuple(read(`\x80\x02)${"2\x86".repeat(50_000)}.`))).toBe(true);
  });
});
