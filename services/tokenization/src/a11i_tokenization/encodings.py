"""The encodings by name, loaded when first used, and exact counting of one text."""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import tiktoken

from a11i_tokenization import vocabularies
from a11i_tokenization.chunks import MAX_CHUNK_CHARS, chunks

_SAME_ON_TEXT: Final[Mapping[str, str]] = MappingProxyType(
    {"o200k_harmony": "o200k_base", "p50k_edit": "p50k_base", "gpt2": "r50k_base"}
)
"""Encodings that differ from another in special tokens alone, which text never becomes here."""

KNOWN_ENCODINGS: Final = (*vocabularies.ENCODINGS, *_SAME_ON_TEXT)
"""The names that `Encodings.count` takes."""

WARM_ENCODING: Final = "o200k_base"
"""Loaded at start: current OpenAI models use it, and estimates for other models are made with it."""


class Encodings:
    """Counts tokens by encoding name. Safe for use from several threads."""

    def __init__(self, directory: Path) -> None:
        """Check all vocabulary files in `directory` and load the warm one. Raises VocabularyError."""
        vocabularies.check(directory)
        self._directory = directory
        self._lock = threading.Lock()
        self._loaded = {WARM_ENCODING: vocabularies.build(WARM_ENCODING, directory)}

    def count(self, encoding: str, text: str) -> int:
        """Return how many tokens `text` is, special tokens' names counted as plain text.

        Raises KeyError unless `encoding` is one of KNOWN_ENCODINGS.
        """
        tokenizer = self._tokenizer(encoding)
        if len(text) <= MAX_CHUNK_CHARS:
            return len(tokenizer.encode_ordinary(text))
        # A long run of one pattern is many equal pieces.
        pieces = Counter(chunks(text))
        return sum(len(tokenizer.encode_ordinary(piece)) * times for piece, times in pieces.items())

    def count_all(self, encoding: str, texts: Iterable[str]) -> list[int]:
        """Return the count of each text. tiktoken's own batch call is slower: it hands each text to a thread pool."""
        return [self.count(encoding, text) for text in texts]

    def _tokenizer(self, encoding: str) -> tiktoken.Encoding:
        name = _SAME_ON_TEXT.get(encoding, encoding)
        loaded = self._loaded.get(name)
        if loaded is not None:
            return loaded
        if name not in vocabularies.ENCODINGS:
            raise KeyError(encoding)
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = vocabularies.build(name, self._directory)
            return self._loaded[name]
