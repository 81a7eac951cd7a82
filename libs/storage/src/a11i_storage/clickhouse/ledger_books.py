"""What the ledger holds, as values. Times are nanoseconds since the epoch, minutes are the seconds of their start."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

OPEN_LINE: Final = 100
PHANTOM_LINE: Final = 101
"""Outcomes of `ledger_minutes` that are not LedgerOutcome's."""


class Verdict(enum.IntEnum):
    """What an audit says; numbered as a11i.delivery.v1.AuditVerdict."""

    BALANCED = 1
    DRIFT = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class Tally:
    """What is open in a minute."""

    open_batches: int
    in_flight_items: int
    phantom_items: int
    """Rows that were stored or given up and that nobody sent."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Batches under way, by how far they had come at least: each counts in all that lie before."""

    queued: int = 0
    tokenized: int = 0
    redacted: int = 0

    def __add__(self, other: "Reached") -> "Reached":
        """Return the sums."""
        return Reached(self.queued + other.queued, self.tokenized + other.tokenized, self.redacted + other.redacted)


@dataclass(frozen=True, slots=True)
class Account:
    """What became of a project's rows of one signal."""

    tenant_id: str
    project_id: str
    signal: int
    lines: dict[int, int] = field(default_factory=dict)
    """Rows by outcome, the ledger's own lines among them."""
    rejected_reasons: dict[str, int] = field(default_factory=dict)
    dead_lettered_reasons: dict[str, int] = field(default_factory=dict)
    """Most first."""


@dataclass(frozen=True, slots=True)
class OpenBatch:
    """A batch of which rows are under way; fields as in a11i.delivery.v1.OpenBatch."""

    tenant_id: str
    project_id: str
    signal: int
    batch_id: str
    replay: str
    received_ns: int
    last_ns: int
    last_outcome: int
    item_count: int
    in_flight_count: int


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """Whose accounts are meant; empty: everybody's."""

    tenant_id: str = ""
    project_id: str = ""

    @property
    def parameters(self) -> dict[str, object]:
        """The values that `clauses` binds."""
        return {"tenant_id": self.tenant_id, "project_id": self.project_id}

    @property
    def clauses(self) -> dict[str, str]:
        """The conditions."""
        return {
            "tenant": "tenant_id = {tenant_id:String}" if self.tenant_id else "true",
            "project": "project_id = {project_id:String}" if self.project_id else "true",
        }


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found."""

    time_ns: int
    verdict: Verdict
    since_ns: int
    """Since when the verdict is what it is."""
    missing_batches: int = 0
    phantom_items: int = 0
    open_batches: int = 0
    lag_s: float = 0.0
    backlogs: Mapping[str, int] = field(default_factory=dict)
    """Messages by topic, in the order of the way."""
    summary: str = ""
    handled_ns: int = 0
    """Entries inserted by then are in the sums."""
