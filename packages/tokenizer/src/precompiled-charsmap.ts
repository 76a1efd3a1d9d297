import { graphemes } from "./patterns/graphemes.ts";

/** The most bytes of a character's result; SentencePiece's longest has 33. */
const longestResult = 255;

/**
 * The normaliser `Precompiled`: a charsmap compiled by SentencePiece, a trie (Darts' double array) from
 * bytes to offsets in a text of results. For a cluster of characters under 6 bytes, the shortest prefix
 * in the trie replaces the whole; otherwise each character is looked up.
 *
 * @param charsmap in base64: the trie's length in bytes (uint32), its units (uint32 each, little
 *   endian), then the results in UTF-8, each ended by 0
 * @throws TypeError if it is shorter than it claims; the function throws a RangeError if a result is
 *   longer than 255 bytes
 * Source: SentencePiece's `Normalizer::NormalizePrefix`; spm_precompiled 0.1, `normalize_string`.
 */
export function precompiledCharsmap(charsmap: string): (text: string) => string {
  const bytes = fromBase64(charsmap);
  const view = new DataView(bytes.buffer);
  const length = bytes.length >= 4 ? view.getUint32(0, true) : 0;
  if (length === 0 || length % 4 !== 0 || 4 + length > bytes.length) {
    throw new TypeError(
      `precompiled_charsmap: expected a trie and its results, got ${bytes.length} bytes that claim a trie of ${length}`,
    );
  }
  const trie = Uint32Array.from({ length: length / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
  const results = bytes.subarray(4 + length);
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const resultOf = (part: string): string | undefined => {
    const at = shortestPrefix(trie, encoder.encode(part));
    if (at === undefined || at > results.length) return undefined;
    const end = results.indexOf(0, at);
    const result = results.subarray(at, end < 0 ? results.length : end);
    if (result.length > longestResult) {
      throw new RangeError(
        `precompiled_charsmap: expected at most ${longestResult} bytes for ${JSON.stringify(part)}, got ${result.length}`,
      );
    }
    return decoder.decode(result);
  };
  const found = new Map<string, string | undefined>();
  const lookUp = (part: string): string | undefined => {
    const known = found.get(part);
    if (known !== undefined || found.has(part)) return known;
    if (found.size >= 10_000) found.clear();
    const result = resultOf(part);
    found.set(part, result);
    return result;
  };
  return (text) => {
    let out = "";
    for (const cluster of graphemes(text)) {
      const whole = isShort(cluster) ? lookUp(cluster) : undefined;
      if (whole !== undefined) out += whole;
      else if (cluster.length === 1) out += cluster;
      else for (const character of cluster) out += lookUp(character) ?? character;
    }
    return out;
  };
}

/** Whether a text has under 6 bytes in UTF-8. */
function isShort(text: string): boolean {
  if (text.length >= 6) return false;
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // The two units of a pair have 4 bytes together.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3;
  }
  return bytes < 6;
}

/** Decodes base64. @throws TypeError if it is invalid */
function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  let binary: string;
  try {
    binary = atob(text);
  } catch (cause) {
    throw new TypeError("precompiled_charsmap: expected base64, got other characters", { cause });
  }
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
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
