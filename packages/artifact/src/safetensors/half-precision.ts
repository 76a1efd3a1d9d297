/** float16 and bfloat16 to and from float32, rounded to nearest, ties to even (IEEE 754). */

const scratch = new DataView(new ArrayBuffer(4));

/** The value of a float16 given as its 16 bits. */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The 16 bits of the float16 nearest to `value`; past 65504 an infinity. */
export function numberToFloat16(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 255) - 127;
  const fraction = bits & 0x7fffff;
  if (exponent === 128) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
  if (exponent < -25) return sign;
  // Subnormals shift the leading one in; 13 is float32's 23 fraction bits less float16's 10.
  const subnormal = exponent < -14;
  const shift = subnormal ? 13 - 14 - exponent : 13;
  const significand = subnormal ? fraction | 0x800000 : fraction;
  const base = subnormal ? 0 : (exponent + 15) << 10;
  const half = 1 << (shift - 1);
  const rest = significand & ((1 << shift) - 1);
  let result = base + (significand >> shift);
  if (rest > half || (rest === half && result & 1)) result++;
  return result >= 0x7c00 ? sign | 0x7c00 : sign | result;
}

/** The value of a bfloat16 given as its 16 bits. */
export function bfloat16ToNumber(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

/** The 16 bits of the bfloat16 nearest to `value`. */
export function numberToBfloat16(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  if (Number.isNaN(value)) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

let float16Table: Float32Array | undefined;

/** All 65,536 float16 values, so that decoding one is a table look-up. */
export function float16Values(): Float32Array {
  float16Table ??= Float32Array.from({ length: 65536 }, (_, bits) => float16ToNumber(bits));
  return float16Table;
}
