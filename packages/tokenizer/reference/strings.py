"""The strings that tokenizers are held together on: 2,000, of the world's scripts and of what breaks
tokenizers. The same seed and the same node_modules give the same file.

    npm ci && python3 packages/tokenizer/reference/strings.py

Writes strings.jsonl beside itself, a JSON string a line. Half of a surrogate pair is kept as it is;
see train_tokenizers.py for what Hugging Face tokenizers are given in its place.
"""

import json
import pathlib
import random
import re
import unicodedata

HERE = pathlib.Path(__file__).resolve().parent
LOCALES = HERE.parent.parent.parent / "node_modules/zod/v4/locales"
SEED = 20260
COUNT = 2000

# First and last code point of blocks, old and new, some with unassigned places.
BLOCKS = {
    "Latin-1": (0xA1, 0xFF), "Latin Extended": (0x100, 0x24F), "IPA": (0x250, 0x2FF),
    "Greek": (0x370, 0x3FF), "Cyrillic": (0x400, 0x52F), "Armenian": (0x531, 0x58F),
    "Hebrew": (0x591, 0x5F4), "Arabic": (0x600, 0x6FF), "Syriac": (0x700, 0x74F),
    "Thaana": (0x780, 0x7B1), "NKo": (0x7C0, 0x7FF), "Arabic Extended": (0x870, 0x8FF),
    "Devanagari": (0x900, 0x97F), "Bengali": (0x980, 0x9FE), "Gurmukhi": (0xA01, 0xA76),
    "Gujarati": (0xA81, 0xAFF), "Odia": (0xB01, 0xB77), "Tamil": (0xB82, 0xBFA),
    "Telugu": (0xC00, 0xC7F), "Kannada": (0xC80, 0xCF3), "Malayalam": (0xD00, 0xD7F),
    "Sinhala": (0xD81, 0xDF4), "Thai": (0xE01, 0xE5B), "Lao": (0xE81, 0xEDF),
    "Tibetan": (0xF00, 0xFDA), "Myanmar": (0x1000, 0x109F), "Georgian": (0x10A0, 0x10FF),
    "Hangul Jamo": (0x1100, 0x11FF), "Ethiopic": (0x1200, 0x137C), "Cherokee": (0x13A0, 0x13FD),
    "Canadian": (0x1400, 0x167F), "Ogham": (0x1680, 0x169C), "Runic": (0x16A0, 0x16F8),
    "Khmer": (0x1780, 0x17F9), "Mongolian": (0x1800, 0x18AA), "Tai Le": (0x1950, 0x1974),
    "Balinese": (0x1B00, 0x1B7F), "Vedic": (0x1CD0, 0x1CFA), "Phonetic": (0x1D00, 0x1DBF),
    "Greek Extended": (0x1F00, 0x1FFE), "Punctuation": (0x2000, 0x206F),
    "Superscripts": (0x2070, 0x209C), "Currency": (0x20A0, 0x20C0), "Letterlike": (0x2100, 0x214F),
    "Number Forms": (0x2150, 0x218B), "Arrows and maths": (0x2190, 0x22FF),
    "Enclosed": (0x2460, 0x24FF), "Boxes": (0x2500, 0x27BF), "Glagolitic": (0x2C00, 0x2C5F),
    "Coptic": (0x2C80, 0x2CFF), "Tifinagh": (0x2D30, 0x2D7F), "More punctuation": (0x2E00, 0x2E5D),
    "CJK symbols": (0x3000, 0x303F), "Hiragana": (0x3041, 0x309F), "Katakana": (0x30A0, 0x30FF),
    "Bopomofo": (0x3105, 0x312F), "CJK compatibility": (0x3200, 0x33FF),
    "CJK Extension A": (0x3400, 0x4DBF), "CJK": (0x4E00, 0x9FFF), "Yi": (0xA000, 0xA48C),
    "Vai": (0xA500, 0xA62B), "Latin Extended D": (0xA720, 0xA7FF), "Javanese": (0xA980, 0xA9DF),
    "Cham": (0xAA00, 0xAA5F), "Meetei Mayek": (0xABC0, 0xABF9), "Hangul": (0xAC00, 0xD7A3),
    "CJK compatibility ideographs": (0xF900, 0xFAD9), "Ligatures": (0xFB00, 0xFB4F),
    "Arabic forms": (0xFB50, 0xFEFC), "Full-width": (0xFF01, 0xFFEE), "Gothic": (0x10330, 0x1034A),
    "Deseret": (0x10400, 0x1044F), "Todhri": (0x105C0, 0x105F3), "Garay": (0x10D40, 0x10D8F),
    "Sogdian": (0x10F30, 0x10F59), "Brahmi": (0x11000, 0x1107F), "Tulu": (0x11380, 0x113E2),
    "Newa": (0x11400, 0x11461), "Dives Akuru": (0x11900, 0x11959), "Cuneiform": (0x12000, 0x12399),
    "Hieroglyphs": (0x13000, 0x1345F), "Kirat Rai": (0x16D40, 0x16D79), "Adlam": (0x1E900, 0x1E95F),
    "Mathematical": (0x1D400, 0x1D7FF), "Enclosed supplement": (0x1F100, 0x1F2FF),
    "CJK Extension B": (0x20000, 0x2A6DF), "CJK Extension C": (0x2A700, 0x2B739),
    "CJK Extension E": (0x2B820, 0x2CEA1), "CJK Extension G": (0x30000, 0x3134A),
    "Private": (0xE000, 0xE0FF),
}  # fmt: skip

