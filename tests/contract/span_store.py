"""The store of spans as one test sees it."""

from dataclasses import dataclass
from typing import Any

from a11i_storage.clickhouse import (
    ClickHouse,
    ClickHouseSpanReader,
    ClickHouseWriter,
    Scope,
    StoredTrace,
    TraceFilter,
    TraceSummary,
)
from tests.contract.stored_spans import NOON_NS, S, batch, trace_id


@dataclass(frozen=True, slots=True)
class Store:
    """The store as one test sees it: in a project of its own."""

    clickhouse: ClickHouse
    writer: ClickHouseWriter
    reader: ClickHouseSpanReader
    scope: Scope

    async def put(self, *spans: dict[str, Any], **options: Any) -> None:
        await self.writer.insert([batch(*spans, **{"scope": self.scope, **options})])

    async def trace(self, name: object = "trace", *, limit: int = 1000, max_bytes: int = 2**24) -> StoredTrace | None:
        return await self.reader.get_trace(self.scope, trace_id(name), limit=limit, max_bytes=max_bytes)

    async def summary(self, name: object = "trace") -> TraceSummary:
        found = await self.trace(name)
        assert found is not None
        return found.summary

    async def listed(self, *, limit: int = 50, **which: Any) -> list[bytes]:
        page = await self.reader.list_traces(self.scope, around_noon(**which), limit=limit)
        return [one.trace_id for one in page.traces]

    async def count(self, sql: str, **parameters: str) -> int:
        table = await self.clickhouse.query(sql, parameters)
        number: int = table.column(0)[0].as_py()
        return number


def around_noon(**which: Any) -> TraceFilter:
    """The day around the tests' noon."""
    return TraceFilter(**{"start_time_ns": NOON_NS - 12 * 3600 * S, "end_time_ns": NOON_NS + 12 * 3600 * S, **which})
