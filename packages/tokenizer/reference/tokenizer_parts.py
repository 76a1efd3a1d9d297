"""What each part that a tokenizer.json may have makes of some texts, by Hugging Face tokenizers; the
tests read it and need no Python.

    python -m venv VENV && VENV/bin/pip install tokenizers==0.23.3
    VENV/bin/python packages/tokenizer/reference/tokenizer_parts.py

Writes tokenizer-parts.jsonl beside itself: a line on how it was made; the texts; then a line for
each part, with what it makes of each text, or for each whole tokenizer, with the ids and types of
each text, and of each with the next.
"""

import json
import pathlib

import tokenizers

HERE = pathlib.Path(__file__).resolve().parent

TEXTS = [
    "", " ", "Hello,  world!", "  two  blanks  ", "a-b--c_d", "tab\tnew\n\nline\r\n", "it's 10:30, 5% of $2,000",
    "Crème Brûlée ÀÉÎ", "e\u0301 a\u030a \u1e9b\u0323", "ΟΔΟΣ ΑΓΆΠΗΣ Σ", "İstanbul ıI ﬁne ½ ² Ⅷ ①", "日本語 中文 한국어", "𠀀𪜀 x𫝀y",
    "हिन्दी ไทย עברית العربية", "👍🏽 👨‍👩‍👧 🇩🇪 1️⃣", "zero\u200bwidth\u00adsoft\u00a0nbsp\ufeffbom\u2028line\u0085nel", "\u0001 \ufffd \u0000 \ue000",
    "Ｆｕｌｌ，ｗｉｄｔｈ　！", "¿Qué? «oui» “quotes” ‘so’ …", "x+y=z^2 ~ `code` $a", "▁under▁▁score ▁", "abc123def45", "--", "I'll we've they're 'S",
    "[X] a[X]b [X][X] <one> xone one  one.", "ONE  <Two>  two", "unaffable", "aaaaaaaaaaaa bb", "qqqq q", "\u1734\u08d3\u0c3c ᬏ ᭎",
]  # fmt: skip

SPLIT = ("removed", "isolated", "contiguous", "merged_with_previous", "merged_with_next")
GPT4 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"

# Of published tokenizers, and of each thing that a pattern may have.
PATTERNS = (
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[一-龥\u0800-一가-퟿]+",
    r" ?[^(\s|[.,!?…。，、।۔،])]+",
    r"\d{1,3}(?=(?:\d{3})*\b)", r"(?<=[a-z])[A-Z]|(?<![\w ])\w", r"\b\w{2,4}?\b|\B.\B", r"^\S+|\S+$|\A.|.\z",
    r"(?>[a-z]+)\d|(?i)HEL|w", r"[[:alpha:]&&[^aeiou]]+|[[:punct:]]|[^[:^space:]]", r"\h+|\p{Han}|\p{^L}\P{L}", r"a{,2}b|[]x]|\x{1F44D}|\u00e9", r"x*", r"(?:ab?|c)*?[0-9]", r"\w+|[^\w\s]+",
)  # fmt: skip


def normalizers():
    n = tokenizers.normalizers
    for options in ({}, {"lowercase": False}, {"strip_accents": False}, {"lowercase": False, "strip_accents": True}, {"clean_text": False}, {"handle_chinese_chars": False}):
        yield n.BertNormalizer(**options)
    yield from (n.Lowercase(), n.StripAccents(), n.NFC(), n.NFD(), n.NFKC(), n.NFKD(), n.Prepend("▁"))
    yield from (n.Strip(left=left, right=right) for left, right in ((True, True), (True, False), (False, True)))
    yield n.Replace(tokenizers.Regex(" {2,}"), " ")
    yield n.Replace(tokenizers.Regex(r"\s{2,}|[\n\r\t]"), " ")
    yield n.Replace("a", "$&")
    yield n.Replace(tokenizers.Regex("x*"), "-")
    yield n.Replace("", "-")
    yield n.Sequence([n.Replace("``", '"'), n.NFKD(), n.StripAccents(), n.Lowercase()])


def pre_tokenizers():
    p = tokenizers.pre_tokenizers
    yield from (p.BertPreTokenizer(), p.Whitespace(), p.WhitespaceSplit())
    yield from (p.ByteLevel(add_prefix_space=a, use_regex=r) for a in (True, False) for r in (True, False))
    yield from (p.Metaspace(prepend_scheme=s, split=split) for s in ("always", "first", "never") for split in (True, False))
    yield from (p.Punctuation(behavior=b) for b in SPLIT)
    yield from (p.Digits(individual_digits=i) for i in (True, False))
    for pattern in (tokenizers.Regex(r"\d+|-"), "-"):
        yield from (p.Split(pattern, behavior=b, invert=i) for b in SPLIT for i in (False, True))
    yield from (p.Split(tokenizers.Regex(pattern), behavior="isolated") for pattern in PATTERNS)
    yield from (p.FixedLength(length=3), p.CharDelimiterSplit("e"))
    yield p.Split(" ", behavior="merged_with_previous")
    yield p.Sequence([p.Split(tokenizers.Regex(GPT4), behavior="isolated"), p.ByteLevel(add_prefix_space=False, use_regex=False)])
    yield p.Sequence([p.WhitespaceSplit(), p.Metaspace(prepend_scheme="first")])
    yield p.Sequence([p.Whitespace(), p.Punctuation()])


def token(i, content, **flags):
    off = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {"id": i, "content": content} | off | flags