ENGLISH = """Good case, Excellent value. | Wow...  Loved\tthis\nplace!! | I'd say it's so-so; isn't it?
They'll've gone, we're late & she'd said "don't" | (e.g. $4.99/unit @ 50% off) | 10/10, “would” eat again…
https://example.org/a?b=c&d=%20#e | mail me@example.com | C++ & C# > Java, f(x) = x^2; a[i] += 1
Not worth it!!!!!!!! | so goooooood | 3.14159 2,000,000 1e-5 0x1F | HELLO World hELLO | naïve café Zoë’s façade
snake_case kebab-case camelCase | #hashtag @mention | 'quoted' ''twice'' `code` | -- – — ― - | ... … .. .
O’Reilly and O'Reilly | rock 'n' roll | 1st 2nd 3rd 4th | 50€ £20 ¥300 ₹40 | 20°C ±5 µm Ω | ©®™ ½ ¼ ² ³ ª º
a/b\\c | <b>bold</b> &amp; | {"k": [1, 2]} | a\u0020\u0020b | MiniLM tokenizes unaffable electroencephalographically
Straße ΑΓΆΠΗΣ ΣΊΣΥΦΟΣ İstanbul ıI ﬁne ǅ ŉ ẞ ǰ | Ελληνικός ΟΔΟΣ Σ ΑΣ. | Việt Nam Tiếng Việt phở | Ångström ÅNGSTRÖM"""

PARTS = "the a movie food service phone battery plot acting quality price was is were not very really too never always good bad great terrible awful fine love hate like waste recommend would could it's don't I we they and but because so , . ! ? ; : - ( ) \" 5 10 100% $20 2019".split()

EMOJI = ["😀", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🏴‍☠️", "🇩🇪", "🇯🇵🇫🇷", "🇺", "❤️", "❤", "1️⃣", "#️⃣", "👩🏿‍🚀", "🧑🏻‍❤️‍💋‍🧑🏾", "☕", "☕️", "☕︎",
    "🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F", "👋🏻👋🏼👋🏽👋🏾👋🏿", "🏽", "\u200d", "\ufe0f", "🥹", "🫠", "🫨", "🫩", "♀️", "🀄", "🃏", "㊗️", "Ⓜ️", "‼️", "⁉"]  # fmt: skip

MARKS = [*map(chr, range(0x300, 0x345)), "\u0345", "\u0360", "\u0489", "\u0591", "\u05b0", "\u064b", "\u0670", "\u093c", "\u094d", "\u09be", "\u0e31", "\u0f71", "\u1ab0", "\u1dc4", "\u20d0", "\u20dd", "\u3099", "\u309a", "\u302a", "\ufe20", "\U0001d165", "\u08d3", "\u1df6", "\u1ac1", "\u0c3c", "\u1734"]  # fmt: skip
BASES = [*"aeiouAEIOUcnsyzÅéñüčø", "α", "Ω", "и", "й", "ё", "か", "ハ", "ﾊ", "क", "ড", "א", "ا", "가", "ᄀ", "ก", "ﬁ", "ẛ", "ự", "ǖ", "Ḉ", "K", "1", "½", "①", " ", "-", "▁"]

