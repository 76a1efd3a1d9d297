// Makes a weights file of random numbers with the names, shapes and size of a given file, with the same
// bytes each time. Norms' weights are 1, biases 0.
//
//   node weights.ts header FILE.safetensors > header.json
//   node weights.ts make header.json FILE.safetensors       prints the file's sha256
import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { z } from "zod";

const tensor = z.object({
  dtype: z.enum(["F16", "I64"]),
  shape: z.array(z.number()),
  data_offsets: z.tuple([z.number(), z.number()]),
});

const [command, source = "", target = ""] = process.argv.slice(2);
if (command === "header") process.stdout.write(headerOf(source));
else if (command === "make") console.log(make(readFileSync(source), target));
else throw new RangeError(`weights: expected header or make, got ${command}`);

function headerOf(safetensors: string): Buffer {
  const file = openSync(safetensors, "r");
  const size = Buffer.alloc(8);
  readSync(file, size, 0, 8, 0);
  const header = Buffer.alloc(Number(size.readBigUInt64LE(0)));
  readSync(file, header, 0, header.length, 8);
  closeSync(file);
  return header;
}

/** @returns the file's sha256 */
function make(header: Buffer, file: string): string {
  const { __metadata__: _, ...rest } = z
    .record(z.string(), z.unknown())
    .parse(JSON.parse(header.toString()));
  const tensors = Object.entries(z.record(z.string(), tensor).parse(rest));
  const begin = 8 + header.length;
  const end = Math.max(...tensors.map(([, { data_offsets }]) => data_offsets[1]));
  const bytes = new Uint8Array(begin + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  let state = 1;
  const draw = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
  // 64 Ki roughly normal numbers, standard deviation 0.04, as float16.
  const table = Uint16Array.from({ length: 65536 }, () => {
    let sum = 0;
    for (let i = 0; i < 12; i++) sum += draw() / 2 ** 32;
    return half((sum - 6) * 0.04);
  });
  for (const [name, { dtype, shape, data_offsets }] of tensors) {
    const count = shape.reduce((n, d) => n * d, 1);
    const view = new DataView(bytes.buffer, begin + data_offsets[0]);
    if (dtype === "I64") for (let i = 0; i < count; i++) view.setBigInt64(8 * i, BigInt(i), true);
    else if (name.endsWith("LayerNorm.weight"))
      for (let i = 0; i < count; i++) view.setUint16(2 * i, 0x3c00, true);
    else if (!name.endsWith(".bias"))
      for (let i = 0; i < count; i++) view.setUint16(2 * i, table[draw() >>> 16] ?? 0, true);
  }
  writeFileSync(file, bytes);
  return createHash("sha256").update(bytes).digest("hex");
}

/** A small number as float16, rounded down. */
function half(x: number): number {
  const sign = x < 0 ? 0x8000 : 0;
  const a = Math.abs(x);
  if (a < 2 ** -14) return sign;
  const exponent = Math.floor(Math.log2(a));
  return sign | ((exponent + 15) << 10) | Math.floor((a / 2 ** exponent - 1) * 1024);
}
