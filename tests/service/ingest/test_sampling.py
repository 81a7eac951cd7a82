"""Head sampling, as a project sees it."""

from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from a11i.auth.v1.auth_service_pb2 import IngestPolicy
from a11i_chassis import metrics
from tests.service.ingest.ingest_harness import Harness, running_ingest

KEPT, LEFT_OUT = b"k" * 9 + b"\xf0" * 7, b"l" * 9 + b"\x10" * 7
"""Trace ids whose last 7 bytes are over and under what a ratio of 0.5 keeps."""
HALF = IngestPolicy(sampling_ratio=0.5)
HALF_AND_ERRORS = IngestPolicy(sampling_ratio=0.5, keep_errors=True)


def _traces() -> bytes:
    """Two traces of two spans, one of them an error in each."""
    made = ExportTraceServiceRequest()
    spans = made.resource_spans.add().scope_spans.add().spans
    for trace_id in (KEPT, LEFT_OUT):
        spans.add(trace_id=trace_id, span_id=b"\x01" * 8, name="fine")
        spans.add(trace_id=trace_id, span_id=b"\x02" * 8, name="failed", status=Status(code=Status.STATUS_CODE_ERROR))
    return made.SerializeToString()


async def _send(ingest: Harness, policy: IngestPolicy | None) -> tuple[bytes, list[tuple[bytes, str]]]:
    """Send the traces; return the answer, and trace id and name of what was stored."""
    key = ingest.auth.add_tenant("sampled", policy)
    answer = await ingest.export(_traces(), [("authorization", f"Bearer {key}")])
    stored: list[tuple[Any, Any]] = []
    for batch in await ingest.stored():
        trace_ids, names = batch.columns.column("trace_id").to_pylist(), batch.columns.column("name").to_pylist()
        stored += zip(trace_ids, names, strict=True)
    return answer, stored


async def test_traces_are_kept_or_left_out_whole_and_the_client_is_told_of_success() -> None:
    counter = metrics.INGEST_ITEMS.labels("spans", "sampled_out")
    before = counter._value.get()
    async with running_ingest() as ingest:
        answer, stored = await _send(ingest, HALF)
    assert answer == b""
    assert stored == [(KEPT, "fine"), (KEPT, "failed")]
    assert counter._value.get() == before + 2


async def test_errors_are_kept_in_any_case_if_the_policy_says_so() -> None:
    async with running_ingest() as ingest:
        _, stored = await _send(ingest, HALF_AND_ERRORS)
    assert stored == [
        (KEPT, "fine"),
        (KEPT, "failed"),
        (LEFT_OUT, "failed"),
    ]


async def test_without_a_policy_everything_is_kept() -> None:
    async with running_ingest() as ingest:
        _, stored = await _send(ingest, None)
    assert len(stored) == 4


async def test_a_request_of_which_nothing_is_kept_is_a_success() -> None:
    async with running_ingest() as ingest:
        answer, stored = await _send(ingest, IngestPolicy(sampling_ratio=0))
    assert (answer, stored) == (b"", [])


async def test_a_changed_policy_is_followed_when_the_key_is_asked_about_again() -> None:
    async with running_ingest(key_ttl_s=0) as ingest:
        _, stored = await _send(ingest, HALF)
        assert len(stored) == 2
        _, stored = await _send(ingest, HALF_AND_ERRORS)
    assert len(stored) == 3


async def test_log_records_go_with_their_trace() -> None:
    made = ExportLogsServiceRequest()
    records = made.resource_logs.add().scope_logs.add().log_records
    for trace_id in (KEPT, LEFT_OUT, b""):
        records.add(trace_id=trace_id).body.string_value = "hello"
    async with running_ingest() as ingest:
        key = ingest.auth.add_tenant("sampled", HALF)
        channel: Any = ingest.channel  # Its stub wants a deserializer, which nothing here needs.
        export = channel.unary_unary(
            "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
            request_serializer=ExportLogsServiceRequest.SerializeToString,
        )
        await export(made, metadata=(("authorization", f"Bearer {key}"),), timeout=10)
        [batch] = await ingest.stored()
    assert batch.columns.num_rows == 2
