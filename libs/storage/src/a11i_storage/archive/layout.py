"""Where objects lie in the archive:

    v1/tenant=<id>/project=<id>/signal=<spans|...>/date=<YYYY-MM-DD>/hour=<HH>/<32 hexadecimal digits>.parquet

Date and hour are of received_time, in UTC. Ids are percent-encoded. The form is Hive's, which DuckDB, ClickHouse and
others read as columns.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote, unquote

from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.signals import Signal

ROOT: Final = "v1"
SUFFIX: Final = ".parquet"
_NAME_BYTES: Final = 16
_NS_PER_S: Final = 1_000_000_000
NAMES: Final = {
    Signal.SPANS: "spans",
    Signal.LOGS: "logs",
    Signal.METRICS: "metrics",
    Signal.ISSUES: "issues",
}
"""What each signal is called in a key."""


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """The objects of an hour of one signal of a project. Partitions are in order of time."""

    hour: datetime
    """When it begins, in UTC."""
    tenant_id: str
    project_id: str
    signal: Signal

    @classmethod
    def of(cls, batch: SpanBatch) -> "Partition":
        """Return where a batch belongs."""
        received = datetime.fromtimestamp(batch.received_time_ns // _NS_PER_S, UTC)
        hour = received.replace(minute=0, second=0, microsecond=0)
        return cls(hour, batch.tenant_id, batch.project_id, batch.signal)

    @property
    def prefix(self) -> str:
        """The part of its keys before the name."""
        project = project_prefix(self.tenant_id, self.project_id)
        return f"{project}/signal={NAMES[self.signal]}/date={self.hour:%Y-%m-%d}/hour={self.hour:%H}"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows are meant."""

    tenant_id: str
    project_id: str
    """Empty: all projects."""
    signals: frozenset[Signal]
    start_ns: int
    """Received at or after this time, nanoseconds since the epoch."""
    end_ns: int
    """Received before this time."""

    @property
    def first_hour(self) -> datetime:
        """The hour in which it begins."""
        start = datetime.fromtimestamp(self.start_ns // _NS_PER_S, UTC)
        return start.replace(minute=0, second=0, microsecond=0)

    @property
    def end(self) -> datetime:
        """No hour that begins at or after this time holds any of it."""
        return datetime.fromtimestamp(self.end_ns // _NS_PER_S, UTC) + timedelta(seconds=1)


def tenant_prefix(tenant_id: str) -> str:
    """Return the part of all keys of a tenant."""
    return f"{ROOT}/tenant={quote(tenant_id, safe='')}"


def project_prefix(tenant_id: str, project_id: str) -> str:
    """Return the part of all keys of a project."""
    return f"{tenant_prefix(tenant_id)}/project={quote(project_id, safe='')}"


def values(names: Iterable[str], key: str) -> list[str]:
    """Return the values of the names of the form "<key>=<value>"; others are not the archive's."""
    return [unquote(name.removeprefix(f"{key}=")) for name in names if name.startswith(f"{key}=")]


def hour(date: str, name: str) -> datetime | None:
    """Return the hour of that name and date; None if they are not the archive's."""
    try:
        return datetime.strptime(f"{date} {name}", "%Y-%m-%d %H").replace(tzinfo=UTC)
    except ValueError:
        return None


def object_name(batches: Iterable[SpanBatch]) -> str:
    """Return the name of the object that holds these batches: the same for the same rows, in any order."""
    rows = sorted([one.batch_id, one.first_item, one.columns.num_rows, one.replay] for one in batches)
    digest = hashlib.blake2b(json.dumps(rows).encode(), digest_size=_NAME_BYTES)
    return digest.hexdigest() + SUFFIX
