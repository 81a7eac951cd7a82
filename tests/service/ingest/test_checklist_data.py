"""Lines D1 to D8 of the OTLP checklist: what spans may hold, in each encoding and through each door."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from a11i_ingest.limits import ItemLimits
from a11i_ingest.settings import IntakeSettings
from a11i_telemetry.defects import END_BEFORE_START, NO_END_TIME, NO_START_TIME, START_IN_THE_FAR_FUTURE
from tests.service.ingest.http_client import send, send_json
from tests.service.ingest.ingest_harness import Harness, running_ingest
from tests.unit.telemetry.otlp_json_documents import printed

Export = Callable[[Harness, ExportTraceServiceRequest], Awaitable[Any]]
"""Sends a request, and returns the response's partial_success."""

TRACE_ID, SPAN_ID = b"t" * 16, b"s" * 8


async def _grpc(ingest: Harness, sent: ExportTraceServiceRequest) -> Any:
    return ExportTraceServiceResponse.FromString(await ingest.export(sent.SerializeToString())).partial_success


async def _http(ingest: Harness, sent: ExportTraceServiceRequest) -> Any:
    answer = await send(ingest, sent.SerializeToString())
    assert answer.status == 200
    return answer.partial_success


async def _json(ingest: Harness, sent: ExportTraceServiceRequest) -> Any:
    answer = await send_json(ingest, printed(sent))
    assert answer.status == 200
    return answer.partial_success


DOORS = pytest.mark.parametrize("export", [_grpc, _http, _json])


def _request(*spans: Span) -> ExportTraceServiceRequest:
    made = ExportTraceServiceRequest()
    made.resource_spans.add().scope_spans.add().spans.extend(spans)
    return made


def _span(**fields: Any) -> Span:
    return Span(**{"trace_id": TRACE_ID, "span_id": SPAN_ID, **fields})


BAD_IDS: list[dict[str, bytes]] = [
    {"trace_id": b""},
    {"trace_id": bytes(16)},
    {"trace_id": b"t" * 15},
    {"trace_id": b"t" * 17},
    {"span_id": b""},
    {"span_id": bytes(8)},
    {"span_id": b"s" * 7},
    {"span_id": b"s" * 16},
    {"parent_span_id": b"p" * 7},
]


@DOORS
async def test_d1_spans_with_bad_ids_are_rejected_and_counted(ingest: Harness, export: Export) -> None:
    said = await export(ingest, _request(_span(name="good"), *(_span(**ids) for ids in BAD_IDS), _span(name="last")))
    kept = await ingest.kept()
    assert said.rejected_spans == len(BAD_IDS)
    assert [span.name for span in kept.spans] == ["good", "last"]
    assert sum(issue["count"] for issue in kept.issues) == len(BAD_IDS)


@DOORS
async def test_d2_roots_have_no_parent(ingest: Harness, export: Export) -> None:
    spans = [_span(), _span(span_id=b"z" * 8, parent_span_id=bytes(8)), _span(span_id=b"c" * 8, parent_span_id=SPAN_ID)]
    said = await export(ingest, _request(*spans))
    [batch] = await ingest.stored()
    assert said.rejected_spans == 0
    assert batch.columns.column("parent_span_id").to_pylist() == [None, None, SPAN_ID]


@DOORS
async def test_d3_of_attributes_with_one_key_the_last_counts(ingest: Harness, export: Export) -> None:
    span = _span()
    for value in ("first", "last"):
        span.attributes.add(key="k").value.string_value = value
    await export(ingest, _request(span))
    [batch] = await ingest.stored()
    assert batch.columns.column("attr_string").to_pylist() == [[("k", "last")]]


@DOORS
async def test_d4_an_empty_value_is_one(ingest: Harness, export: Export) -> None:
    span = _span()
    span.attributes.add(key="empty").value.CopyFrom(AnyValue())
    span.attributes.add(key="unset")
    said = await export(ingest, _request(span))
    [batch] = await ingest.stored()
    assert (said.rejected_spans, said.error_message) == (0, "")
    assert batch.columns.column("attr_json").to_pylist() == [[("empty", "null"), ("unset", "null")]]


@DOORS
async def test_d5_strange_times_are_taken_and_flagged(ingest: Harness, export: Export) -> None:
    times = [(0, 0), (10, 5), (2**63, 2**63), (2**64 - 1, 0), (1, 2)]
    spans = [
        _span(span_id=bytes([at]) * 8, start_time_unix_nano=start, end_time_unix_nano=end)
        for at, (start, end) in enumerate(times, 1)
    ]
    said = await export(ingest, _request(*spans))
    [batch] = await ingest.stored()
    assert (said.rejected_spans, batch.columns.num_rows) == (0, len(times))
    assert batch.columns.column("defects").to_pylist() == [
        [NO_START_TIME, NO_END_TIME],
        [END_BEFORE_START],
        [START_IN_THE_FAR_FUTURE],
        [START_IN_THE_FAR_FUTURE, NO_END_TIME],
        [],
    ]
    assert batch.columns.column("duration_ns").to_pylist() == [0, 0, 0, 0, 1]


