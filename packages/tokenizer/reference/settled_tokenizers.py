"""What AutoTokenizer makes of a tokenizer.json and the files beside it; the tests read it and need no
Python.

    python -m venv VENV && VENV/bin/pip install transformers==5.24.0 tokenizers==0.23.3
    VENV/bin/python packages/tokenizer/reference/settled_tokenizers.py

Writes settled-tokenizers.jsonl beside itself: a line on how it was made; the texts; a tokenizer.json
of each kind; then a line for each case: which of them, with which of its parts replaced, which files
lie beside it, the ids of each text, and those and the types of the first two as a pair.
"""

import json
import os
import pathlib
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"

import tokenizers
import transformers
from tokenizers import pre_tokenizers
from transformers import AutoTokenizer

HERE = pathlib.Path(__file__).resolve().parent
TEXTS = ["The Café, so good!", "a [ENT] [ent]  the", "日本 [MASK]<mask> good", "[CLS] Good</s>", ""]


def flags(i, content, **more):
    off = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {"id": i, "content": content} | off | more


def definition(added, normalizer, pre_tokenizer, post_processor, model):
    parts = {"normalizer": normalizer, "pre_tokenizer": pre_tokenizer, "post_processor": post_processor}
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added} | parts | {"decoder": None, "model": model}


def bert():
    words = "[PAD] [UNK] [CLS] [SEP] [MASK] the The cafe café Cafe Café , ! so good Good a 日 本 日本 ent [ ]".split()
    lower = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}
    model = {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": {w: i for i, w in enumerate(words)}}
    post = {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}
    return definition([flags(i, w) for i, w in enumerate(words[:5])], lower, {"type": "BertPreTokenizer"}, post, model)


def byte_level(special):
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = ["g o", "o d", "go od", "Ġ good", "Ġ t", "h e"]
    tokens = special + alphabet + ["".join(m.split()) for m in merges]
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "vocab": {t: i for i, t in enumerate(tokens)}, "merges": merges}
    pre = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return definition([flags(i, w) for i, w in enumerate(special)], None, pre, None, model)


def unigram(special, unk, pre_tokenizer):
    pieces = [[t, 0.0] for t in special] + [[p, -2.0 - i / 8] for i, p in enumerate("▁ ▁the ▁good ▁a ▁so good Good , ! [ ] E N T e n t C a f é S K > < s / L P M A".split())]
    model = {"type": "Unigram", "unk_id": unk, "vocab": pieces, "byte_fallback": False}
    return definition([flags(i, w) for i, w in enumerate(special)], None, pre_tokenizer, None, model)


METASPACE = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
FAIRSEQ = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
BASES = {
    "bert": bert(),
    "roberta": byte_level(FAIRSEQ),
    "xlm-roberta": unigram(FAIRSEQ, 3, {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, METASPACE]}),
    "deberta-v2": unigram(["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"], 3, {"type": "Sequence", "pretokenizers": [METASPACE]}),
}
ENT = {"content": "[ENT]", "special": True, "normalized": False, "lstrip": False, "rstrip": False, "single_word": False}
BERT = {"tokenizer_class": "BertTokenizer"}
PLAIN = {"tokenizer_class": "PreTrainedTokenizerFast"}
NAMED = BASES["bert"]["added_tokens"] + [flags(23, "[ENT]", special=False, normalized=True, lstrip=True)]
BYTES = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True}
TEMPLATE = {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 0}}], "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}], "special_tokens": {}}