CONTROLS = [*map(chr, range(0, 0x21)), *map(chr, range(0x7F, 0xA1)), "\u00ad", "\u034f", "\u061c", "\u115f", "\u1160", "\u1680", "\u17b4", "\u180e", "\u180b", *map(chr, range(0x2000, 0x2010)), *map(chr, range(0x2028, 0x2030)), *map(chr, range(0x205F, 0x2070)), "\u3000", "\u3164", "\ufeff", "\uffa0", "\ufff9", "\ufffb", "\ufffc", "\ufffd", "\ufffe", "\uffff", "\U000e0001", "\U000e0020", "\U000e0100", "\U0001fffe", "\U0010ffff", "\U0001d173", "\u0600", "\u06dd", "\u070f", "\u0890", "\u08e2", "\U000110bd", "\U000110cd", "\U00013430"]  # fmt: skip

COMPATIBLE = "Ｆｕｌｌ ｗｉｄｔｈ，１２３！？～〜|ｶﾞｷﾞｸﾞ ﾊﾟﾋﾟ ﾌﾟ ﾞ|ﬀ ﬁ ﬂ ﬃ ﬄ ﬅ ﬆ ĳ ŀ ŉ ǆ ǈ|x² y³ H₂O ªº ⁿ ₙ|① ⑩ ⒈ ⒜ Ⓐ ㊀ ㋿ 🄰 🅱|½ ⅓ ⅞ ⅐ ↉ Ⅷ ⅻ|㎏ ㏄ ㍿ ㌔ ㋀ ㏠|ℂ ℍ № ℡ ™ Å Ω K ℵ|𝐁𝐨𝐥𝐝 𝓢𝓬𝓻 𝟘𝟙𝟚 𝕏|ﷺ ﷲ ﻻ ﻼ ﹰ ﹱ|豈 更 車 賈 滑 串|⼀ ⼁ ⺟ ⻳|‥ … ‼ ⁇ ⁈ ″ ‴ ⁗|︰ ﹐ ﹑ ﹔ ﹕ ﹖ ︵ ︶|￠ ￡ ￥ ￦ ￨ ￩|〱 〲 ゟ ヿ 〿|ﾡ ﾾ ￂ ￜ|´ ¨ ¯ ¸ ˘ ˙ ͺ ΄ ᾽ ῀|ſ ẛ ẛ̣ ϐ ϑ ϒ ϓ ϕ ϖ".split("|")  # fmt: skip

SPECIAL = ["[MASK]", "[CLS]", "[SEP]", "[PAD]", "[UNK]", "<s>", "</s>", "<pad>", "<unk>", "<mask>", "[mask]", "[ MASK ]", "<S>", "[MASK", "MASK]", "<<s>>", "</s", "▁", "▁▁", "##ing", "##", "Ġ", "Ċ", "[MASK][MASK]", "<0x41>", "__proto__", "constructor", "<|endoftext|>", "［MASK］", "＜s＞"]  # fmt: skip


def messages():
    """The messages of zod's translations: some fifty languages."""
    found = []
    for file in sorted(LOCALES.glob("*.js")):
        if file.stem in ("index", "en"):
            continue
        text = file.read_text(encoding="utf-8")
        quoted = re.findall(r'"([^"\n]{3,80})"|`([^`\n]{3,90})`', text)
        own = [re.sub(r"\$\{[^}]*\}", "7", a or b) for a, b in quoted]
        own = sorted({s for s in own if any(ord(c) > 0x7F for c in s) or " " in s})
        if own:
            found.append((file.stem, own))
    return found


def word(rng, block, most=9):
    first, last = BLOCKS[block]
    return "".join(chr(rng.randint(first, last)) for _ in range(rng.randint(1, most)))


