"""Every signal, and the ledger, in ClickHouse (a server, or the embedded engine behind HTTP)."""

from a11i_storage.clickhouse.call_costs import CallCostStore
from a11i_storage.clickhouse.connection import ClickHouse, open_clickhouse
from a11i_storage.clickhouse.ledger_store import LedgerStore
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
from a11i_storage.clickhouse.redaction_reader import (
    ClickHouseRedactionReader,
    RedactionFilter,
    RedactionGroup,
    Redactions,
    RedactionTotal,
)
from a11i_storage.clickhouse.settings import ClickHouseSettings
from a11i_storage.clickhouse.signal_reader import (
    EVENT_SCHEMA,
    ISSUE_SCHEMA,
    LOG_SCHEMA,
    METRIC_SCHEMA,
    ClickHouseSignalReader,
    IssueFilter,
    LogFilter,
    MetricFilter,
    RowCursor,
    RowPage,
    TimeRange,
    TraceEvents,
)
from a11i_storage.clickhouse.spending import ClickHouseSpending, SpendingQuestion, Spent, Sums
from a11i_storage.clickhouse.statements import Scope
from a11i_storage.clickhouse.usage_reader import ClickHouseUsageReader, TokenComparison, UnpricedModel, UsageFilter
from a11i_storage.clickhouse.writer import ClickHouseWriter

__all__ = [
    "EVENT_SCHEMA",
    "ISSUE_SCHEMA",
    "LOG_SCHEMA",
    "METRIC_SCHEMA",
    "SPAN_SCHEMA",
    "CallCostStore",
    "ClickHouse",
    "ClickHouseRedactionReader",
    "ClickHouseSettings",
    "ClickHouseSignalReader",
    "ClickHouseSpanReader",
    "ClickHouseSpending",
    "ClickHouseUsageReader",
    "ClickHouseWriter",
    "Cursor",
    "IssueFilter",
    "LedgerStore",
    "LogFilter",
    "MetricFilter",
    "RedactionFilter",
    "RedactionGroup",
    "RedactionTotal",
    "Redactions",
    "RowCursor",
    "RowPage",
    "Scope",
    "SpendingQuestion",
    "Spent",
    "StoredTrace",
    "Sums",
    "TimeRange",
    "TokenComparison",
    "TraceEvents",
    "TraceFilter",
    "TracePage",
    "TraceSummary",
    "UnpricedModel",
    "UsageFilter",
    "migrate",
    "open_clickhouse",
]
