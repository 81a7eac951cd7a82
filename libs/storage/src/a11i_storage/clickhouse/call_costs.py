"""What stored calls cost, worked out anew: read by slices, and written as new versions of their rows.

Slices follow the primary key within a day and a project, so that each reads and copies rows that lie together.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from string import Template
from typing import Any, Final

import pyarrow as pa

from a11i_storage.clickhouse.calls_once import calls_once
from a11i_storage.clickhouse.connection import ClickHouse
from a11i_telemetry.schema import SCHEMA, TIME

DAY_NS: Final = 86_400_000_000_000
FIRST: Final = bytes(16)
"""Before all traces: no trace has this id."""
LAST: Final = b"\xff" * 16

VERSION_COLUMNS: Final = ("trace_id", "span_id", "received_time", "stored_time")
"""The columns that name a version of a row."""

COUNTS_ONCE: Final = "counts_once"
"""Whether a call's cost is in a total, and not that of another span for the same call."""


@dataclass(frozen=True, slots=True)
class CallRange:
    """Calls of a tenant that began in a time."""

    tenant_id: str
    project_id: str
    """Empty: of all projects."""
    start_ns: int
    end_ns: int

    @property
    def parameters(self) -> dict[str, object]:
        """The values that statements bind."""
        return {
            "tenant_id": self.tenant_id,
            "project_id": self.project_id,
            "start_ns": self.start_ns,
            "end_ns": self.end_ns,
        }


@dataclass(frozen=True, slots=True)
class Slice:
    """Calls of one project and day, by their traces."""

    calls: CallRange
    after: bytes
    """Traces after this one, as the store orders them."""
    last: bytes
    """Up to this one."""

    @property
    def parameters(self) -> dict[str, object]:
        """The values that statements bind."""
        return {**self.calls.parameters, "after": self.after.hex(), "last": self.last.hex()}


class CallCostStore:
    """Reads and writes costs of calls. Every method raises UnavailableError, and TooLargeError of too large a slice."""

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse

    async def days(self, calls: CallRange) -> list[CallRange]:
        """Return the range in parts of a day and a project, the earliest first; none without calls."""
        table = await self._clickhouse.query(statement("call_days").template, calls.parameters)
        return [
            CallRange(
                calls.tenant_id,
                row["project_id"],
                max(calls.start_ns, row["day"] * DAY_NS),
                min(calls.end_ns, (row["day"] + 1) * DAY_NS),
            )
            for row in table.to_pylist()
        ]

    async def next_slice(self, day: CallRange, after: bytes, size: int) -> Slice:
        """Return the slice that begins after a trace: `size` calls and what else is in the last of their traces.

        A row that a later one has replaced counts as a call. The slice ends at LAST if no more follow.
        """
        parameters = {**day.parameters, "after": after.hex(), "calls": size - 1}
        table = await self._clickhouse.query(statement("slice_end").template, parameters)
        last: Any = table["trace_id"][0].as_py() if table.num_rows else LAST
        return Slice(day, after, last)

    async def read(self, part: Slice, columns: Sequence[str], *, unpriced_only: bool) -> pa.RecordBatch:
        """Return these columns of a slice's calls, of the schema of a SpanBatch, VERSION_COLUMNS and COUNTS_ONCE."""
        fields = [_FIELDS[name] for name in dict.fromkeys((*VERSION_COLUMNS, *columns))]
        names = ", ".join(field.name for field in fields)
        filters = "isNull(total_cost_usd)" if unpriced_only else "true"
        sql = statement("slice_calls").substitute(columns=names, filters=filters)
        table = (await self._clickhouse.query(sql, part.parameters)).cast(pa.schema(fields)).combine_chunks()
        table = table.append_column(COUNTS_ONCE, await self._count_once(part, table))
        return next(iter(table.to_batches()), pa.RecordBatch.from_pylist([], schema=table.schema))

    async def _count_once(self, part: Slice, calls: pa.Table) -> Any:
        """Return which calls are in a trace's totals: of a wrapper and the call in it, the call."""
        sql = statement("slice_wrappers").substitute(calls_once())
        found = await self._clickhouse.query(sql, part.parameters)
        ids: list[Any] = found["id"].to_pylist()
        wrappers = set(zip(found["trace_id"].to_pylist(), (one.to_bytes(8, "little") for one in ids), strict=True))
        spans = zip(calls["trace_id"].to_pylist(), calls["span_id"].to_pylist(), strict=True)
        return pa.array([span not in wrappers for span in spans], pa.bool_())

    async def stage(self, slice_id: uuid.UUID, costs: pa.Table) -> None:
        """Keep new costs, as VERSION_COLUMNS and those that pricing fills, for `apply`. An id is used once."""
        ids: pa.Array[Any] = pa.repeat(str(slice_id), costs.num_rows)
        await self._clickhouse.insert("repriced_calls", costs.append_column("slice_id", ids))

    async def staged_count(self, slice_id: uuid.UUID) -> int:
        """Return how many costs of that id are kept; they are for three days."""
        sql = "SELECT count() AS calls FROM repriced_calls WHERE slice_id = {slice_id:UUID}"
        table = await self._clickhouse.query(sql, {"slice_id": str(slice_id)})
        return int(table["calls"][0].as_py())

    async def halves(self, slice_id: uuid.UUID, part: Slice) -> tuple[Slice, Slice] | None:
        """Return a slice in two, each with half of its traces that have costs of that id; None if only one has."""
        parameters = {**part.parameters, "slice_id": str(slice_id)}
        table = await self._clickhouse.query(statement("staged_traces").template, parameters)
        if table.num_rows < 2:
            return None
        middle: Any = table["trace_id"][(table.num_rows - 1) // 2].as_py()
        return replace(part, last=middle), replace(part, after=middle)

    async def apply(self, slice_id: uuid.UUID, part: Slice) -> None:
        """Write the costs of that id into the slice, as new versions of those rows that are still what was priced.

        Idempotent.
        """
        parameters = {**part.parameters, "slice_id": str(slice_id)}
        await self._clickhouse.command(statement("apply_slice").template, parameters)


_FIELDS: Final = {field.name: field for field in SCHEMA} | {
    name: pa.field(name, TIME) for name in ("received_time", "stored_time")
}


@cache
def statement(name: str) -> Template:
    """Return the SQL of `pricing_sql/<name>.sql`."""
    text = (resources.files(__package__) / "pricing_sql" / f"{name}.sql").read_text()
    return Template("\n".join(line for line in text.splitlines() if not line.startswith("--")))
