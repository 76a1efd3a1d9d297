"""The classes of characters that Hugging Face tokenizers go by, each of its own Unicode version;
found by asking the library about every code point.

    python -m venv VENV && VENV/bin/pip install tokenizers==0.23.3
    VENV/bin/python packages/tokenizer/reference/unicode_tables.py && npx oxfmt

Writes ../src/patterns/unicode-tables.ts. Takes a minute, and asks node for its own normal forms, to know
which characters those of the library do not know yet.
"""

import json
import pathlib
import subprocess

import tokenizers
from tokenizers import normalizers, pre_tokenizers

HERE = pathlib.Path(__file__).resolve().parent
CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
FORMS = ("NFC", "NFD", "NFKC", "NFKD")
MARKS = ("\u0334", "\u0316", "\u0300", "\u0345")

# Prints, in order of code points, whether what follows has a normal form beyond itself.
NODE = """
const probes = (s, marks) => [s, ...marks.flatMap((m) => ['a' + s + m, 'a' + m + s])];
const out = [];
for (let c = 0; c < 0x110000; c++) {
  if (c >= 0xd800 && c < 0xe000) continue;
  const s = String.fromCodePoint(c);
  const all = probes(s, MARKS).map((p) => p.normalize('NFD')).concat(FORMS.map((f) => s.normalize(f)));
  const plain = probes(s, MARKS).concat(FORMS.map(() => s));
  if (all.join('|') !== plain.join('|')) out.push([c, all]);
}
console.log(JSON.stringify(out));
"""


def bert(**options):
    off = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}
    return normalizers.BertNormalizer(**(off | options)).normalize_str


def where(test):
    return [c for c in CODE_POINTS if test(chr(c))]


def unnormalized():
    code = NODE.replace("MARKS", json.dumps(MARKS)).replace("FORMS", json.dumps(FORMS))
    out = subprocess.run(["node", "-e", code], capture_output=True, check=True, text=True).stdout
    forms = {form: getattr(normalizers, form)().normalize_str for form in FORMS}
    found = []
    for c, theirs in json.loads(out):
        s = chr(c)
        probes = [s, *(p for m in MARKS for p in ("a" + s + m, "a" + m + s))]
        if [*map(forms["NFD"], probes), *(forms[f](s) for f in FORMS)] != theirs:
            # And what it is composed of: new with it, or it would not be composed.
            found += {c, ord(theirs[0][0])}
    return sorted(set(found))


def packed(code_points):
    """`GAP` or `GAP+MORE` in base 36 for each range: how far behind the last, how much longer than 1."""
    ranges = []
    for c in code_points:
        if ranges and ranges[-1][1] == c - 1:
            ranges[-1][1] = c
        else:
            ranges.append([c, c])
    out, last = [], 0
    for first, end in ranges:
        out.append(base36(first - last) + (f"+{base36(end - first)}" if end > first else ""))
        last = end
    return " ".join(out)


def base36(n):
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    return digits[n] if n < 36 else base36(n // 36) + digits[n % 36]


def main():
    clean = bert(clean_text=True)
    cjk = bert(handle_chinese_chars=True)
    accents = bert(strip_accents=True)
    strip_accents = normalizers.StripAccents().normalize_str
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str
    letters = {*map(chr, where(lambda c: len(byte_level("a" + c + "b")) == 1))}
    tables = {
        "control": ("What BertNormalizer's `clean_text` drops.", where(lambda c: clean(c) == "")),
        "ideograph": ("What `handle_chinese_chars` puts blanks around.", where(lambda c: cjk(c) != c)),
        "nonspacingMark": ("What BertNormalizer's `strip_accents` drops.", where(lambda c: accents("a" + c) == "a")),
        "combiningMark": ("What StripAccents drops.", where(lambda c: strip_accents("a" + c) == "a")),
        "punctuation": ("What BertPreTokenizer and Punctuation split at.", where(lambda c: len(split("a" + c + "b")) == 3)),
        "letter": ("ByteLevel's `\\\\p{L}`.", sorted(map(ord, letters))),
        "number": ("ByteLevel's `\\\\p{N}`.", where(lambda c: c not in letters and len(byte_level("1" + c + "1")) == 1)),
        "unnormalized": ("What has a normal form in Unicode 17 and none in the library's.", unnormalized()),
    }  # fmt: skip
    lines = [
        f"// Made by reference/unicode_tables.py with Hugging Face tokenizers {tokenizers.__version__}.",
        "// Ranges of code points: `GAP` or `GAP+MORE` in base 36, how far behind the last and how much longer than 1.",
        "",
    ]
    for name, (what, code_points) in tables.items():
        lines += [f"/** {what} */".replace("\\\\", "\\"), f'export const {name} =\n  "{packed(code_points)}";', ""]
        print(name, len(code_points))
    file = HERE.parent / "src/patterns/unicode-tables.ts"
    file.write_text("\n".join(lines), encoding="utf-8")


main()
