import { Buffer } from "node:buffer";

/**
 * The normaliser `Precompiled`: a charsmap as SentencePiece compiles it, a trie (Darts' double
 * array) from bytes to places in a text of results. Of each cluster of characters under 6 bytes the
 * shortest prefix that the trie knows stands for the whole; otherwise each character is looked up.
 *
 * @param charsmap in base64: the trie's length in bytes (uint32), its units (uint32 each, little
 *   endian), then the results in UTF-8, each ended by 0
 * @throws TypeError if it is too short for what it says of itself
 * Source: SentencePiece's `Normalizer::NormalizePrefix`; spm_precompiled 0.1, `normalize_string`.
 */
export function precompiledCharsmap(charsmap: string): (text: string) => string {
  const bytes = Buffer.from(charsmap, "base64");
  const length = bytes.length >= 4 ? bytes.readUInt32LE(0) : 0;
  if (length === 0 || length % 4 !== 0 || 4 + length > bytes.length) {
    throw new TypeError(
      `precompiled_charsmap: expected a trie and its results, got ${bytes.length} bytes that announce a trie of ${length}`,
    );
  }
  const trie = Uint32Array.from({ length: length / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
  const results = bytes.subarray(4 + length);
  const found = new Map<string, string | undefined>();
  const lookUp = (part: string): string | undefined => {
    if (found.has(part)) return found.get(part);
    const at = shortestPrefix(trie, Buffer.from(part, "utf8"));
    const end = at === undefined ? -1 : results.indexOf(0, at);
    const result =
      at === undefined || at > results.length
        ? undefined
        : results.toString("utf8", at, end < 0 ? results.length : end);
    if (found.size >= 10_000) found.clear();
    found.set(part, result);
    return result;
  };
  return (text) => {
    let out = "";
    for (const cluster of clusters(text)) {
      const whole = Buffer.byteLength(cluster, "utf8") < 6 ? lookUp(cluster) : undefined;
      if (whole !== undefined) out += whole;
      else for (const character of cluster) out += lookUp(character) ?? character;
    }
    return out;
  };
}

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

function clusters(text: string): Iterable<string> {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** The value of the shortest prefix of `key` in the trie; undefined if it has none. */
function shortestPrefix(trie: Uint32Array, key: Uint8Array): number | undefined {
  let unit = trie[0] ?? 0;
  let node = offset(unit);
  for (const byte of key) {
    if (byte === 0) return undefined;
    node ^= byte;
    const next = trie[node];
    if (next === undefined || (next & 0x8000_00ff) >>> 0 !== byte) return undefined;
    unit = next;
    node ^= offset(unit);
    if ((unit >>> 8) & 1) {
      const leaf = trie[node];
      return leaf === undefined ? undefined : leaf & 0x7fff_ffff;
    }
  }
  return undefined;
}

function offset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
