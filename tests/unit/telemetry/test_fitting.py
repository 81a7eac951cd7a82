"""Rows that grew too large on becoming columns are cut until they fit."""

import json
from typing import Any

import numpy as np
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from a11i_telemetry.batch import SpanBatch, row_ends
from a11i_telemetry.fitting import MAX_ROW_BYTES, TOO_LARGE
from a11i_telemetry.received import ReceivedBatch, decode
from a11i_telemetry.signals import Signal

MIB = 1024**2


def decoded(request: Any, signal: Signal = Signal.SPANS, items: int = 3) -> SpanBatch:
    return decode(ReceivedBatch("b", "t", "p", 5, signal, items, request.SerializeToString()).encode())


def three_spans() -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for number in range(1, 4):
        spans.add(trace_id=b"t" * 16, span_id=number.to_bytes(8, "big"), name=f"span {number}")
    return request


def add_messages(span: Any) -> None:
    for _ in range(3):
        event = span.events.add(name="gen_ai.user.message")
        event.attributes.add(key="content").value.string_value = json.dumps({"text": "x\n" * 400_000})


def add_array(span: Any) -> None:
    value = span.attributes.add(key="list").value.array_value.values.add()
    value.string_value = "\x01" * (2 * MIB + MIB // 2)


def add_text(span: Any) -> None:
    span.attributes.add(key="input.value").value.string_value = "x" * (3 * MIB)


@pytest.mark.parametrize("grow", [add_messages, add_array, add_text])
def test_a_span_that_grew_is_cut_and_says_so_and_its_neighbours_are_as_they_were(grow: Any) -> None:
    request = three_spans()
    plain = decoded(request).columns
    grow(request.resource_spans[0].scope_spans[0].spans[1])
    columns = decoded(request).columns
    assert np.diff(row_ends(columns)).max() <= MAX_ROW_BYTES
    assert columns["name"].to_pylist() == ["span 1", "span 2", "span 3"]
    assert columns.schema == plain.schema
    assert all(defect.startswith(TOO_LARGE) for defect in columns["defects"][1].as_py()[-1:])
    for row in (0, 2):
        assert repr(columns.slice(row, 1).to_pylist()) == repr(plain.slice(row, 1).to_pylist())
    columns.validate(full=True)


def test_a_log_record_that_grew_is_cut() -> None:
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add()
    record.body.array_value.values.add(string_value="\x01" * (2 * MIB + MIB // 2))
    columns = decoded(request, Signal.LOGS, 1).columns
    assert np.diff(row_ends(columns)).max() <= MAX_ROW_BYTES
