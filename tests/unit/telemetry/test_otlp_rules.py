"""What decoding does with spans that are not quite as they should be."""

import pyarrow as pa
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from a11i_telemetry.defects import DEFECTS_KEY
from a11i_telemetry.otlp import (
    BAD_PARENT_SPAN_ID,
    BAD_SPAN_ID,
    BAD_TRACE_ID,
    MAX_SPANS,
    DecodedSpans,
    OtlpTooLargeError,
    decode_traces,
)

DAY_NS = 24 * 60 * 60 * 10**9
REPLACED = "\N{REPLACEMENT CHARACTER}"


def _span(**fields: object) -> Span:
    return Span(**{"trace_id": b"t" * 16, "span_id": b"s" * 8, **fields})  # type: ignore[arg-type]  # any field


def _decode(*spans: Span) -> DecodedSpans:
    return decode_traces(_request(*spans).SerializeToString())


def _request(*spans: Span) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.extend(spans)
    return request


def _column(decoded: DecodedSpans, name: str) -> list[object]:
    return decoded.columns.column(name).to_pylist(maps_as_pydicts="strict")


def test_spans_with_bad_ids_are_left_out_and_counted() -> None:
    decoded = _decode(
        _span(name="good"),
        _span(trace_id=b""),
        _span(trace_id=b"t" * 15),
        _span(trace_id=bytes(16)),
        _span(span_id=b"s" * 9),
        _span(span_id=bytes(8)),
        _span(parent_span_id=b"p"),
        _span(trace_id=b"", span_id=b""),
        _span(name="also good", parent_span_id=b"p" * 8),
    )
    assert _column(decoded, "name") == ["good", "also good"]
    assert _column(decoded, "parent_span_id") == [None, b"p" * 8]
    assert decoded.rejected == 7
    assert decoded.reasons == {BAD_TRACE_ID: 4, BAD_SPAN_ID: 2, BAD_PARENT_SPAN_ID: 1}


def test_attributes_stay_with_their_span_when_others_are_left_out() -> None:
    spans = [_span(span_id=bytes([number]) * 8 if number != 2 else b"") for number in range(1, 5)]
    for number, span in enumerate(spans, start=1):
        span.attributes.add(key="number").value.int_value = number
        span.attributes.add(key="list").value.array_value.values.add().int_value = number
    decoded = _decode(*spans)
    assert _column(decoded, "attr_int") == [{"number": 1}, {"number": 3}, {"number": 4}]
    assert _column(decoded, "attr_json") == [{"list": "[1]"}, {"list": "[3]"}, {"list": "[4]"}]


def test_a_parent_of_zeros_is_a_root() -> None:
    assert _column(_decode(_span(parent_span_id=bytes(8))), "parent_span_id") == [None]


def test_of_attributes_with_one_key_the_last_counts_whatever_its_type() -> None:
    span = _span()
    span.attributes.add(key="key").value.string_value = "first"
    span.attributes.add(key="other").value.bool_value = True
    span.attributes.add(key="key").value.array_value.SetInParent()
    span.attributes.add(key="key").value.int_value = 3
    decoded = _decode(span, _span())
    assert _column(decoded, "attr_string") == [{}, {}]
    assert _column(decoded, "attr_int") == [{"key": 3}, {}]
    assert _column(decoded, "attr_bool") == [{"other": True}, {}]
    assert _column(decoded, "attr_json") == [{}, {}]


def test_times_beyond_int64_are_clamped_and_durations_never_negative() -> None:
    end = 2**63 - 1
    decoded = _decode(
        _span(start_time_unix_nano=1, end_time_unix_nano=2**64 - 1), _span(start_time_unix_nano=9, end_time_unix_nano=4)
    )
    assert decoded.columns.column("end_time").cast(pa.int64()).to_pylist() == [end, 4]
    assert _column(decoded, "duration_ns") == [end - 1, 0]


@pytest.mark.parametrize(
    ("start", "end", "received", "defects"),
    [
        (5, 5, 5, []),
        (5, 4, 5, ["end before start"]),
        (0, 4, 5, ["no start time"]),
        (5, 0, 5, ["no end time"]),
        (0, 0, 0, ["no start time", "no end time"]),
        (DAY_NS + 5, DAY_NS + 6, 5, []),
        (DAY_NS + 6, DAY_NS + 6, 5, ["start in the far future"]),
        (DAY_NS + 6, DAY_NS + 6, 0, []),
        (2**63, 2**63, 0, ["start in the far future"]),
        (2**64 - 1, 2**63, 2**63 - 1, ["start in the far future", "end before start"]),
    ],
)
def test_times_that_cannot_be_right_are_kept_and_flagged(
    start: int, end: int, received: int, defects: list[str]
) -> None:
    span = _span(start_time_unix_nano=start, end_time_unix_nano=end)
    decoded = decode_traces(_request(span).SerializeToString(), received)
    assert _column(decoded, "defects") == [defects]
    assert decoded.rejected == 0


def test_what_ingest_mended_stands_in_its_column_and_no_more_among_the_attributes() -> None:
    mended, odd = _span(start_time_unix_nano=1, end_time_unix_nano=1), _span(start_time_unix_nano=1)
    for defect in ("value cut: key", "bad text: name"):
        mended.attributes.add(key=DEFECTS_KEY).value.string_value = "replaced"
        mended.attributes[-1].value.array_value.values.add().string_value = defect
    mended.attributes[0].value.array_value.values.add().string_value = "replaced by the one after it"
    odd.attributes.add(key=DEFECTS_KEY).value.string_value = "no list"
    decoded = _decode(mended, odd, _span(start_time_unix_nano=1, end_time_unix_nano=1))
    assert _column(decoded, "defects") == [["bad text: name"], ["no end time"], []]
    assert _column(decoded, "attr_json") == [{}, {}, {}]
    assert _column(decoded, "attr_string") == [{}, {DEFECTS_KEY: "no list"}, {}]


