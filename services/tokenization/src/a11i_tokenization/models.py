"""Which encoding a model's text is counted with, and whether that is the model's own."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from tiktoken.model import encoding_name_for_model

from a11i_tokenization.encodings import KNOWN_ENCODINGS, WARM_ENCODING
from a11i_tokenization.names import MAX_NAME_CHARS, candidates

_MORE_PREFIXES: Final = (
    ("gpt-realtime", "o200k_base"),
    ("gpt-audio", "o200k_base"),
    ("gpt-4o", "o200k_base"),
    ("gpt-4.1", "o200k_base"),
    ("gpt-4.5", "o200k_base"),
    ("gpt-oss", "o200k_harmony"),
    ("chatgpt-4o", "o200k_base"),
    ("codex-mini", "o200k_base"),
    ("computer-use-preview", "o200k_base"),
    ("o1", "o200k_base"),
    ("o3", "o200k_base"),
    ("o4", "o200k_base"),
    ("text-embedding-3", "cl100k_base"),
)
"""OpenAI's models that tiktoken's table (0.14) leaves out or knows only with a suffix; each ends at a dash."""


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """What counts a model's tokens."""

    encoding: str
    """One of KNOWN_ENCODINGS."""
    exact: bool
    """True if this is the model's own; False if it stands in for one that is not public."""


ESTIMATE: Final = Tokenizer(WARM_ENCODING, exact=False)
"""For models whose tokenizer is not public or not known: a modern vocabulary of a similar size comes closer than a
number of characters a token."""


def tokenizer_for(models: Iterable[str]) -> Tokenizer:
    """Return the tokenizer of the first of `models` that is known, else ESTIMATE."""
    for model in models:
        if 0 < len(model) <= MAX_NAME_CHARS and (found := _own_tokenizer(model)) is not None:
            return found
    return ESTIMATE


# Bounded, as names come from outside; a mesh sees dozens.
@lru_cache(maxsize=4096)
def _own_tokenizer(model: str) -> Tokenizer | None:
    for candidate in candidates(model):
        if (encoding := _encoding(candidate.name)) in KNOWN_ENCODINGS:
            return Tokenizer(encoding, exact=True)
    return None


def _encoding(name: str) -> str:
    for prefix, encoding in _MORE_PREFIXES:
        if name == prefix or name.startswith(prefix + "-"):
            return encoding
    try:
        return encoding_name_for_model(name)
    except KeyError:
        return ""
