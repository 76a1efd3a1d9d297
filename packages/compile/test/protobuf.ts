/** Just enough of protobuf's wire format to read back what the ONNX writer wrote. */

/** A message's fields: each number -> its values, in order. */
export type Fields = ReadonlyMap<number, readonly Field[]>;
type Field = bigint | Uint8Array;

/** @throws RangeError if the bytes are no message */
export function decode(bytes: Uint8Array): Fields {
  const fields = new Map<number, Field[]>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(view.getUint8(at++));
      value |= (byte & 127n) << shift;
      if (byte < 128n) return BigInt.asUintN(64, value);
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    let value: Field;
    if ((tag & 7) === 0) value = varint();
    else if ((tag & 7) === 2 || (tag & 7) === 5) {
      const length = (tag & 7) === 5 ? 4 : Number(varint());
      if (at + length > bytes.length)
        throw new RangeError("protobuf: a field ends past its message");
      value = bytes.subarray(at, at + length);
      at += length;
    } else throw new RangeError(`protobuf: unknown wire type ${tag & 7}`);
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
  }
  return fields;
}

/** The messages of a repeated field. */
export function messages(fields: Fields, number: number): Fields[] {
  return (fields.get(number) ?? []).map((f) => decode(f as Uint8Array));
}

export function strings(fields: Fields, number: number): string[] {
  return (fields.get(number) ?? []).map((f) => new TextDecoder().decode(f as Uint8Array));
}

/** Signed. */
export function integers(fields: Fields, number: number): number[] {
  return (fields.get(number) ?? []).map((f) => Number(BigInt.asIntN(64, f as bigint)));
}

/** A copy, so that it can be read as numbers at any offset. */
export function bytesOf(fields: Fields, number: number): Uint8Array {
  return Uint8Array.from((fields.get(number)?.[0] ?? []) as Uint8Array);
}
