"""How large a request that is not there yet will be, where its sender does not say."""

from collections import OrderedDict
from typing import Final

_MAX_KEYS: Final = 10_000
_LEAST_BYTES: Final = 4 * 1024 * 1024
"""What is expected at least: gRPC's usual limit for a message."""
_FADING: Final = 0.9
"""What a large request counts for after each smaller one."""


class ExpectedSizes:
    """Remembers how large a key's requests were. A key that is not known may send the largest there is."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._largest: OrderedDict[str, float] = OrderedDict()

    def of(self, key_id: str) -> int:
        """Return the bytes to expect of the key's next request."""
        largest = self._largest.get(key_id, self._max_bytes)
        return min(self._max_bytes, max(_LEAST_BYTES, int(largest)))

    def learn(self, key_id: str, size: int) -> None:
        """Take in the size of a request that arrived."""
        self._largest[key_id] = max(size, self._largest.get(key_id, 0) * _FADING)
        self._largest.move_to_end(key_id)
        if len(self._largest) > _MAX_KEYS:
            self._largest.popitem(last=False)
