# ruff: noqa: RUF001 - look-alikes of other scripts are among what is tried
"""Texts that tokenizers are compared on: many languages and scripts, code, JSON, logs, noise; always the same."""

import base64
import json
import random
import runpy
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import spacy.lang
from faker import Faker
from faker.config import AVAILABLE_LOCALES

from tests.bench.corpus import paragraph

_ROOT: Final = Path(__file__).parents[2]
_PART_CHARS: Final = 2_400
_MOST_OF_A_FILE_CHARS: Final = 120_000
_FILES: Final = (
    ("libs/**/*.py", "code"),
    ("docs/**/*.md", "English"),
    ("protos/a11i/**/*.proto", "code"),
    ("libs/**/*.sql", "code"),
)

_PIECES: Final = (
    *("the", " agent", " called", "lookup_order", "(", ")", "{", "}", ":", "_", "```", "//", " ", "  ", "\t", ",", "."),
    *("\n", "\n\n", "\r\n", "\r", "\u00a0", "don't", " I'LL", "'s", "'", '"', "camelCase", "ALLCAPS", "iPhone15Pro"),
    *("<|endoftext|>", "<|im_start|>", "</s>", "[INST]", "<think>", " 2026", "1234567", "12", "½", "Ⅷ", "٣", "१"),
    *(
        "…",
        " naïve",
        "e\u0301",
        "ß",
        "ﬁ",
        "İ",
        "ǅ",
        "日本語",
        "カタカナ",
        "ー",
        "・",
        "ひら",
        "々",
        "〇",
        "，",
        "。",
        "你好",
    ),
    *("한국어", "ㄱㄴ", " Привет", "Ελλάδα", "שלום", "مرحبا", "हिन्दी", "क्षि", "ไทย", "தமிழ்", "ქართული", "አማርኛ", "ᏣᎳᎩ"),
    *(
        "😀",
        "\U0001f469\u200d\U0001f467",
        "👍🏽",
        "🇩🇪",
        "☎\ufe0f",
        "\u200b",
        "\ufeff",
        "\u2028",
        "\u3000",
        "\0",
        "\x7f",
    ),
    *(
        "-",
        "--",
        "=",
        "!",
        "?!",
        "$",
        "€",
        "+",
        "/*",
        "*/",
        "#",
        "http://",
        "\\n",
        "&nbsp;",
        "%20",
        "\ue000",
        "\U00010400",
    ),
)
"""What tokenizers treat in ways of their own."""

_RANGES: Final = (
    *((0x20, 0x7E), (0x0, 0x7F), (0x0, 0x7FF), (0x300, 0x36F), (0x400, 0x52F), (0x900, 0xDFF), (0xE00, 0x109F)),
    *((0x2000, 0x2BFF), (0x3000, 0x33FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xE000, 0xFFFF), (0x10000, 0x1FFFF)),
)


@cache
def languages() -> tuple[str, ...]:
    """Return spaCy's example sentences of 68 languages, and paragraphs of the words that Faker has for some 40."""
    texts: list[str] = []
    # Run alone: an import would load each language whole, which takes seconds.
    for path in sorted(Path(spacy.lang.__path__[0]).glob("*/examples.py")):
        sentences: list[str] = runpy.run_path(str(path))["sentences"]
        texts.append(" ".join(sentences))
        texts.append("\n".join(reversed(sentences)))
    with warnings.catch_warnings():
        # Some locales are only kept for those who use them.
        warnings.simplefilter("ignore")
        fakers = [Faker(locale, providers=["faker.providers.lorem"]) for locale in sorted(AVAILABLE_LOCALES)]
    for faker in fakers:
        faker.seed_instance(1)
        text = " ".join(faker.paragraph(8) for _ in range(4))
        # Locales without words of their own have Latin's.
        if not text.isascii():
            texts.append(text)
    return tuple(texts)


def files() -> Iterator[tuple[str, str]]:
    """Yield kind and beginning of this repository's files."""
    for pattern, kind in _FILES:
        for path in sorted(_ROOT.glob(pattern))[:40]:
            yield kind, path.read_text()[:2_400]


def packaged(kind: str, chars: int) -> list[str]:
    """Return texts of 2,400 characters of installed packages' files (`kind` is their suffix), `chars` in all at most.

    No two are the same; which there are is the lock file's matter.
    """
    root = Path(spacy.__file__).parents[1]
    paths = sorted(path for path in root.rglob(f"*.{kind}") if path.stat().st_size >= _PART_CHARS)
    random.Random(3).shuffle(paths)  # noqa: S311 - texts, no secrets
    parts: dict[str, None] = {}
    for path in paths:
        try:
            text = path.read_text()[:_MOST_OF_A_FILE_CHARS]
        except UnicodeDecodeError:
            continue
        parts |= dict.fromkeys(text[at : at + _PART_CHARS] for at in range(0, len(text), _PART_CHARS))
        if len(parts) * _PART_CHARS >= chars:
            break
    return list(parts)[: chars // _PART_CHARS]


def made_up(times: int, seed: int = 2) -> Iterator[tuple[str, str]]:
    """Yield kind and text of structured data, in which the values are made up."""
    rng = random.Random(seed)  # noqa: S311 - texts, no secrets
    faker = Faker("en_US")
    faker.seed_instance(seed)
    for _ in range(times):
        yield "English", paragraph(rng, 600)
        rows = [faker.simple_profile() | {"n": rng.randint(0, 10**9), "x": rng.random()} for _ in range(3)]
        yield "JSON", json.dumps(rows, default=str, indent=rng.choice([None, 2]))
        yield "table", "\n".join(f"{faker.date()},{rng.uniform(0, 1e4):.2f},{faker.uuid4()}" for _ in range(12))
        lines = (f"{faker.iso8601()} INFO [{faker.user_name()}] GET {faker.uri()} {faker.ipv4()}" for _ in range(6))
        yield "log", "\n".join(lines)
        yield "base64", base64.b64encode(rng.randbytes(400)).decode()
        yield "hex", rng.randbytes(250).hex()
        yield "emoji", "".join(faker.emoji() + rng.choice(["", " ", " ok "]) for _ in range(60))


def fuzzed(times: int, seed: int) -> Iterator[str]:
    """Yield texts that nobody would write: hard pieces, characters of all blocks, and long runs, mixed."""
    rng = random.Random(seed)  # noqa: S311 - texts, no secrets
    for _ in range(times):
        form = rng.random()
        if form < 0.5:
            yield "".join(rng.choices(_PIECES, k=rng.randint(1, 40)))
        elif form < 0.8:
            ranges = rng.choices(_RANGES, k=rng.randint(1, 3))
            yield "".join(_any_character(rng, *rng.choice(ranges)) for _ in range(rng.randint(1, 60)))
        else:
            runs = (rng.choice(_PIECES) * int(rng.paretovariate(0.7)) for _ in range(rng.randint(1, 6)))
            yield "".join(run[:2_000] for run in runs)


def _any_character(rng: random.Random, first: int, last: int) -> str:
    return chr(rng.randint(first, last))
