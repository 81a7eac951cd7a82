"""How far a repricing has come, and what it is about to write, in the words that are kept of it."""

import json
import uuid
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from a11i_storage.clickhouse.call_costs import FIRST, LAST, CallRange, Slice
from a11i_storage.postgres.repricings import RepricingProgress

Place = list[Any]
"""Start of the day, project and last trace, in hexadecimal digits: places compare as they follow each other."""


@dataclass(frozen=True, slots=True)
class Staged:
    """Costs that are worked out and not yet known to be written."""

    slice_id: uuid.UUID
    part: Slice
    count: int
    """Costs that are kept under the id."""
    after: RepricingProgress
    """What is reached once they are written."""


def place(part: Slice) -> Place:
    """Return where a slice ends."""
    return [part.calls.start_ns, part.calls.project_id, part.last.hex()]


def reached(progress: RepricingProgress) -> Place:
    """Return the place that is done; nothing is before the first."""
    return json.loads(progress.position) if progress.position else []


def resume(progress: RepricingProgress, day: CallRange) -> bytes | None:
    """Return the trace of a day after which to go on; None: all of the day is done."""
    done = reached(progress)
    if done >= [day.start_ns, day.project_id, LAST.hex()]:
        return None
    return bytes.fromhex(done[2]) if done[:2] == [day.start_ns, day.project_id] else FIRST


def passed(progress: RepricingProgress, part: Slice) -> RepricingProgress:
    """Return the progress with a slice done. Of its day others may be left."""
    return replace(progress, position=json.dumps(place(part)), done_until_ns=part.calls.start_ns)


def encode(staged: Staged) -> str:
    """Return it as JSON."""
    part, after = staged.part, staged.after
    return json.dumps(
        {
            "slice_id": str(staged.slice_id),
            "tenant_id": part.calls.tenant_id,
            "project_id": part.calls.project_id,
            "start_ns": part.calls.start_ns,
            "end_ns": part.calls.end_ns,
            "after_trace": part.after.hex(),
            "last_trace": part.last.hex(),
            "count": staged.count,
            "call_count": after.call_count,
            "changed_count": after.changed_count,
            "before_usd": str(after.before_usd),
            "after_usd": str(after.after_usd),
            "unpriced_before_count": after.unpriced_before_count,
            "unpriced_after_count": after.unpriced_after_count,
        }
    )


def decode(text: str) -> Staged:
    """Return what `encode` made text of."""
    kept: dict[str, Any] = json.loads(text)
    calls = CallRange(kept["tenant_id"], kept["project_id"], kept["start_ns"], kept["end_ns"])
    part = Slice(calls, bytes.fromhex(kept["after_trace"]), bytes.fromhex(kept["last_trace"]))
    after = RepricingProgress(
        "",
        calls.start_ns,
        kept["call_count"],
        kept["changed_count"],
        Decimal(kept["before_usd"]),
        Decimal(kept["after_usd"]),
        kept["unpriced_before_count"],
        kept["unpriced_after_count"],
    )
    return Staged(uuid.UUID(kept["slice_id"]), part, kept["count"], passed(after, part))
