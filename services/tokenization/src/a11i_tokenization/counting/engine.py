"""What every tokenizer here can do, and texts that all of them take."""

import re
import threading
from collections.abc import Callable
from typing import Final, Protocol

_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_PAIR: Final = re.compile(r"[\ud800-\udbff][\udc00-\udfff]")


class Engine(Protocol):
    """Counts the tokens of texts. Safe for use from several threads; takes any `str` and raises for none."""

    @property
    def name(self) -> str:
        """The library that counts, such as `tiktoken`."""

    def count(self, text: str) -> int:
        """Return how many tokens `text` is, the names of special tokens counted as the text that they are."""

    def is_exact_for(self, text: str) -> bool:
        """Return whether `count(text)` is the tokenizer's own number, and not one that a bound on work made inexact."""


class OnDemand:
    """An engine that is loaded when it is first asked for, once for all threads."""

    def __init__(self, load: Callable[[], Engine]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._engine: Engine | None = None

    def __call__(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._engine = self._load()
            return self._engine


def well_formed(text: str) -> str:
    """Return `text` as Unicode that can be encoded, as tiktoken reads it: two surrogates that are one character in
    UTF-16 become that character, others U+FFFD."""
    if _PAIR.search(text):
        text = _PAIR.sub(lambda pair: pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le"), text)
    return _SURROGATE.sub("\ufffd", text)


def encodable(text: str) -> str:
    """Return `text`, or its `well_formed` form if it has lone surrogates."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return well_formed(text)
    return text