ADDED = [
    token(0, "[X]"),
    token(40, "<one>", lstrip=True),
    token(41, "one", single_word=True, special=False, normalized=True),
    token(42, "<Two>", rstrip=True, special=False, normalized=True),
    token(43, "[X][X]"),
]
CLS, SEP = ["[CLS]", 1], ["[SEP]", 2]
ALPHABET = [*"abcdefghijklmnopqrstuvwxyz"]


def word_piece(**model):
    vocab = ["[X]", "[CLS]", "[SEP]", "[UNK]", "un", "##aff", "##able", "a", "##a", "##aa", "q", "two", "hello", ",", "ten", "##t"]
    return {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 10, "vocab": {t: i for i, t in enumerate(vocab)}} | model


def bpe(**model):
    vocab = ["[X]", "[CLS]", "[SEP]", "<unk>", *ALPHABET[:16], "aa", "aaaa", "he", "ll", "hell", "hello", "▁", "▁h"]
    merges = ["a a", "h e", "l l", "he ll", "aa aa", "hell o", "▁ h"]
    return {"type": "BPE", "unk_token": "<unk>", "fuse_unk": True, "byte_fallback": False, "ignore_merges": False, "dropout": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "vocab": {t: i for i, t in enumerate(vocab)}, "merges": merges} | model


def unigram(**model):
    vocab = [["[X]", 0.0], ["[CLS]", 0.0], ["[SEP]", 0.0], ["<unk>", 0.0], ["▁", -2.5], ["a", -3.25], ["aa", -6.5], ["aaa", -9.0], ["▁a", -5.75], ["▁hello", -8.0], ["hell", -7.0], ["o", -4.0], ["é", -6.0], ["b", -4.5], ["bb", -9.0]]
    if model.get("byte_fallback"):
        vocab += [[f"<0x{b:02X}>", -9.5] for b in range(256)]
    return {"type": "Unigram", "unk_id": 3, "byte_fallback": False, "vocab": vocab} | model


def template(pair):
    parts = {"[CLS]": ("SpecialToken", "[CLS]"), "[SEP]": ("SpecialToken", "[SEP]"), "A": ("Sequence", "A"), "B": ("Sequence", "B")}
    side = lambda text: [{parts[p][0]: {"id": p, "type_id": int(t)}} for p, t in (w.split(":") for w in text.split())]
    special = {t: {"id": t, "ids": [i], "tokens": [t]} for t, i in (CLS, SEP)}
    return {"type": "TemplateProcessing", "single": side("[CLS]:0 A:0 [SEP]:0"), "pair": side(pair), "special_tokens": special}


BERT = {"type": "BertProcessing", "sep": SEP, "cls": CLS}
ROBERTA = {"type": "RobertaProcessing", "sep": SEP, "cls": CLS, "trim_offsets": True, "add_prefix_space": False}
BYTES = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True}
METASPACE = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True}
LOWER = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}


def definitions():
    bert = {"type": "BertPreTokenizer"}
    yield word_piece(), LOWER, bert, BERT
    yield word_piece(max_input_chars_per_word=4), None, bert, template("[CLS]:0 A:0 [SEP]:2 B:3 [SEP]:1")
    yield bpe(), {"type": "Lowercase"}, METASPACE, ROBERTA
    yield bpe(fuse_unk=False), None, {"type": "WhitespaceSplit"}, {"type": "Sequence", "processors": [BYTES, template("[SEP]:1 B:1 [CLS]:0 A:0")]}
    yield bpe(unk_token=None), None, {"type": "Whitespace"}, None
    yield bpe(ignore_merges=True), {"type": "Lowercase"}, None, BYTES
    yield unigram(), None, METASPACE, {"type": "Sequence", "processors": [BYTES]}
    yield unigram(byte_fallback=True), {"type": "Prepend", "prepend": "▁"}, None, BERT
    yield unigram(), {"type": "Lowercase"}, {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, METASPACE]}, None


def main():
    lines = [{"tokenizers": tokenizers.__version__}, TEXTS]
    wrapped = tokenizers.Tokenizer(tokenizers.models.BPE())
    for n in normalizers():
        wrapped.normalizer = n
        config = json.loads(wrapped.to_str())["normalizer"]
        lines.append({"normalizer": config, "texts": [n.normalize_str(t) for t in TEXTS]})
    for p in pre_tokenizers():
        wrapped.pre_tokenizer = p
        config = json.loads(wrapped.to_str())["pre_tokenizer"]
        words = [[w for w, _ in p.pre_tokenize_str(t)] for t in TEXTS]
        lines.append({"pre_tokenizer": config, "words": words})
    for model, normalizer, pre_tokenizer, post_processor in definitions():
        definition = {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": ADDED,
            "normalizer": normalizer,
            "pre_tokenizer": pre_tokenizer,
            "post_processor": post_processor,
            "decoder": None,
            "model": model,
        }
        # What follows the vocabulary has the ids that follow it.
        size = len(model["vocab"])
        for i, t in enumerate(ADDED[1:]):
            t["id"] = size + i
        tokenizer = tokenizers.Tokenizer.from_str(json.dumps(definition))
        assert json.loads(tokenizer.to_str())["added_tokens"] == ADDED
        encodings = []
        for i, t in enumerate(TEXTS):
            one, two = tokenizer.encode(t), tokenizer.encode(t, TEXTS[(i + 1) % len(TEXTS)])
            encodings.append([one.ids, one.type_ids, two.ids, two.type_ids])
        lines.append({"definition": json.loads(json.dumps(definition)), "encodings": encodings})
    text = "".join(json.dumps(line, ensure_ascii=True, separators=(",", ":")) + "\n" for line in lines)
    (HERE / "tokenizer-parts.jsonl").write_text(text, encoding="utf-8")


main()
