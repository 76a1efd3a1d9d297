/** A field of a message, with a reader for each type; a reader throws if the field has another. */
export interface ProtobufField {
  number: number;
  /** An enum, a bool, an int32. */
  integer(): number;
  float(): number;
  /** A view of bytes, or of a nested message. */
  bytes(): Uint8Array;
  text(): string;
}

const wireTypes = ["varint", "64 bits", "length", "group", "end of group", "32 bits"] as const;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads the fields of a message in protocol buffers' binary format, in order.
 *
 * @param where names the message in errors
 * @throws TypeError that names it if it is cut off or not such a message
 * Source: protobuf.dev, "Encoding".
 */
export function* readProtobuf(bytes: Uint8Array, where: string): Generator<ProtobufField> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const fail = (expected: string, got: string): TypeError =>
    new TypeError(`${where}: expected ${expected} at byte ${at} of ${bytes.length}, got ${got}`);
  /** The low 32 bits, and whether higher ones are set. */
  const varint = (): { low: number; more: boolean } => {
    let low = 0;
    let more = false;
    for (let i = 0; i < 10; i++) {
      const byte = bytes[at + i];
      if (byte === undefined) throw fail("a number", "the end; is the file cut off?");
      if (i < 5) low |= (byte & 0x7f) << (7 * i);
      if (i === 4 ? (byte & 0x70) !== 0 : i > 4 && (byte & 0x7f) !== 0) more = true;
      if (byte < 0x80) {
        at += i + 1;
        return { low, more };
      }
    }
    throw fail("a number of at most 10 bytes", "a longer one; is it a protocol buffer?");
  };
  const advance = (length: number): number => {
    const start = at;
    if (length > bytes.length - at) {
      throw fail(`${length} bytes`, `${bytes.length - at}; is the file cut off?`);
    }
    at += length;
    return start;
  };
  while (at < bytes.length) {
    const key = varint();
    const number = key.low >>> 3;
    const wire = wireTypes[key.low & 7];
    if (key.more || number === 0 || wire === undefined || wire.endsWith("group")) {
      throw fail("a field", `the key ${key.low >>> 0}; is it a protocol buffer?`);
    }
    let start = at;
    if (wire === "varint") varint();
    else if (wire === "64 bits") advance(8);
    else if (wire === "32 bits") advance(4);
    else {
      const length = varint();
      if (length.more) throw fail("a length", "one of over 32 bits");
      start = advance(length.low >>> 0);
    }
    const end = at;
    const need = (wanted: (typeof wireTypes)[number]): void => {
      if (wire !== wanted) {
        throw new TypeError(`${where}: field ${number}: expected ${wanted}, got ${wire}`);
      }
    };
    yield {
      number,
      integer() {
        need("varint");
        let value = 0;
        for (let i = start; i < Math.min(end, start + 5); i++) {
          value |= ((bytes[i] ?? 0) & 0x7f) << (7 * (i - start));
        }
        return value;
      },
      float() {
        need("32 bits");
        return view.getFloat32(start, true);
      },
      bytes() {
        need("length");
        return bytes.subarray(start, end);
      },
      text() {
        need("length");
        const part = bytes.subarray(start, end);
        try {
          return utf8.decode(part);
        } catch (cause) {
          const got = Array.from(part.subarray(0, 16), (b) => b.toString(16).padStart(2, "0")).join(
            "",
          );
          throw new TypeError(`${where}: field ${number}: expected UTF-8, got ${got}`, { cause });
        }
      },
    };
  }
}
