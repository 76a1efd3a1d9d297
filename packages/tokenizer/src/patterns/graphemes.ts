import { classSet } from "./character-set.ts";

/**
 * Characters between any two of which a text may be cut: not marks, controls, or parts of a syllable, a
 * flag or an emoji. They cover the most common scripts; leaving one out only costs time.
 */
const isPlain = classSet(
  String.raw`\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0482\u048a-\u0590\u05d0-\u05ea\u0620-\u064a` +
    String.raw`\u0e01-\u0e30\u0e40-\u0e46\ufb50-\ufdfb\ufe70-\ufefc\ufffc\ufffd` +
    String.raw`\u1e00-\u1fff\u2010-\u2027\u2030-\u205e\u20a0-\u20c0\u2100-\u2bff\u3000-\u3029` +
    String.raw`\u3030-\u3096\u309b-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff01-\uff9d` +
    String.raw`\u{1f300}-\u{1f3fa}\u{1f400}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}`,
);

/** Controls, which are always clusters of their own, except a line feed after a carriage return. */
const isControl = classSet(String.raw`\0-\x1f\x7f-\x9f\u2028\u2029`);

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** How much of a text the segmenter gets at once, in UTF-16 units. */
const window = 64;

/**
 * The extended grapheme clusters of a text, in time linear in it. `Intl.Segmenter` takes time
 * proportional to the whole text for each cluster, so it gets one window at a time. A window starts at a
 * cluster, and no rule looks before a cluster's start or more than one character ahead, so every cluster
 * of a window except the last is whole.
 *
 * Source: Unicode Standard Annex 29, 3.1.1.
 */
export function* graphemes(text: string): Generator<string> {
  let at = 0;
  let size = window;
  while (at < text.length) {
    const end = plainEnd(text, at);
    if (end !== -1) {
      yield text.slice(at, end);
      at = end;
      continue;
    }
    const part = text.slice(at, at + size);
    const isRest = at + part.length === text.length;
    let whole = 0;
    for (const { segment, index } of segmenter.segment(part)) {
      if (!isRest && index + segment.length === part.length) break;
      yield segment;
      whole = index + segment.length;
    }
    at += whole;
    // A cluster may be longer than a window.
    size = whole === 0 ? 2 * size : window;
  }
}

/** Where the cluster at a position ends, if it is a plain character with common marks; else -1. */
function plainEnd(text: string, at: number): number {
  const first = text.codePointAt(at) ?? 0;
  if (isControl(first)) return at + (first === 13 && text.charCodeAt(at + 1) === 10 ? 2 : 1);
  if (!isPlain(first)) return -1;
  let end = at + (first > 0xffff ? 2 : 1);
  let next = text.codePointAt(end);
  while (next !== undefined && next >= 0x300 && next <= 0x36f) next = text.codePointAt(++end);
  return next === undefined || isPlain(next) || isControl(next) ? end : -1;
}
