"""What the ledger is told of dead letters."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from a11i.telemetry.v1 import span_batch_pb2
from a11i.telemetry.v1.ledger_entries_pb2 import (
    LEDGER_OUTCOME_DEAD_LETTERED,
    LEDGER_OUTCOME_DISCARDED,
    LEDGER_OUTCOME_REPLAYED,
    LedgerOutcome,
)
from a11i_bus.ledger import Entry, entry_of
from a11i_delivery.letters import replay_mark
from a11i_storage.postgres.dead_letters import Letter, NewLetter

_BATCH_ID: Final = re.compile(r"[0-9a-f]{32}")
"""As ingest makes them; messages' ids begin with them."""
_ALL_ITEMS: Final = 2**31
"""Over what any batch has: all of its items, if nobody can say how many those are."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def dead_lettered(letter: NewLetter) -> list[Entry]:
    """Return what to write of a letter that is kept."""
    reason = f"{letter.stage}/{letter.reason}"
    return _entries(letter, letter.replay, letter.time, LEDGER_OUTCOME_DEAD_LETTERED, reason)


def replayed(letter: Letter) -> list[Entry]:
    """Return what to write of a letter that is on the bus again: an account of its own."""
    return _entries(letter, replay_mark(letter), letter.first_time, LEDGER_OUTCOME_REPLAYED)


def discarded(letters: Sequence[Letter]) -> list[Entry]:
    """Return what to write of letters that were given up for good."""
    return [
        entry
        for letter in letters
        for entry in _entries(letter, letter.replay, letter.first_time, LEDGER_OUTCOME_DISCARDED)
    ]


def _entries(
    letter: NewLetter | Letter, replay: str, time: datetime, outcome: LedgerOutcome.ValueType, reason: str = ""
) -> list[Entry]:
    """Return the entry of a letter; none if nothing says which batch it is of, or it holds nothing."""
    known = _BATCH_ID.match(letter.batch_id)
    found = known or _BATCH_ID.match(letter.message_id)
    if found is None or (known and not letter.item_count):
        return []
    rows = span_batch_pb2.SpanBatch(
        batch_id=found[0],
        tenant_id=letter.tenant_id,
        project_id=letter.project_id,
        span_count=letter.item_count if known else _ALL_ITEMS,
        first_item=letter.first_item if known else 0,
        replay=replay,
        signal=letter.signal,  # type: ignore[arg-type]  # the store keeps its number
    )
    return [entry_of(rows, _ns(letter.received_time or time), outcome, reason=reason)]


def _ns(time: datetime) -> int:
    return (time - _EPOCH) // _MICROSECOND * 1000
