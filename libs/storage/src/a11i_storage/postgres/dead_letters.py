"""What is kept of dead letters, as values."""

import enum
import uuid
from dataclasses import dataclass
from datetime import datetime


class LetterState(enum.IntEnum):
    """What became of a letter; numbers as in a11i.delivery.v1.DeadLetterState."""

    WAITING = 1
    REPLAYING = 2
    REPLAYED = 3
    DISCARDED = 4


class ActionKind(enum.IntEnum):
    """What was done; numbers as in a11i.delivery.v1.DeadLetterActionKind."""

    REPLAY = 1
    DISCARD = 2
    EXPIRE = 3


@dataclass(frozen=True, slots=True)
class NewLetter:
    """A letter as it arrives."""

    id: uuid.UUID
    """The same for the same message given up by the same stage."""
    tenant_id: str
    project_id: str
    """Empty if the batch does not say; so are the signal (0), the batch id, the items (0) and the received time."""
    signal: int
    stage: str
    stage_version: int
    source_topic: str
    message_id: str
    batch_id: str
    item_count: int
    first_item: int
    """Where its first row stood in the batch that ingest made."""
    replay: str
    """Which replay had put its rows on the bus; empty if they came from ingest."""
    received_time: datetime | None
    reason: str
    error_type: str
    error_id: str
    tries: int
    time: datetime
    """When it was given up."""
    replay_of: uuid.UUID | None
    key_id: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it is kept, without what it holds."""

    id: uuid.UUID
    tenant_id: str
    project_id: str
    signal: int
    stage: str
    stage_version: int
    source_topic: str
    message_id: str
    batch_id: str
    item_count: int
    first_item: int
    """Where its first row stood in the batch that ingest made."""
    replay: str
    """Which replay had put its rows on the bus; empty if they came from ingest."""
    received_time: datetime | None
    reason: str
    error_type: str
    error_id: str
    tries: int
    first_time: datetime
    last_time: datetime
    state: LetterState
    replay_of: uuid.UUID | None
    replays: int
    """Replays so far, one under way included."""
    replay_topic: str
    """Where the latest of them puts it; empty if there was none."""
    key_id: str
    payload_bytes: int


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """Which letters of a tenant: all conditions hold; an empty one does not filter."""

    project_id: str = ""
    stage: str = ""
    reason: str = ""
    state: LetterState | None = None
    signal: int = 0
    batch_id: str = ""
    start_time: datetime | None = None
    end_time: datetime | None = None
    replay_of: uuid.UUID | None = None
    ids: tuple[uuid.UUID, ...] | None = None
    key_id: str = ""
    source_topics: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class PageCursor:
    """The last row of a page: the next one begins after it."""

    time: datetime
    id: uuid.UUID


@dataclass(frozen=True, slots=True)
class NewAction:
    """Something that somebody does with letters."""

    actor: str
    peer: str
    point: int = 0
    """As in a11i.delivery.v1.ReplayPoint."""
    filter: str = ""
    """The filter that chose them, in JSON; empty if they were named."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that was done with letters."""

    id: uuid.UUID
    kind: ActionKind
    actor: str
    peer: str
    time: datetime
    letter_count: int
    point: int
    filter: str


@dataclass(frozen=True, slots=True)
class Begun:
    """What an action takes."""

    action_id: uuid.UUID | None
    """None: there was nothing to take."""
    taken: int
    more: bool
    """Whether others match, too."""


@dataclass(frozen=True, slots=True)
class ReplayCounts:
    """What became of the letters that an action replays."""

    replayed: int
    pending: int
    refused: int
