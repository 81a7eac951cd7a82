"""NATS's text protocol, as far as the suite needs it. https://docs.nats.io/reference/reference-protocols/nats-protocol"""

from __future__ import annotations

from typing import Final

from tests.chaos.frames import Frame, Way

_CRLF: Final = b"\r\n"
_WITH_PAYLOAD: Final = frozenset({"PUB", "HPUB", "MSG", "HMSG"})
_MAX_LINE_BYTES: Final = 64 * 1024
"""INFO is the longest, with about 500 bytes."""


class NatsFrames:
    """Cuts one direction of a connection."""

    def __init__(self, way: Way, connection: int) -> None:
        self._way = way
        self._connection = connection
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Return the commands that are whole now. Raises ValueError for what is not NATS's protocol."""
        self._buffer += data
        frames: list[Frame] = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        return frames

    def _next(self) -> Frame | None:
        end = self._buffer.find(_CRLF)
        if end < 0:
            if len(self._buffer) > _MAX_LINE_BYTES:
                raise ValueError("a line of the NATS protocol without end")
            return None
        line = self._buffer[:end].decode()
        verb, _, rest = line.partition(" ")
        verb = verb.upper()
        head = end + len(_CRLF)
        if verb not in _WITH_PAYLOAD:
            return Frame(self._way, self._connection, self._take(head), verb)
        words = rest.split()
        size = int(words[-1])
        if len(self._buffer) < head + size + len(_CRLF):
            return None
        header_bytes = int(words[-2]) if verb.startswith("H") else 0
        data = self._take(head + size + len(_CRLF))
        subject, reply = _names(verb, words)
        return Frame(self._way, self._connection, data, verb, subject, reply, data[head + header_bytes : head + size])

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken


def _names(verb: str, words: list[str]) -> tuple[str, str]:
    """Return subject and reply of `PUB subject [reply] size`, `HMSG subject sid [reply] header-size size`, ..."""
    sizes = 2 if verb.startswith("H") else 1
    names = words[:-sizes]
    if verb.endswith("MSG"):
        del names[1]  # the subscription's number
    return names[0], names[1] if len(names) > 1 else ""
