"""How often refused requests are put on record, so that a client that sends nothing but such does not fill the bus."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_EVERY_S: Final = 10.0
_MAX_KEYS: Final = 10_000


@dataclass(slots=True)
class _Key:
    recorded_s: float
    unrecorded: int = 0


class Refusals:
    """Counts the refused requests of each key, and says when to record them. For one event loop."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._keys: OrderedDict[str, _Key] = OrderedDict()

    def count(self, key_id: str) -> int:
        """Count a refused request. Return how many to record now, with those that were not yet; 0 for none."""
        now_s = self._clock()
        key = self._keys.get(key_id)
        if key is None:
            self._keys[key_id] = _Key(now_s)
            if len(self._keys) > _MAX_KEYS:
                self._keys.popitem(last=False)
            return 1
        self._keys.move_to_end(key_id)
        if now_s - key.recorded_s < _EVERY_S:
            key.unrecorded += 1
            return 0
        count, key.unrecorded, key.recorded_s = key.unrecorded + 1, 0, now_s
        return count
