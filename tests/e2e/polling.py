"""Waiting for what the mesh does in its own time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T | None], *, within_s: float = 45.0) -> T:
    """Return the first thing that `look` returns which is neither None nor false; fail after `within_s` seconds."""
    deadline = time.monotonic() + within_s
    while not (found := look()):
        if time.monotonic() > deadline:
            message = f"nothing after {within_s} s; the last look returned {found!r}"
            raise AssertionError(message)
        time.sleep(0.05)
    return found
