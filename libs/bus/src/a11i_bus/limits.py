"""How large a batch may be at each step, so that it fits in the bus again after every step that makes it larger.

The bus's own limit is for dead letters, which hold a step's input sealed. What a stage publishes is the next step's
input, so it leaves room for the seal, and for the mark that a replay adds. What ingest publishes leaves room for what
the stages add besides.
"""

from typing import Final

from a11i_bus.port import Bus
from a11i_bus.sealing import SEAL_BYTES

RECEIVED_SHARE: Final = 0.75
"""Part of the bus's limit that a batch may take when it enters. The rest is for the columns that stages fill, such as
counts and prices, and for placeholders that are longer than what they stand for. A span that grows beyond even that
becomes a dead letter."""

_MARK_BYTES: Final = 128
"""What the name of a replay takes in an envelope, and more."""


def received_limit(bus: Bus) -> int:
    """Return the largest payload for `spans.received`. Raises TransientError while the bus has not told its limit."""
    return int(bus.max_payload_bytes * RECEIVED_SHARE)


def output_limit(bus: Bus) -> int:
    """Return the largest payload for a stage's output. Raises TransientError while the bus has not told its limit."""
    return bus.max_payload_bytes - SEAL_BYTES - _MARK_BYTES
