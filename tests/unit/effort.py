"""How often a property is tried: seldom on every change, often by `make fuzz`."""

import os
from typing import Final

_EFFORT: Final = int(os.environ.get("EFFORT", "1"))


def times(count: int) -> int:
    """Return how many examples to try of a property for which `count` will do on every change."""
    return count * _EFFORT