def test_an_evaluation_that_is_an_event_of_the_span_is_in_its_columns() -> None:
    span = _span()
    event = span.events.add(name="gen_ai.evaluation.result")
    event.attributes.add(key="gen_ai.evaluation.name").value.string_value = "Relevance"
    event.attributes.add(key="gen_ai.evaluation.score.value").value.double_value = 0.0
    decoded = _decode(span, _span())
    assert _column(decoded, "evaluation_name") == ["Relevance", ""]
    assert _column(decoded, "evaluation_score") == [0.0, None]
    assert _column(decoded, "step_kind") == ["", ""]


def test_schema_urls_are_those_around_the_span() -> None:
    request = ExportTraceServiceRequest()
    for resource in ("r1", ""):
        resource_spans = request.resource_spans.add(schema_url=resource)
        for scope in ("s1", "s2"):
            resource_spans.scope_spans.add(schema_url=scope).spans.extend([_span(), _span(span_id=b"")])
    decoded = decode_traces(request.SerializeToString())
    assert _column(decoded, "resource_schema_url") == ["r1", "r1", "", ""]
    assert _column(decoded, "scope_schema_url") == ["s1", "s2", "s1", "s2"]


def test_unknown_kinds_and_status_codes_become_unset() -> None:
    span = _span(kind=77)  # The enum is open.
    span.status.code = -1  # type: ignore[assignment]  # likewise
    decoded = _decode(span)
    assert _column(decoded, "kind") == [0]
    assert _column(decoded, "status_code") == [0]


def test_text_that_is_no_utf8_is_mended_value_by_value() -> None:
    span = _span(name="bad#name", trace_state="fine")
    span.attributes.add(key="bad#key").value.string_value = "fine"
    span.attributes.add(key="key").value.string_value = "bad#value"
    span.attributes.add(key="list").value.array_value.values.add().string_value = "bad#element"
    span.events.add(name="bad#event")
    payload = _request(span).SerializeToString().replace(b"#", b"\xff")
    decoded = decode_traces(payload)
    assert _column(decoded, "name") == [f"bad{REPLACED}name"]
    assert _column(decoded, "trace_state") == ["fine"]
    assert _column(decoded, "attr_string") == [{f"bad{REPLACED}key": "fine", "key": f"bad{REPLACED}value"}]
    assert _column(decoded, "attr_json") == [{"list": f'["bad{REPLACED}element"]'}]
    assert f"bad{REPLACED}event" in str(_column(decoded, "events"))


def test_keys_that_mending_makes_equal_are_one_key() -> None:
    span = _span()
    span.attributes.add(key="#").value.int_value = 1
    span.attributes.add(key="~").value.int_value = 2
    payload = _request(span).SerializeToString().replace(b"#", b"\xff").replace(b"~", b"\xfe")
    assert _column(decode_traces(payload), "attr_int") == [{REPLACED: 2}]


_TEXT, _FIVE = b"\x0a\x04text", b"\x18\x05"
"""An AnyValue's string_value and int_value as bytes."""


@pytest.mark.parametrize(
    ("members", "strings", "ints"),
    [(_TEXT + _FIVE, {}, {"key": 5}), (_FIVE + _TEXT, {"key": "text"}, {})],
)
def test_of_a_value_with_two_members_the_last_counts(
    members: bytes, strings: dict[str, str], ints: dict[str, int]
) -> None:
    pair = _field(1, b"key") + _field(2, members)
    span = _span().SerializeToString() + _field(9, pair)
    decoded = decode_traces(_field(1, _field(2, _field(2, span))))
    assert _column(decoded, "attr_string") == [strings]
    assert _column(decoded, "attr_int") == [ints]


def _field(number: int, content: bytes) -> bytes:
    """Return a length-delimited field of a small message."""
    return bytes([number << 3 | 2, len(content)]) + content


@pytest.mark.parametrize("payload", [b"", b"\x0a\x00", b"\x0a\x02\x12\x00"])
def test_a_request_without_spans_has_none(payload: bytes) -> None:
    decoded = decode_traces(payload)
    assert (decoded.columns.num_rows, decoded.rejected) == (0, 0)


def test_the_resource_is_each_spans_own() -> None:
    request = ExportTraceServiceRequest()
    for name, spans in (("one", 2), ("", 1), ("two", 1)):
        resource_spans = request.resource_spans.add()
        if name:
            resource_spans.resource.attributes.add(key="service.name").value.string_value = name
        resource_spans.scope_spans.add().spans.extend([_span()] * spans)
    decoded = decode_traces(request.SerializeToString())
    assert _column(decoded, "service_name") == ["one", "one", "", "two"]
    assert _column(decoded, "resource_attributes") == [
        '{"service.name":"one"}',
        '{"service.name":"one"}',
        "",
        '{"service.name":"two"}',
    ]


def test_a_resource_that_would_fill_the_memory_once_each_span_has_it_is_refused() -> None:
    request = _request(*[_span()] * 300)
    request.resource_spans[0].resource.attributes.add(key="process.command_line").value.string_value = "x" * 500_000
    with pytest.raises(OtlpTooLargeError, match="send fewer spans"):
        decode_traces(request.SerializeToString())
    del request.resource_spans[0].scope_spans[0].spans[200:]
    assert decode_traces(request.SerializeToString()).columns.num_rows == 200


def test_a_request_of_more_spans_than_the_limit_is_refused() -> None:
    span = _request(_span()).SerializeToString()
    with pytest.raises(OtlpTooLargeError, match=f"{MAX_SPANS + 1} spans"):
        decode_traces(span * (MAX_SPANS + 1))
