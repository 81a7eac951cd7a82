"""The fast tokenizer where it is there and agrees with tiktoken."""

from collections.abc import Callable
from typing import Protocol

import structlog

from a11i_tokenization.counting import self_check
from a11i_tokenization.counting.engine import Engine
from a11i_tokenization.counting.toktok_engine import ToktokUnavailableError

_LOG = structlog.get_logger(__name__)


class FastEngine(Engine, self_check.Encoder, Protocol):
    """An engine that the self-check can try."""


def checked(name: str, load: Callable[[], FastEngine]) -> Engine | None:
    """Return the engine that `load` makes for an encoding; None if it cannot, or if it does not count as tiktoken."""
    try:
        engine = load()
    except ToktokUnavailableError as error:
        _LOG.warning("the fast tokenizer is not available, tiktoken counts", encoding=name, reason=str(error))
        return None
    if not self_check.passes(engine, name):
        _LOG.warning("the fast tokenizer does not count as tiktoken does, tiktoken counts", encoding=name)
        return None
    return engine
