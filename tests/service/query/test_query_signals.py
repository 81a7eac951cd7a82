"""Logs, metric points and issues over gRPC, on a real store; and GenAI events joined to their spans."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from a11i.query.v1 import query_service_pb2 as pb
from a11i.telemetry.v1 import ingest_issue_pb2, metric_point_pb2, span_batch_pb2
from a11i_telemetry.signals import Signal
from tests.contract.stored_signals import row, row_id, signal_batch
from tests.contract.stored_spans import NOON_NS, S, span, span_id, trace_id
from tests.service.query.conftest import Caller
from tests.service.query.test_query import DAY, details

_TIMEOUT_S = 20
METHODS = {
    Signal.LOGS: ("ListLogs", pb.ListLogsRequest, "log_records"),
    Signal.METRICS: ("ListMetricPoints", pb.ListMetricPointsRequest, "metric_points"),
    Signal.ISSUES: ("ListIngestIssues", pb.ListIngestIssuesRequest, "ingest_issues"),
}
OTHERS = list(METHODS)


async def put(caller: Caller, signal: Signal, *rows: dict[str, Any], **options: Any) -> None:
    await caller.writer.insert([signal_batch(signal, *rows, **{"scope": caller.scope, **options})])


async def page(caller: Caller, signal: Signal, /, **fields: Any) -> tuple[list[Any], str]:
    """Return a page's rows and the token of the next."""
    name, request, items = METHODS[signal]
    call: Callable[..., Any] = getattr(caller.stub, name)
    answer = await call(request(**{**DAY, **fields}), metadata=caller.metadata, timeout=_TIMEOUT_S)
    return list(getattr(answer, items)), answer.next_page_token


async def test_a_log_record_comes_whole(caller: Caller) -> None:
    await put(
        caller,
        Signal.LOGS,
        row(
            "r", observed_time=NOON_NS + 5, severity_number=17, severity_text="ERROR", event_name="e", body="[1]",
            body_is_json=True, trace_id=trace_id("t"), span_id=span_id("s"), flags=1, service_name="shop",
            scope_name="lib", scope_version="1", scope_attributes='{"a":1}', resource_attributes='{"b":2}',
            resource_schema_url="https://r", scope_schema_url="https://s", attr_string=[("k", "v")],
            attr_json=[("l", "[1,2]")], dropped_attributes_count=3, input_messages="[1]", output_messages="[2]",
            system_instructions="[3]", tool_definitions="[4]", evaluation_name="n", evaluation_score=0.0,
            defects=["cut: body"], redacted_entities=[("IBAN", 2)], redaction_policy="p/1", withheld_values=1,
        ),
        row("bare"),
    )  # fmt: skip
    [full], _ = await page(caller, Signal.LOGS, trace_id=trace_id("t").hex())
    assert full.record_id == row_id("r").hex()
    assert (full.time.ToNanoseconds(), full.observed_time.ToNanoseconds()) == (NOON_NS, NOON_NS + 5)
    assert (full.severity_number, full.severity_text, full.event_name) == (17, "ERROR", "e")
    assert full.body.array_value.values[0].int_value == 1
    assert (full.trace_id, full.span_id, full.flags) == (trace_id("t").hex(), span_id("s").hex(), 1)
    assert (full.service_name, full.scope_name, full.scope_version) == ("shop", "lib", "1")
    assert (full.resource_schema_url, full.scope_schema_url) == ("https://r", "https://s")
    assert [pair.key for pair in full.attributes] == ["k", "l"]
    assert [full.scope_attributes[0].key, full.resource_attributes[0].key] == ["a", "b"]
    assert (full.input_messages, full.output_messages) == ("[1]", "[2]")
    assert (full.system_instructions, full.tool_definitions) == ("[3]", "[4]")
    assert (full.evaluation.name, full.evaluation.HasField("score")) == ("n", True)
    assert (list(full.defects), full.dropped_attributes_count) == (["cut: body"], 3)
    assert (dict(full.redaction.entities), full.redaction.policy) == ({"IBAN": 2}, "p/1")
    assert full.received_time.ToNanoseconds() == NOON_NS + 60 * S
    records, _ = await page(caller, Signal.LOGS)
    bare = next(one for one in records if one.record_id == row_id("bare").hex())
    for unset in ("observed_time", "body", "evaluation"):
        assert not bare.HasField(unset)
    assert (bare.trace_id, bare.span_id) == ("", "")


