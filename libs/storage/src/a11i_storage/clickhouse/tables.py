"""The tables of ClickHouse, one a signal: their columns, and what a row's place in them depends on."""

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from a11i_telemetry.schema import ENVELOPE_COLUMNS, Column
from a11i_telemetry.signals import COLUMNS, Signal

_ISSUE_ID: Final = Column(
    "issue_id",
    pa.binary(16),
    "FixedString(16)",
    "Digest of the batch that ingest made and the row's place in it: what is stored again is the same row.",
)


@dataclass(frozen=True, slots=True)
class SignalTable:
    """Where a signal's rows are stored."""

    name: str
    columns: tuple[Column, ...]
    """The signal's, in the order of its schema."""
    time: str
    """Column whose date is the row's partition, if it is near the receipt."""
    row_id: Column | None = None
    """Identity that the writer gives to rows that bring none."""

    @property
    def stored_columns(self) -> tuple[Column, ...]:
        """All columns, in the order in which rows are inserted."""
        own = () if self.row_id is None else (self.row_id,)
        return (*self.columns, *own, *self._envelope)

    @property
    def schema(self) -> pa.Schema:
        """The schema of inserted rows."""
        return pa.schema([pa.field(column.name, column.arrow) for column in self.stored_columns])

    @property
    def read_schema(self) -> pa.Schema:
        """The schema of rows as readers get them: the signal's columns, identity and received_time."""
        internal = {column.name for column in self._envelope} - {"received_time"}
        return pa.schema([field for field in self.schema if field.name not in internal])

    @property
    def _envelope(self) -> tuple[Column, ...]:
        """The envelope's columns, but for those that the signal has itself, as issues have `key_id`."""
        own = {column.name for column in self.columns}
        return tuple(column for column in ENVELOPE_COLUMNS if column.name not in own)


TABLES: Final = {
    Signal.SPANS: SignalTable("spans", COLUMNS[Signal.SPANS], time="start_time"),
    Signal.LOGS: SignalTable("logs", COLUMNS[Signal.LOGS], time="time"),
    Signal.METRICS: SignalTable("metric_points", COLUMNS[Signal.METRICS], time="time"),
    Signal.ISSUES: SignalTable("ingest_issues", COLUMNS[Signal.ISSUES], time="time", row_id=_ISSUE_ID),
}
