"""What a dead letter holds: read whatever it is, with everything that can be text marked as such."""

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a11i_bus.topology import SPANS_RECEIVED, SPANS_TOKENIZED
from a11i_delivery.contents import MAX_ITEMS, RawField, UnreadableError, read_items
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.signals import COLUMNS, SCHEMAS, Signal

TENANT = "tenant-1"


def batch(signal: Signal, row: dict[str, object], rows: int = 1) -> SpanBatch:
    schema = SCHEMAS[signal]
    columns = pa.RecordBatch.from_pylist([row] * rows, schema=schema)
    return SpanBatch("batch", TENANT, "project", 1_700_000_000_000_000_000, columns, signal=signal)


def read(spans: SpanBatch) -> dict[str, RawField]:
    (item,) = read_items(spans.encode(), SPANS_TOKENIZED, TENANT)
    return {field.name: field for field in item}


@pytest.mark.parametrize("signal", Signal)
def test_every_column_that_can_hold_text_is_marked(signal: Signal) -> None:
    values: dict[str, object] = {}
    for column in COLUMNS[signal]:
        if pa.types.is_string(column.arrow):
            values[column.name] = "text"
        elif pa.types.is_list(column.arrow) and pa.types.is_string(column.arrow.value_type):
            values[column.name] = ["text"]
        elif pa.types.is_map(column.arrow):
            kind = column.arrow.item_type
            values[column.name] = [("text", "text" if pa.types.is_string(kind) else pa.types.is_boolean(kind) or 1)]
    found = read(batch(signal, values))
    assert values.keys() <= found.keys()
    for name, field in found.items():
        assert field.is_text or "text" not in field.value, name
    marked = {column.name for column in COLUMNS[signal] if column.text}
    assert all(found[name].is_text for name in marked & found.keys())


def test_values_are_as_people_read_them() -> None:
    found = read(
        batch(
            Signal.SPANS,
            {
                "trace_id": bytes(range(16)),
                "start_time": 1_700_000_000_000_000_001,
                "input_tokens": 7,
                "attr_int": [("retries", 3)],
                "finish_reasons": ["stop"],
            },
        )
    )
    assert found["trace_id"] == RawField("trace_id", "000102030405060708090a0b0c0d0e0f", is_text=False)
    assert found["start_time"].value == "2023-11-14T22:13:20.000000001Z"
    assert found["input_tokens"] == RawField("input_tokens", "7", is_text=False)
    assert found["attr_int"] == RawField("attr_int", json.dumps({"retries": 3}), is_text=True)
    assert found["finish_reasons"].value == '["stop"]'
    assert "name" not in found


def test_a_column_that_is_not_known_here_counts_as_text() -> None:
    spans = batch(Signal.SPANS, {"name": "a"})
    newer = spans.columns.append_column(pa.field("newer_number", pa.int64()), pa.array([7]))
    found = read(SpanBatch("batch", TENANT, "project", 0, newer))
    assert found["newer_number"] == RawField("newer_number", "7", is_text=True)


def test_so_many_items_are_read() -> None:
    assert len(read_items(batch(Signal.SPANS, {}, 25).encode(), SPANS_TOKENIZED, TENANT)) == MAX_ITEMS


def test_a_batch_of_another_tenant_is_not_shown() -> None:
    with pytest.raises(UnreadableError, match="another tenant"):
        read_items(batch(Signal.SPANS, {"name": "theirs"}).encode(), SPANS_TOKENIZED, "tenant-2")


@given(payload=st.binary(max_size=300), topic=st.sampled_from([SPANS_RECEIVED, SPANS_TOKENIZED]))
def test_any_bytes_are_refused_without_a_word_of_them(payload: bytes, topic: str) -> None:
    with pytest.raises(UnreadableError, match=r"^the batch (cannot be decoded|is of a schema version)"):
        read_items(payload, topic, TENANT)


@given(st.data())
def test_damaged_batches_are_shown_or_refused(data: st.DataObject) -> None:
    payload = bytearray(batch(Signal.SPANS, {"name": "a"}).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    try:
        items = read_items(bytes(payload), SPANS_TOKENIZED, TENANT)
    except UnreadableError:
        return
    assert len(items) <= MAX_ITEMS
