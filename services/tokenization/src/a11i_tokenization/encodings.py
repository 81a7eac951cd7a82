"""The encodings by name, loaded when first used, and counting with them."""

import itertools
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import structlog

from a11i_chassis.metrics import ENCODING_LOADED
from a11i_tokenization import vocabularies
from a11i_tokenization.cache import Count
from a11i_tokenization.counting import characters, openai, vendors
from a11i_tokenization.counting.engine import Engine
from a11i_tokenization.counting.sources import Source

_LOG = structlog.get_logger(__name__)

_SAME_ON_TEXT: Final[Mapping[str, str]] = MappingProxyType(
    {"o200k_harmony": "o200k_base", "p50k_edit": "p50k_base", "gpt2": "r50k_base"}
)
"""Encodings that differ from another in special tokens alone, which text never becomes here."""

KNOWN_ENCODINGS: Final = (*vocabularies.ENCODINGS, *_SAME_ON_TEXT, *vendors.ENCODINGS, characters.ENCODING)
"""The names that every `Encodings` counts with; an operator's come on top."""

WARM_ENCODING: Final = "o200k_base"
"""Loaded at start: current OpenAI models use it, and estimates for other models are made with it."""

_MAX_KEPT: Final = 8
"""Encodings in memory beside the warm one, of 5 to 100 MB each: a mesh sees models of three or four vendors."""


@dataclass(frozen=True, slots=True)
class EncodingInfo:
    """What is to be known about an encoding."""

    name: str
    description: str
    """Whose it is and which models have it, in a line."""
    package: str
    """The installed package whose vocabulary it is; empty for an operator's file."""
    version: str
    """The package's; empty for an operator's file."""
    exact: bool
    """False if its counts stand for a tokenizer that is not public, and are estimates."""
    engine: str
    """The library that counts, such as `toktok`; empty while not loaded."""


class Encodings:
    """Counts tokens by encoding name. Safe for use from several threads."""

    def __init__(self, directory: Path, more: Sequence[Source] = (), *, max_kept: int = _MAX_KEPT) -> None:
        """Check tiktoken's vocabulary files in `directory`, find all others, and load the warm encoding.

        `more` are an operator's encodings. Raises VocabularyError.
        """
        vocabularies.check(directory)
        found = [*openai.sources(directory), *vendors.sources(), characters.SOURCE, *more]
        self._sources = {source.name: source for source in found}
        names = (*self._sources, *_SAME_ON_TEXT)
        self._exact = frozenset(name for name in names if self.source(name).exact)
        self._max_kept = max_kept
        self._lock = threading.Lock()
        self._clock = itertools.count()
        self._last_used: dict[str, int] = {}
        self._loaded: dict[str, Engine] = {}
        self._engine(WARM_ENCODING)

    def count(self, encoding: str, text: str) -> int:
        """Return how many tokens `text` is, special tokens' names counted as plain text.

        Takes any `str`, in bounded time. Raises KeyError for an unknown encoding.
        """
        return self._engine(encoding).count(text)

    def count_all(self, encoding: str, texts: Iterable[str]) -> list[int]:
        """Return the count of each text. Raises KeyError."""
        return list(map(self._engine(encoding).count, texts))

    def measure(self, encoding: str, text: str) -> Count:
        """Return the count, and whether it is exact: of an exact encoding, and nothing of the text was sampled.

        Raises KeyError.
        """
        return self.total(encoding, (text,))

    def total(self, encoding: str, texts: Sequence[str]) -> Count:
        """Return the sum of the texts' counts, and whether it is exact. Raises KeyError."""
        return Count(*self.sum_of(encoding, texts))

    def sum_of(self, encoding: str, texts: Sequence[str]) -> tuple[int, bool]:
        """Return what `total` does, as a pair, which is made in a fifth of the time."""
        engine = self._engine(encoding)
        if len(texts) == 1:
            text = texts[0]
            return engine.count(text), encoding in self._exact and engine.is_exact_for(text)
        return sum(map(engine.count, texts)), encoding in self._exact and all(map(engine.is_exact_for, texts))

    def is_exact_for(self, encoding: str, text: str) -> bool:
        """Return whether `text` is counted as its tokenizer does, and nothing of it sampled. Raises KeyError."""
        return self._engine(encoding).is_exact_for(text)

    def source(self, encoding: str) -> Source:
        """Return where an encoding comes from. Raises KeyError."""
        return self._sources[_SAME_ON_TEXT.get(encoding, encoding)]

    def is_loaded(self, encoding: str) -> bool:
        """Return whether an encoding counts at once: loading one takes up to a second."""
        return _SAME_ON_TEXT.get(encoding, encoding) in self._loaded

    def list_encodings(self) -> list[EncodingInfo]:
        """Return all encodings by name, those with two names twice."""
        return [self._info(name) for name in sorted([*self._sources, *_SAME_ON_TEXT])]

    def _info(self, name: str) -> EncodingInfo:
        source = self.source(name)
        loaded = self._loaded.get(source.name)
        same = f"; on text the same as {source.name}" if name != source.name else ""
        return EncodingInfo(
            name=name,
            description=source.description + same,
            package=source.package,
            version=source.version,
            exact=source.exact,
            engine=loaded.name if loaded else "",
        )

    def _engine(self, encoding: str) -> Engine:
        loaded = self._loaded.get(encoding)
        if loaded is not None:
            if encoding != WARM_ENCODING:  # It is never forgotten, and most texts are counted with it.
                self._last_used[encoding] = next(self._clock)
            return loaded
        name = _SAME_ON_TEXT.get(encoding, encoding)
        self._last_used[name] = next(self._clock)
        loaded = self._loaded.get(name)
        if loaded is not None:
            return loaded
        try:
            source = self._sources[name]
        except KeyError:
            del self._last_used[name]
            raise
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = _load(source) if name == WARM_ENCODING else _load_or_estimate(source)
                self._forget_unused(name)
            return self._loaded[name]

    def _forget_unused(self, new: str) -> None:
        others = [name for name in self._loaded if name not in (WARM_ENCODING, new)]
        if len(others) >= self._max_kept:
            oldest = min(others, key=lambda name: self._last_used[name])
            # Threads that count with it now keep it until they are done.
            ENCODING_LOADED.labels(oldest, self._loaded.pop(oldest).name).set(0)


def _load_or_estimate(source: Source) -> Engine:
    """A file that is damaged while the service runs makes one vendor's counts estimates, and no batch fail."""
    try:
        return _load(source)
    except vocabularies.VocabularyError as error:
        _LOG.error("an encoding cannot be loaded, its counts are estimates", encoding=source.name, reason=str(error))
        return characters.SOURCE.load()


def _load(source: Source) -> Engine:
    started = time.monotonic()
    engine = source.load()
    ENCODING_LOADED.labels(source.name, engine.name).set(1)
    _LOG.info("encoding loaded", encoding=source.name, engine=engine.name, seconds=round(time.monotonic() - started, 3))
    return engine
