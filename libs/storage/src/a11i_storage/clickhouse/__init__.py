"""Spans in ClickHouse: migrations, writing, reading. Works against a server and the embedded engine's HTTP front."""

from a11i_storage.clickhouse.connection import ClickHouse, open_clickhouse
from a11i_storage.clickhouse.migrator import migrate
from a11i_storage.clickhouse.reader import (
    SPAN_SCHEMA,
    ClickHouseSpanReader,
    Cursor,
    StoredTrace,
    TraceFilter,
    TracePage,
    TraceSummary,
)
from a11i_storage.clickhouse.settings import ClickHouseSettings
from a11i_storage.clickhouse.statements import Scope
from a11i_storage.clickhouse.writer import ClickHouseSpanWriter

__all__ = [
    "SPAN_SCHEMA",
    "ClickHouse",
    "ClickHouseSettings",
    "ClickHouseSpanReader",
    "ClickHouseSpanWriter",
    "Cursor",
    "Scope",
    "StoredTrace",
    "TraceFilter",
    "TracePage",
    "TraceSummary",
    "migrate",
    "open_clickhouse",
]