async def test_metric_points_come_whole(caller: Caller) -> None:
    exemplar = (
        '[{"time_unix_nano":5,"value":{"doubleValue":"NaN"},"trace_id":"ab","span_id":"cd",'
        '"filtered_attributes":{"k":1}},{"time_unix_nano":5,"value":7,"trace_id":"","span_id":"",'
        '"filtered_attributes":{}}]'
    )
    await put(
        caller,
        Signal.METRICS,
        row(
            "h", metric_name="h", metric_type="histogram", temporality="delta", description="d", unit="s",
            metadata='{"m":1}', start_time=NOON_NS - 5, count=2**64 - 1, sum=0.0, bucket_counts=[1, 2],
            explicit_bounds=[0.5], exemplars=exemplar, attr_bool=[("b", False)],
        ),
        row("n", metric_name="n", metric_type="sum", temporality="cumulative", is_monotonic=True, value_int=-(2**63)),
        row("e", metric_name="e", metric_type="exponential_histogram", scale=-3, zero_count=4, zero_threshold=0.5,
            positive_offset=-2, positive_counts=[7], negative_offset=3, negative_counts=[8], min=-1.0, max=2.0),
        row("s", metric_name="s", metric_type="summary", quantiles=[0.5], quantile_values=[1.5]),
        row("x", metric_name="x", metric_type="of a newer version"),
    )  # fmt: skip
    points, _ = await page(caller, Signal.METRICS)
    found = {point.metric_name: point for point in points}
    assert (found["h"].type, found["h"].temporality) == (
        metric_point_pb2.METRIC_TYPE_HISTOGRAM,
        metric_point_pb2.TEMPORALITY_DELTA,
    )
    assert (found["h"].count, found["h"].sum, found["h"].HasField("sum")) == (2**64 - 1, 0.0, True)
    assert not found["h"].HasField("min")
    assert (list(found["h"].bucket_counts), list(found["h"].explicit_bounds)) == ([1, 2], [0.5])
    assert found["h"].start_time.ToNanoseconds() == NOON_NS - 5
    double, integer = found["h"].exemplars
    assert (double.HasField("value_double"), double.HasField("value_int"), double.trace_id) == (True, False, "ab")
    assert (integer.value_int, integer.HasField("value_double")) == (7, False)
    assert double.filtered_attributes[0].key == "k"
    assert (found["n"].value_int, found["n"].is_monotonic, found["n"].HasField("count")) == (-(2**63), True, False)
    assert (found["e"].scale, found["e"].zero_count, found["e"].positive_offset) == (-3, 4, -2)
    assert (list(found["e"].positive_counts), list(found["e"].negative_counts)) == ([7], [8])
    assert (list(found["s"].quantiles), list(found["s"].quantile_values)) == ([0.5], [1.5])
    assert found["x"].type == metric_point_pb2.METRIC_TYPE_UNSPECIFIED
    only, _ = await page(caller, Signal.METRICS, metric_name="n")
    assert [point.metric_name for point in only] == ["n"]


async def test_issues_come_whole_and_by_outcome(caller: Caller) -> None:
    issue = row(
        signal="logs", outcome="rejected", reason="bad ids", count=3, key_id="key", door="otlp_http",
        example_trace_id="ab", example_span_id="cd", example_where="trace_id",
    )  # fmt: skip
    await put(caller, Signal.ISSUES, issue, row(signal="spans", outcome="repaired", reason="text"))
    [found], _ = await page(caller, Signal.ISSUES, outcome=ingest_issue_pb2.ISSUE_OUTCOME_REJECTED)
    assert (found.signal, found.outcome) == (span_batch_pb2.SIGNAL_LOGS, ingest_issue_pb2.ISSUE_OUTCOME_REJECTED)
    assert (found.reason, found.count, found.key_id, found.door) == ("bad ids", 3, "key", "otlp_http")
    assert (found.example_trace_id, found.example_span_id, found.example_where) == ("ab", "cd", "trace_id")
    assert len(found.issue_id) == 32
    [other], _ = await page(caller, Signal.ISSUES, signal=span_batch_pb2.SIGNAL_SPANS)
    assert other.reason == "text"


