"""Objects of the archive that older versions wrote."""

import json
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from a11i_storage.archive.layout import Partition
from a11i_storage.archive.tables import read_batches, read_footer, to_parquet
from a11i_storage.clickhouse import Scope
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.signals import SCHEMAS, Signal
from tests.contract.stored_signals import row, signal_batch
from tests.contract.stored_spans import NOON_NS, batch, span


def read(data: pa.Buffer, like: SpanBatch) -> list[SpanBatch]:
    footer = read_footer(pa.BufferReader(data))
    return read_batches(data, Partition.of(like), footer.runs)


def without_keys(data: pa.Buffer) -> pa.Buffer:
    """The object as it was written before batches knew their key."""
    table: Any = pq.read_table(pa.BufferReader(data))
    footer = json.loads(table.schema.metadata[b"a11i"])
    del footer["keys"]
    sink = pa.BufferOutputStream()
    pq.write_table(table.drop_columns(["key_id"]).replace_schema_metadata({b"a11i": json.dumps(footer)}), sink)
    return sink.getvalue()


@pytest.mark.parametrize("signal", [Signal.SPANS, Signal.ISSUES])
def test_batches_come_back_with_their_key(signal: Signal) -> None:
    issues = signal_batch(Signal.ISSUES, row(key_id="key-of-row"), scope=Scope("tenant", "project"))
    rows = replace(issues if signal is Signal.ISSUES else batch(span(name="a")), key_id="key-1")
    (found,) = read(to_parquet([rows], NOON_NS), rows)
    assert found == rows
    assert found.columns.schema.names == SCHEMAS[signal].names


def test_an_object_that_knows_no_keys_is_read() -> None:
    rows = replace(batch(span(name="a")), key_id="key-1")
    assert read(without_keys(to_parquet([rows], NOON_NS)), rows) == [replace(rows, key_id="")]
