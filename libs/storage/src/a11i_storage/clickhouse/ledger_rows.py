"""Entries of the ledger and audits as rows."""

from collections.abc import Iterable
from typing import Any, Final

import pyarrow as pa

from a11i.telemetry.v1 import ledger_entries_pb2
from a11i_storage.clickhouse.ledger_books import Audit
from a11i_telemetry.schema import TIME

_NS_PER_S: Final = 1_000_000_000
_MAX_SECONDS: Final = 7_258_118_400
"""The year 2200: beyond, nanoseconds do not fit."""

_ENTRY_FIELDS: Final[list[Any]] = [
    pa.field("tenant_id", pa.string()),
    pa.field("project_id", pa.string()),
    pa.field("signal", pa.uint8()),
    pa.field("batch_id", pa.string()),
    pa.field("replay", pa.string()),
    pa.field("outcome", pa.uint8()),
    pa.field("reason", pa.string()),
    pa.field("first_item", pa.uint32()),
    pa.field("item_count", pa.uint32()),
    pa.field("received_time", TIME),
    pa.field("time", TIME),
    pa.field("inserted_time", TIME),
]
_AUDIT_FIELDS: Final[list[Any]] = [
    pa.field("time", TIME),
    pa.field("verdict", pa.uint8()),
    pa.field("since_time", TIME),
    pa.field("missing_batches", pa.uint64()),
    pa.field("phantom_items", pa.uint64()),
    pa.field("open_batches", pa.uint64()),
    pa.field("lag_s", pa.float64()),
    pa.field("summary", pa.string()),
    pa.field("topics", pa.list_(pa.string())),
    pa.field("backlogs", pa.list_(pa.uint64())),
    pa.field("handled_time", TIME),
]

ENTRY_SCHEMA: Final = pa.schema(_ENTRY_FIELDS)
AUDIT_SCHEMA: Final = pa.schema(_AUDIT_FIELDS)


def entry_rows(entries: Iterable[ledger_entries_pb2.LedgerEntry], inserted_ns: int) -> pa.Table:
    """Return rows of `ledger_entries`. Entries of no rows, which say nothing, are left out."""
    columns: list[list[Any]] = [[] for _ in ENTRY_SCHEMA]
    for one in entries:
        if not one.item_count:
            continue
        values = (
            one.tenant_id,
            one.project_id,
            one.signal & 0xFF,
            one.batch_id,
            one.replay,
            one.outcome & 0xFF,
            one.reason,
            one.first_item,
            one.item_count,
            _ns(one.received_time.seconds, one.received_time.nanos),
            _ns(one.time.seconds, one.time.nanos),
            inserted_ns,
        )
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    return pa.Table.from_arrays(
        [pa.array(column, field.type) for column, field in zip(columns, ENTRY_SCHEMA, strict=True)],
        schema=ENTRY_SCHEMA,
    )


def audit_rows(audit: Audit) -> pa.Table:
    """Return a row of `ledger_audits`."""
    row = {
        "time": audit.time_ns,
        "verdict": audit.verdict.value,
        "since_time": audit.since_ns,
        "missing_batches": audit.missing_batches,
        "phantom_items": audit.phantom_items,
        "open_batches": audit.open_batches,
        "lag_s": audit.lag_s,
        "summary": audit.summary,
        "topics": list(audit.backlogs),
        "backlogs": list(audit.backlogs.values()),
        "handled_time": audit.handled_ns,
    }
    return pa.Table.from_pylist([row], schema=AUDIT_SCHEMA)


def _ns(seconds: int, nanos: int) -> int:
    """Return a time that the store can hold, whatever an entry says."""
    return min(max(seconds, 0), _MAX_SECONDS) * _NS_PER_S + min(max(nanos, 0), _NS_PER_S - 1)
