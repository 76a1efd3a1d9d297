import { describe, expect, it } from "vitest";
import { encoderConfig, encoderConfigJson, encoderParameters, longestText } from "./definitions.ts";
import type { BertConfig } from "./bert/definition.ts";

// As Hugging Face writes it; what changes no hidden state is there too.
const json = {
  _name_or_path: "some/bert",
  architectures: ["BertForMaskedLM"],
  attention_probs_dropout_prob: 0.2,
  chunk_size_feed_forward: 0,
  classifier_dropout: null,
  gradient_checkpointing: false,
  hidden_act: "gelu",
  hidden_dropout_prob: 0.1,
  hidden_size: 12,
  initializer_range: 0.03,
  intermediate_size: 20,
  is_decoder: false,
  layer_norm_eps: 1e-12,
  max_position_embeddings: 19,
  model_type: "bert",
  num_attention_heads: 3,
  num_hidden_layers: 4,
  pad_token_id: 0,
  position_embedding_type: "absolute",
  pruned_heads: {},
  torch_dtype: "float16",
  transformers_version: "4.8.2",
  type_vocab_size: 2,
  use_cache: true,
  vocab_size: 29,
};

const config: BertConfig = {
  modelType: "bert",
  vocabSize: 29,
  hiddenSize: 12,
  numHiddenLayers: 4,
  numAttentionHeads: 3,
  intermediateSize: 20,
  maxPositionEmbeddings: 19,
  typeVocabSize: 2,
  layerNormEps: 1e-12,
  initializerRange: 0.03,
  hiddenDropoutProb: 0.1,
  attentionProbsDropoutProb: 0.2,
};

