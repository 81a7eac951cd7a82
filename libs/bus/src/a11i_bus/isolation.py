"""Finds the rows that a stage or a store fails on, so that the others of their batch go on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from a11i_chassis.errors import TransientError
from a11i_chassis.waiting import Stopping
from a11i_telemetry.batch import SchemaVersionError

MAX_CALLS: Final = 64
"""Calls for one batch. Enough to find four spans among a thousand; a stage that fails on everything is not called for
each span."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part:
    """Neighbouring rows of a batch."""

    first: int
    end: int
    """The row after the last."""

    @property
    def rows(self) -> str:
        """What the part adds to an id. It says where the part ends too: another try may cut elsewhere, and a part of a
        known id is dropped as known, so it has to hold the same rows."""
        return f"/{self.first}-{self.end}"

    @property
    def count(self) -> int:
        """How many rows it has."""
        return self.end - self.first


@dataclass(frozen=True, slots=True)
class GoodPart(Part, Generic[T]):
    """Rows that can be worked on."""

    made: T
    """What the call made of them."""


@dataclass(frozen=True, slots=True)
class FailedPart(Part):
    """Rows that the call fails on."""

    error: Exception


@dataclass(slots=True)
class Isolated(Generic[T]):
    """A batch's rows: each is in one part."""

    good: list[GoodPart[T]] = field(default_factory=list)
    failed: list[FailedPart] = field(default_factory=list)


async def isolate(call: Callable[[Part], Awaitable[T]], rows: int, error: Exception) -> Isolated[T]:
    """Halve a batch of `rows` on which `call` failed with `error`, until what it fails on stands alone.

    The same batch comes apart in the same way as long as the call fails in the same way. Raises Stopping,
    TransientError or SchemaVersionError if the call does: then nothing is known yet.
    """
    found: Isolated[T] = Isolated()
    calls = 0
    waiting = [FailedPart(0, rows, error)]
    while waiting:
        part = waiting.pop()
        if part.count < 2 or calls >= MAX_CALLS:
            found.failed.append(part)
            continue
        middle = part.first + part.count // 2
        for first, end in ((middle, part.end), (part.first, middle)):  # the first half is looked at first
            calls += 1
            try:
                found.good.append(GoodPart(first, end, await call(Part(first, end))))
            except (Stopping, TransientError, SchemaVersionError):
                raise
            except Exception as failure:
                waiting.append(FailedPart(first, end, failure))
    return found
