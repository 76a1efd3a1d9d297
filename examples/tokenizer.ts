import { textTokenizer } from "@sweetspot/tokenizer";

// The content of a tokenizer.json; this one knows five words.
const tokenizer = textTokenizer({
  added_tokens: [],
  pre_tokenizer: { type: "Whitespace" },
  model: {
    type: "WordLevel",
    unk_token: "[UNK]",
    vocab: { "[UNK]": 0, a: 1, good: 2, film: 3, but: 4, slow: 5 },
  },
});
const { inputIds, truncated } = tokenizer.encode("a good film but rather slow", undefined, {
  maxLength: 6,
});
console.log(inputIds, truncated); // [ 1, 2, 3, 4, 0, 5 ] false
