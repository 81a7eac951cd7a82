"""Replays of ranges of the archive, as values."""

import enum
import uuid
from dataclasses import dataclass
from datetime import datetime


class ReplayState(enum.IntEnum):
    """How far a replay has come; numbers as in a11i.delivery.v1.ReplayState."""

    RUNNING = 1
    DONE = 2
    CANCELLED = 3


@dataclass(frozen=True, slots=True)
class NewReplay:
    """What somebody orders."""

    id: uuid.UUID
    tenant_id: str
    project_id: str
    """Empty: all projects."""
    signals: tuple[int, ...]
    """As in a11i.telemetry.v1.Signal."""
    start_time: datetime
    end_time: datetime
    point: int
    """As in a11i.delivery.v1.ReplayPoint."""
    dry_run: bool
    actor: str
    peer: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a replay has come."""

    position: str = ""
    """The last object that is done, in the words of whoever carries it out; empty: none."""
    object_count: int = 0
    batch_count: int = 0
    row_count: int = 0
    unreadable_count: int = 0
    too_large_count: int = 0


@dataclass(frozen=True, slots=True)
class Replay:
    """An order and what became of it."""

    order: NewReplay
    create_time: datetime
    state: ReplayState
    cancel_actor: str
    cancel_peer: str
    finish_time: datetime | None
    progress: Progress
