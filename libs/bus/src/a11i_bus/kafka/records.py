"""Messages as Kafka's records, and names on the Kafka side."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from a11i_bus import topology
from a11i_bus.port import Message

MAX_PAYLOAD_BYTES: Final = 8 * 1024 * 1024
"""Largest payload; the same as the embedded NATS server's."""
HEADER_ROOM_BYTES: Final = 16 * 1024
"""For the key, the headers, and what a record takes by itself."""
MAX_RECORD_BYTES: Final = MAX_PAYLOAD_BYTES + 2 * HEADER_ROOM_BYTES
"""What brokers are told to take."""

_ID: Final = "a11i-id"
_ATTEMPTS: Final = "a11i-attempts"
_DUE: Final = "a11i-due-ms"
_OWN: Final = (_ID, _ATTEMPTS, _DUE)


class Record(Protocol):
    """A record as aiokafka gives it."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Moved:
    """What a message that was moved to the end of its partition brings along."""

    attempts: int
    """How often it had been delivered."""
    due: float
    """When it may be delivered again, as a Unix time in seconds."""


def topic_name(namespace: str, topic: str) -> str:
    """Return Kafka's name of a topic. One that was renamed keeps its former name here: it holds what waits."""
    return f"{namespace}.{topology.FORMERLY.get(topic, topic)}"


def group_name(namespace: str, topic: str, group: str) -> str:
    """Return Kafka's name of a group: one for each topic that it reads, as offsets are kept by group."""
    return f"{topic_name(namespace, topic)}.{group}"


def headers_of(message: Message, moved: Moved | None = None) -> list[tuple[str, bytes]]:
    """Return the record's headers."""
    headers = [(_ID, message.id.encode()), *((name, value.encode()) for name, value in message.headers.items())]
    if moved is not None:
        headers += [(_ATTEMPTS, b"%d" % moved.attempts), (_DUE, b"%d" % int(moved.due * 1000))]
    return headers


def message_of(record: Record) -> Message:
    """Return the message that the record holds."""
    headers = {name: value.decode(errors="replace") for name, value in record.headers}
    return Message(
        id=headers.get(_ID, ""),
        key=(record.key or b"").decode(errors="replace"),
        payload=record.value or b"",
        headers={name: value for name, value in headers.items() if name not in _OWN},
    )


def moved_of(record: Record) -> Moved | None:
    """Return what a moved message brought along; None for one that was not moved."""
    headers = dict(record.headers)
    if _ATTEMPTS not in headers or _DUE not in headers:
        return None
    return Moved(int(headers[_ATTEMPTS]), int(headers[_DUE]) / 1000)


class SeenIds:
    """The ids of a time, as far as memory allows: to know that a message is one's second."""

    def __init__(self, window_s: float, limit: int) -> None:
        self._window_s = window_s
        self._limit = limit
        self._seen: dict[bytes, tuple[float, int]] = {}

    def add(self, id_: str, offset: int = 0) -> None:
        """Remember an id from now on, and where its message is."""
        now = time.monotonic()
        digest = _digest(id_)
        self._seen.pop(digest, None)
        self._seen[digest] = (now, offset)
        while self._seen:
            oldest = next(iter(self._seen))
            if len(self._seen) <= self._limit and self._seen[oldest][0] > now - self._window_s:
                return
            del self._seen[oldest]

    def find(self, id_: str) -> int | None:
        """Return where the id's message is; None if the id is unknown."""
        known = self._seen.get(_digest(id_))
        return None if known is None or known[0] <= time.monotonic() - self._window_s else known[1]


def _digest(id_: str) -> bytes:
    return hashlib.blake2b(id_.encode(), digest_size=12).digest()
