"""SpanBatch: encode, decode, replace columns, split."""

import itertools
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from a11i.telemetry.v1 import span_batch_pb2
from a11i_telemetry.batch import BatchDecodeError, SchemaVersionError, SpanBatch
from a11i_telemetry.otlp import decode_traces
from a11i_telemetry.schema import SCHEMA_MAJOR
from tests.unit.telemetry.otlp_strategies import REQUESTS


def _batch(columns: pa.RecordBatch) -> SpanBatch:
    return SpanBatch(
        batch_id="b",
        tenant_id="tenant",
        project_id="project",
        received_time_ns=1_790_000_000_123_456_789,
        columns=columns,
        traceparent="00-" + "1" * 32 + "-" + "2" * 16 + "-01",
        key_id="key-1",
    )


def _spans(*texts: str) -> SpanBatch:
    request = ExportTraceServiceRequest()
    scope_spans = request.resource_spans.add().scope_spans.add()
    for number, text in enumerate(texts, start=1):
        span = scope_spans.spans.add(trace_id=b"t" * 16, span_id=bytes([number]) * 8, name=f"span {number}")
        span.attributes.add(key="gen_ai.tool.call.result").value.string_value = text
        span.attributes.add(key="text").value.string_value = text[:100]
    return _batch(decode_traces(request.SerializeToString()).columns)


@settings(max_examples=30, deadline=None)
@given(REQUESTS)
def test_a_batch_survives_encoding(request: ExportTraceServiceRequest) -> None:
    batch = _batch(decode_traces(request.SerializeToString()).columns)
    decoded = SpanBatch.decode(batch.encode())
    assert replace(decoded, columns=batch.columns) == batch
    assert repr(decoded.columns.to_pylist()) == repr(batch.columns.to_pylist())  # as text, NaN equals itself
    assert decoded.encode() == batch.encode()


@settings(max_examples=30, deadline=None)
@given(REQUESTS, st.integers(1, 5000))
def test_parts_hold_every_span_once_and_in_order(request: ExportTraceServiceRequest, max_bytes: int) -> None:
    batch = _batch(decode_traces(request.SerializeToString()).columns)
    parts = [SpanBatch.decode(part.encode()) for part in batch.split(max_bytes)]
    joined = pa.Table.from_batches([part.columns for part in parts], batch.columns.schema)
    assert repr(joined.to_pylist()) == repr(batch.columns.to_pylist())
    ends = [0, *itertools.accumulate(part.columns.num_rows for part in parts)]
    assert [part.batch_id for part in parts] == [f"b-{start}-{end}" for start, end in itertools.pairwise(ends)]
    # Where a batch came from does not matter: what travelled, or was cut out of another, is split alike.
    again = SpanBatch.decode(batch.encode()).split(max_bytes)
    assert [part.encode() for part in again] == [part.encode() for part in batch.split(max_bytes)]
    for part in parts:
        assert [len(piece.columns) for piece in part.split(max_bytes)] == [len(part.columns)]


@settings(max_examples=30, deadline=None)
@given(REQUESTS, st.integers(1, 5000), st.integers(1, 5000))
def test_parts_of_one_id_hold_the_same_spans_wherever_the_cuts_are(
    request: ExportTraceServiceRequest, max_bytes: int, other_max_bytes: int
) -> None:
    batch = _batch(decode_traces(request.SerializeToString()).columns)
    parts = {part.batch_id: part.encode() for part in batch.split(max_bytes)}
    others = {part.batch_id: part.encode() for part in batch.split(other_max_bytes)}
    assert all(parts[part_id] == others[part_id] for part_id in parts.keys() & others.keys())


def test_parts_are_about_as_large_as_asked_for() -> None:
    parts = _spans(*["x" * 10_000] * 50).split(100_000)
    sizes = [len(part.encode()) for part in parts]
    assert len(parts) == 6
    assert all(80_000 < size < 125_000 for size in sizes[:-1])


def test_a_large_span_has_a_part_of_its_own() -> None:
    parts = _spans("a", "b" * 50_000, "c").split(10_000)
    assert [part.columns.column("name").to_pylist() for part in parts] == [["span 1"], ["span 2"], ["span 3"]]


def test_columns_are_replaced_by_name() -> None:
    batch = _spans("a", "b")
    replaced = batch.with_columns(tool_result=pa.array(["", "c"]), withheld_values=pa.array([1, 0]))
    assert replaced.columns.column("tool_result").to_pylist() == ["", "c"]
    assert replaced.columns.column("withheld_values").to_pylist() == [1, 0]
    assert replaced.columns.schema == batch.columns.schema
    assert batch.columns.column("tool_result").to_pylist() == ["a", "b"]


def test_a_column_that_does_not_exist_cannot_be_replaced() -> None:
    with pytest.raises(KeyError, match="input_mesages"):
        _spans("a").with_columns(input_mesages=pa.array(["typing error"]))


def test_columns_that_a_newer_minor_added_are_passed_through() -> None:
    batch = _spans("a")
    newer = _batch(batch.columns.append_column("mood", pa.array(["good"])))
    decoded = SpanBatch.decode(newer.encode()).with_columns(tool_result=pa.array(["b"]))
    assert SpanBatch.decode(decoded.encode()).columns.column("mood").to_pylist() == ["good"]


def test_an_unknown_major_is_refused() -> None:
    envelope = span_batch_pb2.SpanBatch.FromString(_spans("a").encode())
    envelope.schema_version.major = SCHEMA_MAJOR + 1
    with pytest.raises(SchemaVersionError, match=str(SCHEMA_MAJOR + 1)):
        SpanBatch.decode(envelope.SerializeToString())


@pytest.mark.parametrize(
    "damage",
    [
        lambda envelope: envelope.ClearField("arrow_ipc"),
        lambda envelope: setattr(envelope, "arrow_ipc", envelope.arrow_ipc[:200]),
        lambda envelope: setattr(envelope, "arrow_ipc", envelope.arrow_ipc[:-2000]),
        lambda envelope: setattr(envelope, "arrow_ipc", b"no arrow at all"),
        lambda envelope: setattr(envelope, "span_count", 2),
    ],
)
def test_a_damaged_batch_is_refused(damage: object) -> None:
    envelope = span_batch_pb2.SpanBatch.FromString(_spans("a").encode())
    damage(envelope)  # type: ignore[operator]  # one of the functions above
    with pytest.raises(BatchDecodeError):
        SpanBatch.decode(envelope.SerializeToString())


def test_what_is_no_batch_is_refused() -> None:
    with pytest.raises(BatchDecodeError):
        SpanBatch.decode(b"\xff")


def test_a_batch_without_the_columns_of_its_version_is_refused() -> None:
    batch = _spans("a")
    with pytest.raises(BatchDecodeError, match="columns"):
        SpanBatch.decode(_batch(batch.columns.drop_columns(["user_id"])).encode())
