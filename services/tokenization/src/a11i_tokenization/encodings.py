"""The encodings by name, loaded when first used, and counting with them."""

import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import structlog

from a11i_chassis.metrics import ENCODING_LOADED
from a11i_tokenization import vocabularies
from a11i_tokenization.counting import openai
from a11i_tokenization.counting.engine import Engine
from a11i_tokenization.counting.sources import Source

_LOG = structlog.get_logger(__name__)

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
        self._sources = {source.name: source for source in openai.sources(directory)}
        self._lock = threading.Lock()
        self._loaded: dict[str, Engine] = {}
        self._engine(WARM_ENCODING)

    def count(self, encoding: str, text: str) -> int:
        """Return how many tokens `text` is, special tokens' names counted as plain text.

        Raises KeyError unless `encoding` is one of KNOWN_ENCODINGS.
        """
        return self._engine(encoding).count(text)

    def count_all(self, encoding: str, texts: Iterable[str]) -> list[int]:
        """Return the count of each text. Raises KeyError."""
        return list(map(self._engine(encoding).count, texts))

    def _engine(self, encoding: str) -> Engine:
        name = _SAME_ON_TEXT.get(encoding, encoding)
        loaded = self._loaded.get(name)
        if loaded is not None:
            return loaded
        source = self._sources[name]
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = _load(source)
            return self._loaded[name]


def _load(source: Source) -> Engine:
    started = time.monotonic()
    engine = source.load()
    ENCODING_LOADED.labels(source.name, engine.name).set(1)
    _LOG.info("encoding loaded", encoding=source.name, engine=engine.name, seconds=round(time.monotonic() - started, 3))
    return engine