# Name, base, parts replaced, files beside.
CASES = [
    ("bert as it is", "bert", {}, {"tokenizer_config.json": BERT}),
    ("bert by its model_type", "bert", {"post_processor": None}, {}),
    ("bert cased by its config", "bert", {}, {"tokenizer_config.json": BERT | {"do_lower_case": False}}),
    ("bert that keeps accents", "bert", {}, {"tokenizer_config.json": BERT | {"strip_accents": False}}),
    ("bert cased without accents", "bert", {}, {"tokenizer_config.json": BERT | {"do_lower_case": False, "strip_accents": True}}),
    ("bert that keeps Chinese whole", "bert", {}, {"tokenizer_config.json": BERT | {"tokenize_chinese_chars": False}}),
    ("bert whose template adds nothing", "bert", {"post_processor": TEMPLATE}, {"tokenizer_config.json": {"tokenizer_class": "BertTokenizerFast"}}),
    ("bert with another cls_token", "bert", {}, {"tokenizer_config.json": BERT, "special_tokens_map.json": {"cls_token": "[MASK]"}}),
    ("bert with a decoder", "bert", {}, {"tokenizer_config.json": BERT | {"added_tokens_decoder": {"23": ENT}}}),
    ("bert whose decoder leaves out a token", "bert", {"added_tokens": NAMED}, {"tokenizer_config.json": BERT | {"added_tokens_decoder": {"2": ENT | {"content": "[CLS]"}}}}),
    ("bert with a token of its own", "bert", {"added_tokens": NAMED}, {"tokenizer_config.json": BERT}),
    ("bert with added_tokens.json", "bert", {}, {"tokenizer_config.json": BERT, "added_tokens.json": {"[ENT]": 23}}),
    ("bert with additional tokens", "bert", {}, {"tokenizer_config.json": BERT | {"additional_special_tokens": ["[ENT]"]}}),
    ("bert with extra tokens", "bert", {}, {"tokenizer_config.json": BERT | {"extra_special_tokens": {"entity_token": "[ENT]"}}}),
    ("bert with a token for a purpose of its own", "bert", {}, {"tokenizer_config.json": BERT | {"entity_token": "[ENT]"}}),
    ("no class ignores the flags", "bert", {}, {"tokenizer_config.json": PLAIN | {"do_lower_case": False, "strip_accents": False}}),
    ("no class adds tokens", "bert", {}, {"tokenizer_config.json": PLAIN | {"additional_special_tokens": ["[ENT]"]}}),
    ("no class adds a decoder's tokens", "bert", {}, {"tokenizer_config.json": PLAIN | {"added_tokens_decoder": {"23": {"content": "[ENT]"}}}}),
    ("no class, named by config.json", "bert", {}, {"config.json": {"model_type": "bert"} | PLAIN}),
    ("roberta without a post-processor", "roberta", {}, {"tokenizer_config.json": {"tokenizer_class": "RobertaTokenizerFast"}}),
    ("roberta by its model_type", "roberta", {"post_processor": BYTES}, {}),
    ("roberta with a blank before", "roberta", {}, {"tokenizer_config.json": {"tokenizer_class": "RobertaTokenizer", "add_prefix_space": True}}),
    ("xlm-roberta without a post-processor", "xlm-roberta", {}, {"tokenizer_config.json": {"tokenizer_class": "XLMRobertaTokenizer"}}),
    ("xlm-roberta without a blank before", "xlm-roberta", {}, {"tokenizer_config.json": {"tokenizer_class": "XLMRobertaTokenizer", "add_prefix_space": False}}),
    ("deberta-v2 without a post-processor", "deberta-v2", {}, {}),
    ("deberta-v2 in lower case, split at punctuation", "deberta-v2", {}, {"tokenizer_config.json": {"tokenizer_class": "DebertaV2Tokenizer", "do_lower_case": True, "split_by_punct": True}}),
    ("deberta-v2 without a blank before", "deberta-v2", {}, {"tokenizer_config.json": {"add_prefix_space": False}}),
]  # fmt: skip


def main():
    cases = []
    for name, base, parts, files in CASES:
        with tempfile.TemporaryDirectory() as folder:
            beside = {"config.json": {"model_type": base}} | files
            for file, content in ({"tokenizer.json": BASES[base] | parts} | beside).items():
                (pathlib.Path(folder) / file).write_text(json.dumps(content), encoding="utf-8")
            tokenizer = AutoTokenizer.from_pretrained(folder)
            pair = tokenizer(TEXTS[0], TEXTS[1], return_token_type_ids=True)
        ids = [tokenizer(text)["input_ids"] for text in TEXTS]
        print(name, type(tokenizer).__name__, ids)
        cases.append({"name": name, "base": base, "parts": parts, "files": beside, "ids": ids, "pair": [pair["input_ids"], pair["token_type_ids"]]})
    versions = {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__}
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in [versions, TEXTS, BASES, *cases])
    (HERE / "settled-tokenizers.jsonl").write_text(text, encoding="utf-8")


main()
