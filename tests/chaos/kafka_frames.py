"""Kafka's binary protocol, as far as the suite needs it. https://kafka.apache.org/protocol"""

from __future__ import annotations

import struct
from typing import Final

from tests.chaos.frames import Frame, Way

PRODUCE: Final = "0"
OFFSET_COMMIT: Final = "8"

_SIZE: Final = struct.Struct(">i")
_REQUEST: Final = struct.Struct(">hhi")
_ANSWER: Final = struct.Struct(">i")
_MAX_BYTES: Final = 128 * 1024 * 1024
"""Larger than any answer that a client asks for."""


class KafkaFrames:
    """Cuts one direction of a connection. A request's `reply` and its answer's `subject` are the correlation id."""

    def __init__(self, way: Way, connection: int) -> None:
        self._way = way
        self._connection = connection
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Return the requests or answers that are whole now. Raises ValueError for what is not Kafka's protocol."""
        self._buffer += data
        frames: list[Frame] = []
        while len(self._buffer) >= _SIZE.size:
            (size,) = _SIZE.unpack_from(self._buffer)
            if not _ANSWER.size <= size <= _MAX_BYTES:
                raise ValueError(f"no Kafka frame has {size} bytes")
            whole = _SIZE.size + size
            if len(self._buffer) < whole:
                break
            frames.append(self._frame(bytes(self._buffer[:whole])))
            del self._buffer[:whole]
        return frames

    def _frame(self, data: bytes) -> Frame:
        if self._way is Way.TO_CLIENT:
            (correlation,) = _ANSWER.unpack_from(data, _SIZE.size)
            payload = data[_SIZE.size + _ANSWER.size :]
            return Frame(self._way, self._connection, data, subject=str(correlation), payload=payload)
        if len(data) < _SIZE.size + _REQUEST.size:
            raise ValueError("a Kafka request without its head")
        kind, _, correlation = _REQUEST.unpack_from(data, _SIZE.size)
        payload = data[_SIZE.size + _REQUEST.size :]
        return Frame(self._way, self._connection, data, verb=str(kind), reply=str(correlation), payload=payload)
