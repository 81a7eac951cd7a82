"""What a group has settled in one partition: more than the one number that Kafka keeps for it.

Kafka commits an offset, before which all is settled, and a text beside it of 4096 characters at most. That text holds
the rest: which messages after the offset are not settled, how often each has been delivered, and until when it waits.
So an acknowledgement out of order is as durable as one in order, and whoever gets the partition next goes on from it.
"""

import base64
import heapq
import time
import zlib
from dataclasses import dataclass
from typing import Final

_FORMAT: Final = "1"
_MAX_CHARACTERS: Final = 4000
"""The broker's limit, offset.metadata.max.bytes, is 4096 by default."""
_NOW: Final = 0.0


class LedgerDecodeError(ValueError):
    """The text beside an offset is not one that `Ledger.encode` made."""


@dataclass(slots=True)
class _Open:
    """A message that is not settled."""

    attempts: int
    """Deliveries so far."""
    due: float
    """When it may be delivered again, as a Unix time; 0: at once."""
    held: bool = False
    """True while `due` is the end of a delivery's time, not the end of a wait that was asked for."""


class Ledger:
    """The messages of a partition that a group has seen and not settled. Offsets before `frontier` have been seen."""

    def __init__(self, frontier: int) -> None:
        self.frontier = frontier
        self.version = 0
        """Grows with each change that is to be committed."""
        self._open: dict[int, _Open] = {}
        self._due: list[tuple[float, int]] = []
        """Heap of (time, offset); may hold entries that `_open` has overtaken."""
        self.truncated = False
        """True if the last `encode` had no room for all."""

    @property
    def settled_before(self) -> int:
        """Every message before this offset is settled."""
        return min(self._open) if self._open else self.frontier

    def __len__(self) -> int:
        return len(self._open)

    def skip(self, offset: int) -> None:
        """See a message that is no work: another one with its id has been seen."""
        self.frontier = max(self.frontier, offset + 1)
        self.version += 1

    def wait(self, offset: int, attempts: int, due: float) -> None:
        """See a message that has been delivered before, and is due again at that time."""
        self.frontier = max(self.frontier, offset + 1)
        self._open[offset] = _Open(attempts, due)
        heapq.heappush(self._due, (due, offset))
        self.version += 1

    def deliver(self, offset: int, until: float) -> int:
        """Hold a message, new or due again, until that time. Return how often it has been delivered, this included."""
        self.frontier = max(self.frontier, offset + 1)
        known = self._open.get(offset)
        attempts = known.attempts + 1 if known else 1
        self._open[offset] = _Open(attempts, until, held=True)
        heapq.heappush(self._due, (until, offset))
        self.version += 1
        return attempts

    def hold(self, offset: int, attempt: int, until: float) -> bool:
        """Hold a message for longer. False: that delivery is not the latest, or the message is settled."""
        if not self._is_latest(offset, attempt):
            return False
        self._open[offset].due = until
        heapq.heappush(self._due, (until, offset))
        return True

    def postpone(self, offset: int, attempt: int, due: float) -> bool:
        """Let a delivered message wait. False: that delivery is not the latest, or the message is settled."""
        if not self._is_latest(offset, attempt):
            return False
        self._open[offset] = _Open(attempt, due)
        heapq.heappush(self._due, (due, offset))
        self.version += 1
        return True

    def settle(self, offset: int) -> bool:
        """Take a message off the group's work. False: it was settled before."""
        if self._open.pop(offset, None) is None:
            return False
        self.version += 1
        return True

    def take_due(self, count: int, now: float) -> list[int]:
        """Return at most `count` messages whose time has come, the oldest first. They stay due until delivered."""
        due: list[int] = []
        while self._due and self._due[0][0] <= now and len(due) < count:
            when, offset = heapq.heappop(self._due)
            entry = self._open.get(offset)
            if entry is not None and entry.due == when and offset not in due:
                due.append(offset)
        for offset in due:
            heapq.heappush(self._due, (self._open[offset].due, offset))
        return sorted(due)

    def next_due(self) -> float | None:
        """Return when the next message may be due. None: none waits."""
        return self._due[0][0] if self._due else None

    def release(self) -> None:
        """Make what is held due at once: its holders have gone."""
        for offset, entry in self._open.items():
            if entry.held:
                entry.due, entry.held = _NOW, False
                heapq.heappush(self._due, (_NOW, offset))
        self.version += 1

    def encode(self) -> tuple[int, str]:
        """Return the offset to commit and the text beside it.

        If all does not fit, the text ends early: what comes after its end counts as not seen, and is delivered again
        to whoever gets the partition next.
        """
        start = self.settled_before
        end = self.frontier
        text = self._encode(start, end)
        self.truncated = len(text) > _MAX_CHARACTERS
        while len(text) > _MAX_CHARACTERS:
            end = start + (end - start) // 2
            text = self._encode(start, end)
        return start, text

    @classmethod
    def decode(cls, start: int, text: str) -> "Ledger":
        """Return the ledger that `encode` made these of. Raises LedgerDecodeError if it did not.

        A message that was held when it was encoded is due at once.
        """
        if not text:
            return cls(start)
        version, _, body = text.partition(":")
        try:
            numbers = _Numbers(zlib.decompress(base64.b85decode(body)))
        except (ValueError, zlib.error) as error:
            raise LedgerDecodeError("the group's state in Kafka cannot be read") from error
        if version != _FORMAT:
            raise LedgerDecodeError(f"the group's state in Kafka is of format {version[:10]!r}, not {_FORMAT}")
        end = start + numbers.next()
        ledger = cls(end)
        offset = start
        for _ in range(numbers.next()):
            offset += numbers.next()
            run = numbers.next()
            if offset + run > end:
                raise LedgerDecodeError("the group's state in Kafka goes beyond its own end")
            for one in range(offset, offset + run):
                ledger.wait(one, 1, _NOW)
            offset += run
        offset = start
        for _ in range(numbers.next()):
            offset += numbers.next()
            attempts, due = numbers.next(), numbers.next()
            if offset >= end:
                raise LedgerDecodeError("the group's state in Kafka goes beyond its own end")
            ledger.wait(offset, attempts, float(due))
        ledger.version = 0
        return ledger

    def _encode(self, start: int, end: int) -> str:
        plain: list[list[int]] = []
        special: list[tuple[int, int, int]] = []
        for offset in sorted(self._open):
            if offset >= end:
                break
            entry = self._open[offset]
            due = 0 if entry.held else int(entry.due)
            if entry.attempts != 1 or due:
                special.append((offset, entry.attempts, due))
            elif plain and plain[-1][0] + plain[-1][1] == offset:
                plain[-1][1] += 1
            else:
                plain.append([offset, 1])
        data = bytearray()
        _append(data, end - start)
        _append(data, len(plain))
        last = start
        for offset, run in plain:
            _append(data, offset - last)
            _append(data, run)
            last = offset + run
        _append(data, len(special))
        last = start
        for offset, attempts, due in special:
            _append(data, offset - last)
            _append(data, attempts)
            _append(data, due)
            last = offset
        return f"{_FORMAT}:{base64.b85encode(zlib.compress(bytes(data), 6)).decode()}"

    def _is_latest(self, offset: int, attempt: int) -> bool:
        entry = self._open.get(offset)
        return entry is not None and entry.attempts == attempt


def _append(data: bytearray, number: int) -> None:
    """Append a number as LEB128, seven bits a byte."""
    while number > 0x7F:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    data.append(number)


class _Numbers:
    """Reads what `_append` wrote. Raises LedgerDecodeError at its end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def next(self) -> int:
        number = shift = 0
        while True:
            if self._at >= len(self._data) or shift > 63:
                raise LedgerDecodeError("the group's state in Kafka ends too soon")
            byte = self._data[self._at]
            self._at += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number


def now() -> float:
    """Return the time by which messages are due: Unix seconds, as the next holder of a partition may be elsewhere."""
    return time.time()