@pytest.mark.parametrize("signal", OTHERS)
async def test_a_listing_pages_to_its_end(caller: Caller, signal: Signal) -> None:
    await put(caller, signal, *(row(number, time_ns=NOON_NS + number) for number in range(5)))
    times, token = [], ""
    for _ in range(3):
        found, token = await page(caller, signal, page_size=2, page_token=token)
        times += [one.time.ToNanoseconds() for one in found]
    assert times == [NOON_NS + number for number in (4, 3, 2, 1, 0)]
    assert token == ""


@pytest.mark.parametrize("signal", OTHERS)
@pytest.mark.parametrize("differing", ["tenant_id", "project_id"])
async def test_another_tenants_or_projects_key_sees_nothing(caller: Caller, signal: Signal, differing: str) -> None:
    await put(caller, signal, row(1), row(2, time_ns=NOON_NS + 1))
    mine, token = await page(caller, signal, page_size=1)
    changes: dict[str, Any] = {differing: "stranger"}
    stranger = replace(caller, scope=replace(caller.scope, **changes))
    assert len(mine) == 1
    assert await page(stranger, signal) == ([], "")
    assert await page(stranger, signal, page_size=1, page_token=token) == ([], "")


@pytest.mark.parametrize("signal", OTHERS)
@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ([], grpc.StatusCode.UNAUTHENTICATED),
        ([("authorization", "Bearer tenant/project/ingest")], grpc.StatusCode.PERMISSION_DENIED),
    ],
)
async def test_a_call_needs_a_key_with_the_query_right_before_anything_else(
    caller: Caller, signal: Signal, metadata: list[tuple[str, str]], code: grpc.StatusCode
) -> None:
    name, request, _ = METHODS[signal]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await getattr(caller.stub, name)(request(page_size=-1), metadata=metadata, timeout=_TIMEOUT_S)
    assert refused.value.code() is code


@pytest.mark.parametrize("signal", OTHERS)
async def test_a_malformed_request_names_the_field(caller: Caller, signal: Signal) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await page(caller, signal, page_size=201)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details(refused.value) == ("ARGUMENT_INVALID", ["page_size"])


async def test_events_that_arrived_as_logs_are_in_the_trace(caller: Caller) -> None:
    ids: dict[str, Any] = {"trace_id": trace_id("trace"), "span_id": span_id("call")}
    await caller.put(span(span="call", step_kind="llm", name="chat"))
    await put(
        caller,
        Signal.LOGS,
        row("choice", time_ns=NOON_NS + 2, event_name="gen_ai.choice", output_messages='[{"role":"assistant"}]', **ids),
        row("user", time_ns=NOON_NS + 1, event_name="gen_ai.user.message", input_messages='[{"role":"user"}]', **ids),
        row("other", event_name="something.else", **ids),
    )
    request = pb.GetTraceRequest(trace_id=trace_id("trace").hex())
    answer = await caller.stub.GetTrace(request, metadata=caller.metadata, timeout=_TIMEOUT_S)
    [found] = answer.spans
    assert (found.gen_ai.input_messages, found.gen_ai.output_messages) == (
        '[{"role":"user"}]',
        '[{"role":"assistant"}]',
    )
    assert [event.log_record_id for event in found.events] == [row_id("user").hex(), row_id("choice").hex()]
    assert not answer.truncated


async def test_a_range_is_half_open(caller: Caller) -> None:
    await put(caller, Signal.LOGS, *(row(number, time_ns=NOON_NS + number * S) for number in range(3)))
    start, end = Timestamp(seconds=NOON_NS // S + 1), Timestamp(seconds=NOON_NS // S + 2)
    found, _ = await page(caller, Signal.LOGS, start_time=start, end_time=end)
    assert [one.record_id for one in found] == [row_id(1).hex()]