def kinds(rng):
    """Kind -> how many, and one string of it."""
    languages = messages()
    english = [s.strip("\n") for s in re.split(r" \| |\n", ENGLISH)]
    blocks = list(BLOCKS)

    def accented():
        return "".join(
            rng.choice(BASES) + "".join(rng.choice(MARKS) for _ in range(rng.choice((0, 1, 1, 2, 3))))
            for _ in range(rng.randint(1, 10))
        )  # fmt: skip

    def normal(text):
        return unicodedata.normalize(rng.choice(("NFC", "NFD", "NFKC", "NFKD")), text)

    def language():
        return rng.choice(rng.choice(languages)[1])

    def review():
        return " ".join(rng.choice(PARTS) for _ in range(rng.randint(2, 22)))

    def long():
        n = rng.choice((99, 100, 101, 102, 150, 257))
        kind = rng.randrange(5)
        if kind == 0:
            return "w" * n
        if kind == 1:
            return "".join(rng.choice("abcdefgh") for _ in range(n))
        if kind == 2:
            return "x " + "é" * n + " y"
        if kind == 3:
            return rng.choice(EMOJI) * (n // 4)
        return "Donau" + "dampf" * (n // 5) + "schiff"

    def special():
        around = ["", " ", "  ", "a", "good ", " good", ".", "\n", "é", "中"]
        return "".join(rng.choice(around) + rng.choice(SPECIAL) + rng.choice(around) for _ in range(rng.randint(1, 3)))

    def anything():
        return "".join(
            chr(rng.choice((rng.randrange(0x3000), rng.randrange(0xD800), rng.randrange(0x10000, 0x20000))))
            for _ in range(rng.randint(1, 14))
        )

    def half():
        return f"{rng.choice(('', 'a', 'good '))}{chr(rng.randrange(0xD800, 0xE000))}{rng.choice(('', 'b', ' bad', '😀'))}"

    return [
        (490, language),
        (60, lambda: rng.choice(english)),
        (170, review),
        (20, lambda: review().upper()),
        (330, lambda: " ".join(word(rng, b) for b in [rng.choice(blocks)] * rng.randint(1, 3))),
        (90, lambda: " ".join(word(rng, rng.choice(blocks)) for _ in range(rng.randint(2, 4)))),
        (130, lambda: rng.choice(("", "so good ", "a")) + "".join(rng.choice(EMOJI) + rng.choice(("", "", " ", "b")) for _ in range(rng.randint(1, 5)))),
        (120, accented),
        (60, lambda: normal(accented())),
        (60, lambda: normal(language())),
        (170, lambda: "".join(rng.choice(("", "a", "b c", "ing", "1", ".", "é", "中")) + rng.choice(CONTROLS) for _ in range(rng.randint(1, 7))) + "z"),
        (70, lambda: rng.choice(COMPATIBLE)[rng.randrange(3):] + rng.choice(("", " ", rng.choice(COMPATIBLE)))),
        (40, long),
        (100, special),
        (50, anything),
        (20, half),
    ]  # fmt: skip


def main():
    rng = random.Random(SEED)
    strings = ["", " ", "  ", "\n", "\t \r\n", "\u3000", "\u200b", "\u00a0", "a", " a", "a ", "  a  b  "]
    strings = list(dict.fromkeys(strings + COMPATIBLE + SPECIAL + CONTROLS))
    seen = set(strings)
    for count, make in kinds(rng):
        made = 0
        for _ in range(50 * count):
            text = make()
            if made < count and text not in seen and len(text) <= 300:
                seen.add(text)
                strings.append(text)
                made += 1
    # Too many: what was drawn last from the longest kinds goes.
    first, rest = strings[:100], strings[100:]
    rng.shuffle(rest)
    strings = first + rest[: COUNT - len(first)]
    assert len(strings) == COUNT, len(strings)
    lines = []
    for text in strings:
        plain = all(c.isprintable() for c in text) and text.isascii() is False
        lines.append(json.dumps(text, ensure_ascii=not plain) + "\n")
    (HERE / "strings.jsonl").write_text("".join(lines), encoding="utf-8")


main()