describe("encoderConfig", () => {
  it("reads a config.json of Hugging Face", () => {
    expect(encoderConfig(json, "config.json")).toEqual(config);
  });

  it("reads back what encoderConfigJson gives", () => {
    expect(encoderConfig(encoderConfigJson(config), "config.json")).toEqual(config);
  });

  it("uses Hugging Face's defaults for keys that older files lack", () => {
    const { initializer_range: _, position_embedding_type: _p, is_decoder: _d, ...old } = json;
    expect(encoderConfig(old, "config.json")).toEqual({ ...config, initializerRange: 0.02 });
  });

  it.each([
    { key: "model_type", value: "t5" },
    { key: "hidden_act", value: "gelu_new" },
    { key: "hidden_act", value: "relu" },
    { key: "position_embedding_type", value: "relative_key_query" },
    { key: "position_embedding_type", value: "alibi" },
    { key: "is_decoder", value: true },
    { key: "is_encoder_decoder", value: true },
    { key: "add_cross_attention", value: true },
    { key: "pruned_heads", value: { 0: [1] } },
    { key: "auto_map", value: { AutoModel: "modeling.Other" } },
    { key: "quantization_config", value: { bits: 4 } },
    { key: "hidden_size", value: "12" },
    { key: "hidden_size", value: undefined },
    { key: "num_hidden_layers", value: 0 },
    { key: "num_hidden_layers", value: 5e6 },
    { key: "vocab_size", value: 1e12 },
    { key: "hidden_size", value: 1e9 },
    { key: "intermediate_size", value: 2 ** 40 },
    { key: "num_attention_heads", value: 1e7 },
    { key: "max_position_embeddings", value: 1e15 },
    { key: "type_vocab_size", value: 1e8 },
    { key: "layer_norm_eps", value: 0 },
    { key: "hidden_dropout_prob", value: 1 },
  ])("refuses $key $value, naming file and key", ({ key, value }) => {
    const read = () => encoderConfig({ ...json, [key]: value }, "some/config.json");
    expect(read).toThrow(TypeError);
    expect(read).toThrow(`some/config.json: ${key}`);
  });

  it("names the supported value", () => {
    expect(() => encoderConfig({ ...json, hidden_act: "relu" }, "config.json")).toThrow(
      'config.json: hidden_act: only "gelu" is supported: the exact one, by erf, got "relu"',
    );
  });

  it("names every problem at once", () => {
    const bad = { ...json, hidden_act: "relu", vocab_size: -1 };
    expect(() => encoderConfig(bad, "config.json")).toThrow(/vocab_size.*hidden_act/);
  });

  it("refuses heads that do not divide the hidden size", () => {
    const read = () => encoderConfig({ ...json, num_attention_heads: 5 }, "config.json");
    expect(read).toThrow(
      new RangeError("config.json: hidden_size 12 must be a multiple of num_attention_heads 5"),
    );
  });

  it("ignores the classifier's dropout", () => {
    expect(encoderConfig({ ...json, classifier_dropout: 0.4 }, "config.json")).toEqual(config);
  });

  it.each([
    { sentence_transformers: { version: "4.0.1", activation_fn: "torch.nn.Identity" } },
    { sbert_ce_default_activation_function: "torch.nn.modules.linear.Identity" },
    { cell: {}, emb_size: 12, pre_trained: "", structure: [], training: "" },
    { xla_device: true, _num_labels: 3, unsloth_version: "2025.1", unsloth_fixed: true },
    { _attn_implementation: "eager", attn_implementation: "sdpa", _flash_attn_2_enabled: false },
  ])("ignores %o silently", (keys) => {
    const warnings: string[] = [];
    const read = encoderConfig({ ...json, ...keys }, "config.json", (line) => warnings.push(line));
    expect(read).toEqual(config);
    expect(warnings).toEqual([]);
  });

  it("lists unknown keys in one line and reads the rest", () => {
    const warnings: string[] = [];
    const odd = { ...json, my_note: "x", another: 3, nothing: null };
    expect(encoderConfig(odd, "a/config.json", (line) => warnings.push(line))).toEqual(config);
    expect(warnings).toEqual([
      "a/config.json: ignored, on the assumption that they change nothing: my_note, another",
    ]);
  });

  it.each([
    { key: "adapters", value: { adapters: { sst: "houlsby" } } },
    { key: "rope_theta", value: 10000 },
    { key: "num_hidden_groups", value: 1 },
    { key: "embedding_size", value: 6 },
    { key: "head_dim", value: 5 },
    { key: "use_bias", value: false },
    { key: "use_absolute_position", value: false },
    { key: "pre_norm", value: true },
    { key: "norm_type", value: "rms_norm" },
    { key: "max_relative_positions", value: 8 },
    { key: "use_task_id", value: true },
  ])("refuses $key: $value, which changes what is computed", ({ key, value }) => {
    const read = () => encoderConfig({ ...json, [key]: value }, "some/config.json");
    expect(read).toThrow(TypeError);
    expect(read).toThrow(`some/config.json: ${key}: ${JSON.stringify(value)}: not supported`);
  });

  it("accepts the same keys if they are off or state what is always so", () => {
    const off = {
      ...json,
      adapters: { adapters: {}, config_map: {}, fusions: {} },
      embedding_size: 12,
      head_dim: 4,
      max_relative_positions: -1,
      norm_type: "layer_norm",
      pre_norm: false,
      relative_attention: false,
      rope_scaling: null,
      use_bias: true,
      use_task_id: false,
    };
    const warn = (line: string) => expect.unreachable(line);
    expect(encoderConfig(off, "config.json", warn)).toEqual(config);
  });
});

describe("encoderParameters", () => {
  it("lists the parameters of the first layers: 5 of the embeddings and 16 per layer", () => {
    expect(encoderParameters(config)).toHaveLength(5 + 4 * 16);
    const two = encoderParameters(config, 2);
    expect(two).toEqual(encoderParameters(config).slice(0, 5 + 2 * 16));
    expect(two.at(-1)?.name).toBe("encoder.layer.1.output.LayerNorm.bias");
  });

  it("gives each parameter its role", () => {
    const roles = (role: string) =>
      encoderParameters(config, 1)
        .filter((p) => p.role === role)
        .map((p) => p.name);
    expect(roles("embedding").every((n) => n.startsWith("embeddings."))).toBe(true);
    expect(roles("embedding")).toHaveLength(3);
    expect(roles("norm").every((n) => n.includes("LayerNorm"))).toBe(true);
    expect(roles("norm")).toHaveLength(6);
    expect(roles("bias").every((n) => n.endsWith(".bias"))).toBe(true);
    expect(roles("bias")).toHaveLength(6);
    expect(roles("weight").every((n) => n.endsWith(".weight"))).toBe(true);
    expect(roles("weight")).toHaveLength(6);
  });
});

describe("longestText", () => {
  it("is the number of positions, less those up to the padding token's id in RoBERTa", () => {
    expect(longestText(config)).toBe(19);
    const roberta = { ...json, model_type: "xlm-roberta", pad_token_id: 2 };
    expect(longestText(encoderConfig(roberta, "config.json"))).toBe(16);
  });
});
