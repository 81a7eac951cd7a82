"""How a replay marks what it puts on the bus (`SpanBatch.replay`)."""

import uuid
from typing import Final

_UNCHANGED: Final = ".unchanged"


def replay_mark(job_id: uuid.UUID, number: int, *, unchanged: bool) -> str:
    """Return the mark of what a job put on the bus as its object of that number.

    `unchanged`: no stage changes it any more, so that the archive has it already as it will be stored.
    """
    return f"{job_id.hex}.{number}{_UNCHANGED if unchanged else ''}"


def is_unchanged(mark: str) -> bool:
    """Return whether a batch of that mark came from the archive and is as it was there."""
    return mark.endswith(_UNCHANGED)


def is_of(job_id: uuid.UUID, mark: str) -> bool:
    """Return whether that job made the mark."""
    return mark.startswith(f"{job_id.hex}.")
