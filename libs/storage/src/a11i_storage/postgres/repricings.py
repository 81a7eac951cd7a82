"""Repricings of stored calls, as values."""

import enum
import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


class RepricingState(enum.IntEnum):
    """How a repricing stands; numbers as in a11i.tokenization.v1.RepricingState."""

    RUNNING = 1
    DONE = 2
    CANCELLED = 3
    FAILED = 4


@dataclass(frozen=True, slots=True)
class NewRepricing:
    """What somebody orders."""

    id: uuid.UUID
    tenant_id: str
    project_id: str
    """Empty: all projects."""
    start_ns: int
    end_ns: int
    unpriced_only: bool
    dry_run: bool
    actor: str
    request_id: str
    """The caller's name for the order: within the tenant there is one of that name."""
    default_tables: str
    """The default price tables, by name and version."""
    own_version: int
    """Of the tenant's own prices; 0: it has none."""


@dataclass(frozen=True, slots=True)
class RepricingProgress:
    """How far a repricing has come."""

    position: str
    """What is done, in the words of whoever carries it out; empty: nothing."""
    done_until_ns: int
    """Everything that began before is done."""
    call_count: int = 0
    changed_count: int = 0
    before_usd: Decimal = Decimal(0)
    after_usd: Decimal = Decimal(0)
    unpriced_before_count: int = 0
    unpriced_after_count: int = 0


@dataclass(frozen=True, slots=True)
class Repricing:
    """An order and what became of it."""

    order: NewRepricing
    create_time: datetime
    state: RepricingState
    failure: str
    finish_time: datetime | None
    staged: str
    """Costs that are worked out and about to be written, in the words of whoever does; empty: none."""
    progress: RepricingProgress