LIMITS = IntakeSettings(limits=ItemLimits(value_bytes=2048, item_bytes=16 * 1024, attributes=5, events=2, links=1))


@DOORS
async def test_d6_a_long_value_is_cut_between_code_points_and_marked(export: Export) -> None:
    span = _span(name="\N{GRINNING FACE}" * 1000)
    span.attributes.add(key="prompt").value.string_value = "a" + "\N{GRINNING FACE}" * 2000
    span.attributes.add(key="answer").value.string_value = "whole"
    async with running_ingest(LIMITS) as ingest:
        said = await export(ingest, _request(span, _span(span_id=b"o" * 8)))
        kept = await ingest.kept()
    cut, other = kept.spans
    assert (said.rejected_spans, "longer than the limit" in said.error_message) == (0, True)
    assert cut.attributes[0].value.string_value == "a" + "\N{GRINNING FACE}" * 511
    assert cut.attributes[1].value.string_value == "whole"
    assert cut.name == "\N{GRINNING FACE}" * 512
    assert kept.defects() == [["value is longer than the limit: name", "value is longer than the limit: prompt"]]
    assert other == _span(span_id=b"o" * 8)


@DOORS
async def test_d6_a_large_span_is_cut_at_its_largest_values_and_not_dropped(export: Export) -> None:
    span = _span(name="n")
    for at in range(5):
        span.attributes.add(key=f"k{at}").value.string_value = "x" * 2000
    for at in range(2):
        span.events.add(name=f"e{at}").attributes.add(key="v").value.string_value = "y" * 2048 * 2
    limits = ItemLimits(value_bytes=8192, item_bytes=16 * 1024)
    async with running_ingest(IntakeSettings(limits=limits)) as ingest:
        said = await export(ingest, _request(span))
        [kept] = (await ingest.kept()).spans
    assert said.rejected_spans == 0
    assert kept.ByteSize() <= 16 * 1024
    assert len(kept.events) == 2


@DOORS
async def test_d7_attributes_events_and_links_over_the_limits_are_cut_and_counted(export: Export) -> None:
    span = _span(dropped_attributes_count=1, dropped_links_count=2**32 - 1)
    for at in range(9):
        span.attributes.add(key=f"k{at}").value.int_value = at
    for at in range(4):
        span.events.add(name=f"e{at}")
        span.links.add(trace_id=TRACE_ID, span_id=SPAN_ID)
    async with running_ingest(LIMITS) as ingest:
        said = await export(ingest, _request(span))
        kept = await ingest.kept()
    [cut] = kept.spans
    assert said.rejected_spans == 0
    assert [pair.key for pair in cut.attributes][:5] == [f"k{at}" for at in range(5)]
    assert ([event.name for event in cut.events], len(cut.links)) == (["e0", "e1"], 1)
    counts = (cut.dropped_attributes_count, cut.dropped_events_count, cut.dropped_links_count)
    assert counts == (5, 2, 2**32 - 1)
    assert [issue["outcome"] for issue in kept.issues] == ["truncated"] * 3


def _nested(levels: int, kind: str) -> AnyValue:
    value = AnyValue(string_value="core")
    for _ in range(levels):
        outer = AnyValue()
        if kind == "array":
            outer.array_value.values.append(value)
        else:
            outer.kvlist_value.values.add(key="k").value.CopyFrom(value)
        value = outer
    return value


def _framed(tag: bytes, content: bytes) -> bytes:
    size, encoded = len(content), b""
    while size > 0x7F:
        encoded += bytes([size & 0x7F | 0x80])
        size >>= 7
    return tag + encoded + bytes([size]) + content


@pytest.mark.parametrize("levels", [60, 500, 5000])
async def test_d8_what_is_too_deep_for_protobuf_is_cut_in_its_span_alone(ingest: Harness, levels: int) -> None:
    value = AnyValue(string_value="core").SerializeToString()
    for _ in range(levels):
        value = _framed(b"\x2a", _framed(b"\x0a", value))
    deep = _span(name="deep").SerializeToString() + _framed(b"\x4a", b"\x0a\x04nest" + _framed(b"\x12", value))
    scope = b"".join(
        _framed(b"\x12", span) for span in (deep, _span(name="good", span_id=b"g" * 8).SerializeToString())
    )
    raw = await ingest.export(_framed(b"\x0a", _framed(b"\x12", scope)))
    kept = await ingest.kept()
    assert ExportTraceServiceResponse.FromString(raw).partial_success.rejected_spans == 0
    assert [span.name for span in kept.spans] == ["deep", "good"]
    assert kept.defects() == [["value is nested too deep: nest"]]


@DOORS
@pytest.mark.parametrize("kind", ["array", "kvlist"])
async def test_d8_values_of_twenty_levels_are_kept_whole(ingest: Harness, export: Export, kind: str) -> None:
    span = _span()
    span.attributes.add(key="nest").value.CopyFrom(_nested(20, kind))
    said = await export(ingest, _request(span))
    kept = await ingest.kept()
    assert (said.rejected_spans, said.error_message) == (0, "")
    assert kept.spans == [span]
