import { parse } from "@sweetspot/artifact";
import type { z } from "zod";

/** Keys that change no hidden state: names, versions, token ids, what generation and the task's head use. */
const harmless = new Set(
  (
    "_name_or_path _commit_hash _attn_implementation _attn_implementation_autoset _attn_implementation_internal _flash_attn_2_enabled attn_implementation _experts_implementation architectures model_type transformers_version torch_dtype dtype unsloth_fixed unsloth_version xla_device " +
    "id2label label2id num_labels _num_labels problem_type finetuning_task task_specific_params tokenizer_class processor_class prefix language name_or_path license tags " +
    "bos_token_id eos_token_id pad_token_id cls_token_id sep_token_id mask_token_id unk_token_id decoder_start_token_id forced_bos_token_id forced_eos_token_id begin_suppress_tokens suppress_tokens bad_words_ids " +
    "use_cache output_past output_attentions output_hidden_states output_scores return_dict return_dict_in_generate torchscript gradient_checkpointing use_bfloat16 tf_legacy_loss tie_word_embeddings tie_encoder_decoder " +
    "chunk_size_feed_forward cross_attention_hidden_size max_length min_length do_sample early_stopping num_beams num_beam_groups diversity_penalty temperature top_k top_p typical_p repetition_penalty length_penalty no_repeat_ngram_size encoder_no_repeat_ngram_size num_return_sequences exponential_decay_length_penalty remove_invalid_values " +
    "directionality classifier_dropout cls_dropout pooler_fc_size pooler_num_attention_heads pooler_num_fc_layers pooler_size_per_head pooler_type summary_activation summary_first_dropout summary_proj_to_labels summary_type summary_use_proj legacy padding_idx initializer_factor model_max_length " +
    // Written by sentence-transformers, TinyBERT and this project.
    "sentence_transformers sbert_ce_default_activation_function cell emb_size pre_trained structure training exit_layers pooling operating_points exit_temperatures transformers.js_config"
  ).split(" "),
);

/**
 * Keys that these encoders do not have in transformers, but related models and forks do. Switched on, they
 * change what is computed with weights of the same names and shapes.
 */
const changing = new Set(
  // Positions.
  (
    "alibi alibi_starting_size position_buckets relative_attention relative_attention_num_buckets relative_attention_max_distance max_relative_position max_relative_positions pos_att_type norm_rel_ebd use_relative_position use_relative_positions use_rotary rotary_value rotary_emb_base rotary_emb_fraction rope_theta rope_scaling rope_parameters emb_layer_norm_before token_dropout use_task_id embedding_scale scale_embedding " +
    // Attention.
    "attention_type attention_window attention_mode sliding_window local_attention global_attn_every_n_layers talking_head use_qk_norm qk_norm query_key_norm softmax_scale attention_scale logit_softcapping attn_logit_softcapping conv_kernel_size head_ratio num_groups is_causal use_causal_mask " +
    // Layers.
    "pre_norm prenorm pre_layernorm normalize_before use_pre_layer_norm layer_norm_type norm_type normalization_type rms_norm_eps deepnorm residual_scale layer_scale hidden_activation activation_function feed_forward_type mlp_type glu use_glu use_bottleneck trigram_input true_hidden_size intra_bottleneck_size bottleneck_size num_feedforward_networks num_experts num_local_experts moe " +
    // Layers that share weights, or have more than their own.
    "share_parameters share_layers shared_layers layer_sharing cross_layer_sharing num_hidden_groups inner_group_num num_layer_groups recurrent_layers adapters adapter adapter_config adapter_fusion adapter_reduction_factor peft_config lora_config compression_config quantization quant_method"
  ).split(" "),
);

/** Keys that change nothing if they have the value that the encoder always has. */
const inert: Readonly<Record<string, (c: Sizes) => readonly unknown[]>> = {
  embedding_size: (c) => [c.hidden_size],
  input_embedding_size: (c) => [c.hidden_size],
  attention_head_size: (c) => [c.hidden_size / c.num_attention_heads],
  head_dim: (c) => [c.hidden_size / c.num_attention_heads],
  num_key_value_heads: (c) => [c.num_attention_heads],
  use_absolute_position: () => [true],
  use_absolute_positions: () => [true],
  use_bias: () => [true],
  attention_bias: () => [true],
  is_encoder: () => [true],
  hidden_activation: () => ["gelu"],
  activation_function: () => ["gelu"],
  attention_type: () => ["original_full", "full"],
  norm_type: () => ["layer_norm", "layernorm", "LayerNorm"],
  layer_norm_type: () => ["layer_norm", "layernorm", "post"],
  max_relative_positions: () => [-1],
  position_buckets: () => [-1],
  norm_rel_ebd: () => ["none"],
};

interface Sizes {
  hidden_size: number;
  num_attention_heads: number;
}

/**
 * Reads a `config.json` by its schema, and checks the keys that the schema lacks. A key known to change the
 * numbers is refused unless it is off, one known not to is ignored, and all others are listed in one warning.
 *
 * @param json the file's content
 * @param where the file's path
 * @param warn called with one line if there are unknown keys
 * @throws TypeError that names the keys and their values
 */
export function readKeys<C extends Sizes>(
  schema: z.ZodType<C> & { shape: object },
  json: object,
  where: string,
  warn: (line: string) => void,
): C {
  const sizes = parse(schema, json, where);
  const isRead = (key: string) => Object.hasOwn(schema.shape, key) || harmless.has(key);
  const others = Object.entries(json).filter(([key]) => !isRead(key));
  const decided = ([key]: [string, unknown]) => changing.has(key) || Object.hasOwn(inert, key);
  const refused = others
    .filter(decided)
    .filter(
      ([key, value]) =>
        !(changing.has(key) && isOff(value)) &&
        value !== null &&
        !(Object.hasOwn(inert, key) && inert[key]?.(sizes).includes(value)),
    )
    .map(([key, value]) => `${key}: ${JSON.stringify(value)?.slice(0, 80)}`);
  if (refused.length > 0)
    throw new TypeError(
      `${where}: ${first(refused)}: not supported, because it changes what the encoder computes; use a checkpoint without it`,
    );
  const unknown = others.filter((entry) => !decided(entry) && entry[1] !== null);
  if (unknown.length > 0)
    warn(
      `${where}: ignored, on the assumption that they change nothing: ${first(unknown.map(([key]) => key.slice(0, 80)))}`,
    );
  return sizes;
}

function first(keys: readonly string[]): string {
  const shown = 20;
  const rest = keys.length - shown;
  return keys.slice(0, shown).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** Whether a value means off: false, 0, nothing, "none", or an object of only such values. */
function isOff(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null)
    return [false, 0, null, undefined, "", "none"].includes(value as never);
  return depth < 4 && Object.values(value).every((inner) => isOff(inner, depth + 1));
}
