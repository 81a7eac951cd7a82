"""How much is worked on at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from a11i_chassis import metrics
from a11i_chassis.errors import OverloadedError

_RETRY_DELAY_S: Final = 2.0
"""What is in flight is through within about a second. OTLP exporters give up on a hint beyond their 10 s."""


class Admission:
    """Bounds the requests in flight and their bytes. For one event loop."""

    def __init__(self, *, max_bytes: int, max_requests: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._max_requests = max_requests
        self._requests = 0

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count a request in for the time of the block, in which it may be read still.

        Raises OverloadedError if they are too many now.
        """
        if self._requests >= self._max_requests:
            raise _overloaded()
        self._requests += 1
        try:
            yield
        finally:
            self._requests -= 1

    @contextmanager
    def admit(self, size: int) -> Iterator[None]:
        """Count `size` bytes in for the time of the block.

        Raises OverloadedError if they are too many now. A request over the whole bound is let in when it is alone.
        """
        if self._bytes and self._bytes + size > self._max_bytes:
            raise _overloaded()
        self._add(size)
        try:
            yield
        finally:
            self._add(-size)

    def _add(self, size: int) -> None:
        self._bytes += size
        metrics.INGEST_BYTES_IN_FLIGHT.set(self._bytes)


def _overloaded() -> OverloadedError:
    return OverloadedError("ingest is busy and took nothing; send again", retry_delay_s=_RETRY_DELAY_S)
