/** Pieces of text that, repeated, once took quadratic time, or might. */
export const slowParts: Readonly<Record<string, string>> = {
  blanks: " ",
  "one letter": "a",
  "line breaks": "a\n",
  "letters with marks": "e\u0301",
  "marks out of order": "\u0301\u0316",
  emoji: "👨‍👩‍👧",
  flags: "🇩🇪",
  ideographs: "日本語",
  syllables: "हिन्दी",
  "short words": "a b ",
  "special tokens": "[CLS]<s>[MASK] <mask>",
  "a long word": "unbelievable",
  digits: "1234567",
  "halves of pairs": "\ud800",
};
