"""What passes a proxy, cut into the units of its protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Way(Enum):
    """Where bytes go."""

    TO_SERVER = "to server"
    TO_CLIENT = "to client"


@dataclass(frozen=True, slots=True)
class Frame:
    """One unit: a command, a request, an answer, or just the bytes that came at once."""

    way: Way
    connection: int
    """Number of the connection among those of its proxy."""
    data: bytes
    """All of it, as it is to be sent on."""
    verb: str = ""
    """NATS: PUB, HMSG, ... Kafka: the number of the request's kind. Empty: the protocol is not looked into."""
    subject: str = ""
    """NATS: what a message is published to."""
    reply: str = ""
    """What an answer to it will have as its subject. Empty: none is asked for."""
    payload: bytes = b""


MakeSplitter = Callable[[Way, int], "Splitter"]
"""Makes the splitter of one direction of a connection, of which the number is given."""


class Splitter(Protocol):
    """Cuts one direction of one connection into frames."""

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that are whole now; the rest waits for more bytes."""


class Chunks:
    """For protocols that are not looked into: what came at once is a frame."""

    def __init__(self, way: Way, connection: int) -> None:
        self._way = way
        self._connection = connection

    def feed(self, data: bytes) -> list[Frame]:
        """Return the bytes as they are."""
        return [Frame(self._way, self._connection, data)]
