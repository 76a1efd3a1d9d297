import type { ModelCard } from "../repository/model-card.ts";

const words =
  "[PAD] [UNK] [CLS] [SEP] [MASK] a the film was good bad dull bright slow fast not very and it i liked ##ly ##er ##ed . , ! ? end";

/** A WordPiece tokenizer of 29 tokens. */
export const smallTokenizer: Record<string, unknown> = {
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: words
    .split(" ")
    .slice(0, 5)
    .map((content, id) => ({
      id,
      content,
      special: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
  normalizer: {
    type: "BertNormalizer",
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: {
    type: "TemplateProcessing",
    single: [special("[CLS]", 0), { Sequence: { id: "A", type_id: 0 } }, special("[SEP]", 0)],
    pair: [
      special("[CLS]", 0),
      { Sequence: { id: "A", type_id: 0 } },
      special("[SEP]", 0),
      { Sequence: { id: "B", type_id: 1 } },
      special("[SEP]", 1),
    ],
    special_tokens: {
      "[CLS]": { id: "[CLS]", ids: [2], tokens: ["[CLS]"] },
      "[SEP]": { id: "[SEP]", ids: [3], tokens: ["[SEP]"] },
    },
  },
  decoder: { type: "WordPiece", prefix: "##", cleanup: true },
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(words.split(" ").map((word, id) => [word, id])),
  },
};

function special(id: string, type: number): unknown {
  return { SpecialToken: { id, type_id: type } };
}

/** A card with every field set, some with characters special to YAML or Markdown. */
export function someCard(name: string): ModelCard {
  return {
    title: "Reviews: *good* | bad",
    name,
    license: "mit",
    language: ["en"],
    baseModel: "acme/encoder",
    datasets: ["acme/reviews"],
    task: 'reviews "of" [films] <b>',
    method: "sweet",
    settings: { epochs: "3", learningRate: "0.00005" },
    measured: {
      examples: 1234,
      confidence: 0.95,
      majority: { label: "good | *well*", share: 0.3 },
      exits: [
        { exitLayer: 1, accuracy: 0.7, interval: [0.65, 0.75], cost: 1 / 3 },
        { exitLayer: 2, accuracy: 0.8, interval: [0.75, 0.85], cost: 2 / 3 },
        { exitLayer: 3, accuracy: 0.812, interval: [0.76, 0.86], cost: 1 },
      ],
      operatingPoints: [
        { threshold: 0.9123456, accuracy: 0.79, interval: [0.74, 0.84], cost: 0.499 },
      ],
      temperatures: [0.8, 1.1, 1.23456789],
    },
  };
}
