"""Storing spans, log records, metric points and ingest's issues."""

import time
from collections.abc import Callable, Sequence

import pyarrow as pa
import structlog

from a11i_chassis import metrics
from a11i_chassis.errors import PermanentError
from a11i_storage.clickhouse.connection import ClickHouse
from a11i_storage.clickhouse.rows import to_rows, unknown_columns
from a11i_storage.clickhouse.tables import TABLES, SignalTable
from a11i_telemetry.batch import SpanBatch

_log = structlog.get_logger(__name__)


class ClickHouseWriter:
    """Writes the rows of each signal to its table. Safe for concurrent tasks."""

    def __init__(self, clickhouse: ClickHouse, *, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._clickhouse = clickhouse
        self._now_ns = now_ns
        self._next_stored_ns = 0
        self._reported: frozenset[str] = frozenset()

    async def insert(self, batches: Sequence[SpanBatch]) -> None:
        """Store the rows of `batches`, in one insert a signal. They are durable and visible on return.

        Idempotent: a row stored again, with this batch or another, is read once: in the version received last, and of
        versions received at once in the one stored last. After an error some of the rows may be stored, so insert the
        batches again.
        Raises UnavailableError (try again; the rows are not at fault), PermanentError (ClickHouse refuses these rows).
        """
        for signal, table in TABLES.items():
            of_signal = [batch for batch in batches if batch.signal is signal and batch.columns.num_rows]
            if of_signal:
                await self._insert(table, of_signal)

    async def _insert(self, table: SignalTable, batches: Sequence[SpanBatch]) -> None:
        self._report_unknown(unknown_columns(table, batches))
        try:
            rows = to_rows(table, batches, self._stored_time_ns(sum(batch.columns.num_rows for batch in batches)))
        except pa.ArrowException as error:
            raise PermanentError("a batch's columns cannot be brought to the types of the table") from error
        await self._clickhouse.insert(table.name, rows)

    def _stored_time_ns(self, rows: int) -> int:
        """Return the time from which on `rows` rows are stored, a nanosecond apart; never again one that was given."""
        start_ns = max(self._now_ns(), self._next_stored_ns)
        self._next_stored_ns = start_ns + rows
        return start_ns

    def _report_unknown(self, unknown: frozenset[str]) -> None:
        """Count columns of a newer schema minor, which this version does not store, and log each name once."""
        for name in unknown:
            metrics.STORE_DROPPED_COLUMNS.labels(name).inc()
        if new := unknown - self._reported:
            self._reported |= new
            _log.warning("columns_not_stored", columns=sorted(new), hint="upgrade this service")
