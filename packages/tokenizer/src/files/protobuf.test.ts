import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readProtobuf } from "./protobuf.ts";

function read(...bytes: number[]) {
  return [...readProtobuf(Uint8Array.from(bytes), "message")];
}

test("fields are read as their type", () => {
  const fields = [
    [0x08, 0x96, 0x01],
    [0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    [0x1d, 0x00, 0x00, 0x60, 0xc0],
    [0x22, 0x03, 0xe2, 0x96, 0x81],
    [0x81, 0x02, 1, 2, 3, 4, 5, 6, 7, 8],
  ];
  const [integer, negative, float, text, other] = read(...fields.flat());
  expect(integer?.integer()).toBe(150);
  expect(negative?.integer()).toBe(-1);
  expect(float?.float()).toBe(-3.5);
  expect(text?.text()).toBe("▁");
  expect(text?.bytes()).toEqual(Uint8Array.of(0xe2, 0x96, 0x81));
  expect(other?.number).toBe(32);
  expect(() => integer?.text()).toThrow("message: field 1: expected length, got varint");
  expect(() => text?.integer()).toThrow("message: field 4: expected varint, got length");
});

test("bytes that are not a message are an error with the position", () => {
  expect(() => read(0x08)).toThrow(
    "message: expected a number at byte 1 of 1, got the end; is the file cut off?",
  );
  expect(() => read(0x0a, 5, 1)).toThrow("expected 5 bytes at byte 2 of 3, got 1; is the file cut");
  expect(() => read(0x0b)).toThrow("expected a field at byte 1 of 1, got the key 11");
  expect(() => read(0x00, 0)).toThrow("expected a field at byte 1 of 2, got the key 0");
  expect(() => read(0x08, ...Array.from({ length: 11 }, () => 0x80))).toThrow("at most 10 bytes");
  expect(() => read(0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 1)).toThrow("got one of over 32 bits");
  expect(() => read(0x0a, 1, 0xff)[0]?.text()).toThrow("field 1: expected UTF-8, got ff");
});

test("any bytes are fields or an error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      let got: unknown;
      try {
        got = [...readProtobuf(bytes, "message")].length;
      } catch (error) {
        got = error;
      }
      expect(typeof got === "number" || got instanceof TypeError).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
