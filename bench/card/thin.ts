// Removes the machine code that a card of one architecture does not run from a CUDA library, so that the
// rest packs small: every entry of its fat binaries for another architecture and, without --whole, kernels
// for mixtures of experts and grouped products, which no network here uses. All offsets stay. Each removed
// entry is replaced by the smallest one of its architecture, which has no kernel. An entry of the card's own
// architecture is first marked as another card's, so that the driver skips it, as if the library had not
// been built for this card.
//
//   node thin.ts FILE RESULT [--arch 90] [--whole]     (Node 22.15 or newer, for zstd)
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import * as zlib from "node:zlib";

interface Entry {
  at: number;
  arch: number;
  /** Where its code begins, and how long it is. */
  from: number;
  size: number;
  /** Bytes of compressed code; 0 if it is not compressed. */
  compressed: number;
}

/** Missing in the types of the oldest Node that this project supports. */
const { zstdDecompressSync } = zlib as unknown as {
  zstdDecompressSync(bytes: Uint8Array): Buffer;
};
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    arch: { type: "string", default: "90" },
    whole: { type: "boolean", default: false },
  },
});
const [source = "", target = ""] = positionals;
const card = Number(flags.arch);
/** Blackwell's; its machine code runs on no other card. */
const anotherCard = 120;
const bytes = readFileSync(source);

const entries = [...fatBinaryEntries()];
/** The smallest entry's code, by architecture. */
const smallest = new Map<number, { code: Buffer; size: bigint }>();
for (const { at, arch, from, compressed } of entries) {
  const known = smallest.get(arch);
  if (compressed > 0 && (known === undefined || compressed < known.code.length)) {
    const code = Buffer.from(bytes.subarray(from, from + compressed));
    smallest.set(arch, { code, size: bytes.readBigUInt64LE(at + 56) });
  }
}
const kept = { entries: 0, bytes: 0 };
const taken = { entries: 0, bytes: 0 };
for (const entry of entries) {
  const own = entry.arch === card;
  const take = !own || (!flags.whole && isUnneeded(entry));
  const count = take ? taken : kept;
  count.entries++;
  count.bytes += entry.size;
  if (take) empty(entry, own ? anotherCard : entry.arch);
}
if (kept.entries === 0) throw new Error(`thin: ${source} has no machine code for sm_${card}`);
writeFileSync(target, bytes);
console.log(
  `thin: sm_${card}: ${kept.entries} entries (${mb(kept.bytes)}) kept, ${taken.entries} (${mb(taken.bytes)}) taken out`,
);

function* fatBinaryEntries(): Generator<Entry> {
  const magic = Buffer.from([0x50, 0xed, 0x55, 0xba]);
  for (let at = bytes.indexOf(magic); at !== -1;) {
    const headerSize = bytes.readUInt16LE(at + 6);
    if (bytes.readUInt16LE(at + 4) !== 1 || headerSize !== 16) {
      at = bytes.indexOf(magic, at + 4);
      continue;
    }
    const end = at + headerSize + Number(bytes.readBigUInt64LE(at + 8));
    for (let entry = at + headerSize; entry < end;) {
      const from = entry + bytes.readUInt32LE(entry + 4);
      const size = Number(bytes.readBigUInt64LE(entry + 8));
      const [compressed, arch] = [bytes.readUInt32LE(entry + 16), bytes.readUInt32LE(entry + 28)];
      yield { at: entry, from, size, compressed, arch };
      entry = from + size;
    }
    at = bytes.indexOf(magic, end);
  }
}

function empty({ at, from, size, compressed }: Entry, arch: number): void {
  const least = smallest.get(arch);
  bytes.writeUInt32LE(arch, at + 28);
  bytes.fill(0, from, from + size);
  if (compressed === 0 || least === undefined || least.code.length > size) return;
  bytes.writeUInt32LE(least.code.length, at + 16);
  bytes.writeBigUInt64LE(least.size, at + 56);
  least.code.copy(bytes, from);
}

/** Whether no network here needs any of an entry's kernels. */
function isUnneeded({ from, compressed }: Entry): boolean {
  if (compressed === 0) return false;
  let code: string;
  try {
    code = zstdDecompressSync(bytes.subarray(from, from + compressed)).toString("latin1");
  } catch {
    return false;
  }
  const names = new Set(code.match(/\.text\.\w+/g) ?? []);
  return names.size > 0 && [...names].every(isUnneededKernel);
}

function isUnneededKernel(name: string): boolean {
  const grouped = /cutlass/.test(name) && /GroupProblemShape|[Mm]oe|MoE/.test(name);
  return grouped || /[Mm]oe|MoE|fpA_intB|3llm7kernels/.test(name);
}

function mb(n: number): string {
  return `${(n / 1e6).toFixed(1)} MB`;
}
