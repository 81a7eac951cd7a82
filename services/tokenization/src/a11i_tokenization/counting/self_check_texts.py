# ruff: noqa: RUF001 - look-alikes of other scripts are among what is tried
"""The texts of the self-check: scripts, structures, runs and noise, each a case that tokenizers have got wrong."""

from base64 import b64encode
from hashlib import sha256
from typing import Final

_SCRIPTS: Final = (
    "The quick brown fox can't jump; she'll've WON'T i'm I'M they'RE 'tis o'clock.\n",
    "Größe, façade, naïve, œuvre, İstanbul, ǅ, ß, ﬁ, ª, e\u0301e\u0302, Ångström, Đ, ŋ\n",
    "Съешь же ещё этих мягких французских булок, да выпей чаю. ТОКЕНЫ\n",
    "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία· ΑΣ ς\n",
    "我们计算词元的数量，然后与账单比较。「引号」、《书名》！\n",
    "トークンを数えて、請求書と比べます。ｶﾀｶﾅ ー 々\n",
    "토큰을 세고 청구서와 비교합니다. ㄱㄴㄷ\n",
    "نحسب الرموز ونقارنها بالفاتورة، ١٢٣\u064b\n",
    "אנחנו סופרים אסימונים, ״ציטוט״ שָׁלוֹם\n",
    "हम टोकन गिनते हैं और बिल से मिलाते हैं। १२३ क्षि\n",
    "เรานับโทเค็นและเปรียบเทียบกับใบแจ้งหนี้ น้ำ\n",
    "நாங்கள் டோக்கன்களை எண்ணுகிறோம் ქართული Հայերեն አማርኛ ᏣᎳᎩ 𐐷𐑌 𝒳𝟚 ⅷ ½ ² ①\n",
    "😀😀 \U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 🏳\ufe0f\u200d🌈 👍🏽"
    " 🇩🇪🇫🇷 ☎\ufe0f ✂ →⇒ ■□ \u200b\ufeff\u2060\n",
)
_STRUCTURES: Final = (
    'def f(x: int) -> None:\n\tif x >= 0x1F and not y[-1:]:\r\n        return {"a": [1, 2.5e-10, None]}  # done\n\n\n',
    '{"id":"3f2a-99","ok":true,"n":[1,22,333,4444,55555,666666],"s":"a\\n\\u00e9\\"b"}',
    "SELECT * FROM spans WHERE t >= '2026-01-01T00:00:00.000Z' AND cost > 1_000_000.00;--x\n/* c */",
    "<div class=\"a\"><a href='https://example.com/a?b=c&d=%20#e'>…</a></div>\n<!-- -->\n| a | b |\n|---|:-:|\n",
    "<|endoftext|><|im_start|>user<|im_sep|><|start|>assistant<|channel|>final<|fim_prefix|></s>[INST]",
    "camelCaseHTTPServer XMLHttpRequest snake_case_name SCREAMING_CASE iPhone15Pro v1.2.3-rc4 ABCdefGHI\n",
    "\0\x01\x7f\x80\x85\xa0\xad a\0b\u2028\u2029\u3000\u180e\x0b\x0c\x1c\x1f\n",
    " \n \n  \r\n\r\n\t\t \t\n   x  y   z    \n/\n//\n!!\n?/\n", " 's 'S ’s 'll 'LL 'Ve don’t d'",
    "0 00 000 0000 1234567890123 3.14159 1,000,000 １２３ ٤٥٦ 12ab34CD56",
)  # fmt: skip
_RUNS: Final = (
    *(" ", "\n", "\t", "\r\n", "a", "A", "aB", "-", "=", "*", "#", "/", "_", ".", "!?", "0", "é", "字", "😀", "\u0301"),
    *(" a", "\u3000", "'s", "ab ", "\n ", " \n", "<|", "ꟿ", "\U0010ffff"),
)
_RUN_LENGTHS: Final = (2, 3, 17, 64, 129, 500)
_NOISE_BYTES: Final = 6_000


def samples() -> list[str]:
    """Return the texts, always the same."""
    texts = [*_SCRIPTS, *_STRUCTURES, "".join(_SCRIPTS), " ".join(_STRUCTURES), "".join(_SCRIPTS).replace(" ", "")]
    for unit in _RUNS:
        texts.extend(
            f"{before}{unit * times}{after}" for times in _RUN_LENGTHS for before, after in (("", ""), ("x", "y"))
        )
    noise = _noise()
    texts.append(b64encode(noise).decode())
    texts.append(noise.hex())
    texts.append(noise.decode("latin-1"))
    texts.append("".join(chr(97 + byte % 26) for byte in noise))
    texts.append("".join(chr(33 + byte % 94) for byte in noise))
    # Any character of the basic plane but surrogates, and of the planes of emoji and rare ideographs.
    pairs = [noise[at] << 8 | noise[at + 1] for at in range(0, len(noise), 2)]
    texts.append("".join(chr(pair if not 0xD800 <= pair < 0xE000 else pair + 0x10000) for pair in pairs))
    texts.append(" ".join(chr(0x1F300 + pair % 0x700) for pair in pairs[:500]))
    return texts


def _noise() -> bytes:
    return b"".join(sha256(number.to_bytes(4, "big")).digest() for number in range(_NOISE_BYTES // 32))
