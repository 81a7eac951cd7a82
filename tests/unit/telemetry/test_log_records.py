"""OTLP logs to columns: nothing is lost, nothing raises."""

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber

from a11i_telemetry import otlp_items
from a11i_telemetry.log_records import decode_logs
from a11i_telemetry.otlp_items import OtlpItemsError
from a11i_telemetry.signals import SCHEMAS, Signal
from tests.unit.telemetry.otlp_signals import NS, attributes, logs, value

TRACE, SPAN = bytes(range(1, 17)), bytes(range(1, 9))


def row(record: LogRecord, received_ns: int = NS) -> dict[str, Any]:
    """Return the record's columns; maps as lists of pairs, times as nanoseconds."""
    return rows(logs(record), received_ns)[0]


def rows(payload: bytes, received_ns: int = NS) -> list[dict[str, Any]]:
    columns = decode_logs(payload, received_ns)
    columns.validate(full=True)
    assert columns.schema.equals(SCHEMAS[Signal.LOGS])
    for name in ("time", "observed_time"):
        columns = columns.set_column(columns.schema.get_field_index(name), name, columns[name].cast(pa.int64()))
    return columns.to_pylist()


def test_a_record_comes_whole() -> None:
    found = row(
        LogRecord(
            time_unix_nano=NS + 1, observed_time_unix_nano=NS + 2, severity_text="ERROR",
            severity_number=SeverityNumber.SEVERITY_NUMBER_ERROR,
            body=value("it failed"), trace_id=TRACE, span_id=SPAN, flags=1, event_name="order.failed",
            dropped_attributes_count=3,
            attributes=attributes({
                "s": "text", "i": -5, "d": 0.5, "b": False, "list": [1, "a"], "map": {"k": 1}, "raw": b"\xff",
                "none": None,
            }),
        )
    )  # fmt: skip
    assert len(found.pop("record_id")) == 16
    assert found == {
        "time": NS + 1,
        "observed_time": NS + 2,
        "severity_number": 17,
        "severity_text": "ERROR",
        "event_name": "order.failed",
        "body": "it failed",
        "body_is_json": False,
        "trace_id": TRACE,
        "span_id": SPAN,
        "flags": 1,
        "service_name": "shop",
        "scope_name": "lib",
        "scope_version": "2",
        "scope_attributes": '{"a":true}',
        "resource_attributes": '{"service.name":"shop","n":1}',
        "resource_schema_url": "https://resource",
        "scope_schema_url": "https://scope",
        "attr_string": [("s", "text")],
        "attr_int": [("i", -5)],
        "attr_double": [("d", 0.5)],
        "attr_bool": [("b", False)],
        "attr_json": [("list", '[1,"a"]'), ("map", '{"k":1}'), ("raw", '{"bytesValue":"/w=="}'), ("none", "null")],
        "dropped_attributes_count": 3,
        "input_messages": "",
        "output_messages": "",
        "system_instructions": "",
        "tool_definitions": "",
        "evaluation_name": "",
        "evaluation_score": None,
        "evaluation_label": "",
        "evaluation_explanation": "",
        "defects": [],
        "redacted_entities": [],
        "redaction_policy": "",
        "redaction_detector": "",
        "withheld_values": 0,
        "redacted_where": [],
        "redaction_us": 0,
        "redaction_bytes": 0,
    }


@pytest.mark.parametrize(
    ("sent", "body", "is_json"),
    [
        ("text", "text", False),
        ('{"a":1}', '{"a":1}', False),
        ({"a": [1, 2.0]}, '{"a":[1,2.0]}', True),
        (5, "5", True),
        (b"\x00", '{"bytesValue":"AA=="}', True),
        (None, "", False),
        ("", "", False),
    ],
)
def test_the_body_is_text_or_says_that_it_is_json(sent: Any, body: str, is_json: bool) -> None:
    found = row(LogRecord(body=value(sent)))
    assert (found["body"], found["body_is_json"]) == (body, is_json)


@pytest.mark.parametrize(
    ("time", "observed", "stored"),
    [(NS + 1, NS + 2, NS + 1), (0, NS + 2, NS + 2), (0, 0, NS), (2**64 - 1, 0, 2**63 - 1)],
)
def test_a_record_without_a_time_has_the_time_at_which_it_was_seen(time: int, observed: int, stored: int) -> None:
    found = row(LogRecord(time_unix_nano=time, observed_time_unix_nano=observed))
    assert found["time"] == stored
    assert found["observed_time"] == (observed or None)


@pytest.mark.parametrize("bad", [b"", b"\x01", bytes(16), b"x" * 17])
def test_ids_that_are_none_are_null(bad: bytes) -> None:
    found = row(LogRecord(trace_id=bad, span_id=bad))
    assert (found["trace_id"], found["span_id"]) == (None, None)


@pytest.mark.parametrize(("sent", "stored"), [(24, 24), (25, 0), (-1, 0), (0, 0)])
def test_a_severity_that_nobody_knows_is_none(sent: Any, stored: int) -> None:
    assert row(LogRecord(severity_number=sent))["severity_number"] == stored


def test_of_attributes_with_one_key_the_last_counts_also_across_types() -> None:
    record = LogRecord(attributes=[*attributes({"k": "text"}), *attributes({"k": 5})])
    assert (row(record)["attr_string"], row(record)["attr_int"]) == ([], [("k", 5)])


def test_what_ingest_marked_becomes_the_column_of_defects() -> None:
    found = row(LogRecord(attributes=attributes({"a11i.ingest.defects": ["cut: body"], "k": "v"})))
    assert (found["defects"], found["attr_json"], found["attr_string"]) == (["cut: body"], [], [("k", "v")])
    claimed = row(LogRecord(attributes=attributes({"a11i.ingest.defects": "mine"})))
    assert (claimed["defects"], claimed["attr_string"]) == ([], [("a11i.ingest.defects", "mine")])


def test_older_senders_name_the_event_by_an_attribute() -> None:
    found = row(LogRecord(attributes=attributes({"event.name": "gen_ai.choice"})))
    assert (found["event_name"], found["attr_string"]) == ("gen_ai.choice", [("event.name", "gen_ai.choice")])
    both = row(LogRecord(event_name="mine", attributes=attributes({"event.name": "other"})))
    assert both["event_name"] == "mine"
    assert row(LogRecord(attributes=attributes({"event.name": 5})))["event_name"] == ""


def test_a_message_of_the_older_events_is_in_its_column() -> None:
    found = row(
        LogRecord(attributes=attributes({"event.name": "gen_ai.user.message"}), body=value({"content": "hello"}))
    )
    assert json.loads(found["input_messages"]) == [{"role": "user", "parts": [{"type": "text", "content": "hello"}]}]
    assert found["output_messages"] == ""
    assert json.loads(found["body"]) == {"content": "hello"}


def test_an_operations_details_are_in_their_columns() -> None:
    said = {
        "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}],
        "gen_ai.output.messages": [
            {"role": "assistant", "parts": [{"type": "text", "content": "yo"}], "finish_reason": "stop"}
        ],
        "gen_ai.system_instructions": [{"type": "text", "content": "be kind"}],
    }
    found = row(LogRecord(event_name="gen_ai.client.inference.operation.details", attributes=attributes(said)))
    assert json.loads(found["input_messages"]) == said["gen_ai.input.messages"]
    assert json.loads(found["output_messages"]) == said["gen_ai.output.messages"]
    assert json.loads(found["system_instructions"]) == said["gen_ai.system_instructions"]


def test_an_evaluation_is_in_its_columns() -> None:
    said = {
        "gen_ai.evaluation.name": "Relevance", "gen_ai.evaluation.score.value": 0.5,
        "gen_ai.evaluation.score.label": "pass", "gen_ai.evaluation.explanation": "it fits",
    }  # fmt: skip
    found = row(LogRecord(event_name="gen_ai.evaluation.result", attributes=attributes(said)))
    names = ("evaluation_name", "evaluation_score", "evaluation_label", "evaluation_explanation")
    assert tuple(found[name] for name in names) == ("Relevance", 0.5, "pass", "it fits")


def test_text_that_is_not_utf8_is_mended() -> None:
    found = rows(logs(LogRecord(body=value("abc"), severity_text="xyz")).replace(b"abc", b"a\xffc"))
    assert found[0]["body"] == "a�c"


def test_equal_records_of_a_request_are_rows_of_their_own_and_the_same_rows_when_sent_again() -> None:
    twice, other = LogRecord(body=value("again")), LogRecord(body=value("other"))
    first = [one["record_id"] for one in rows(logs(twice, other, twice))]
    assert len(set(first)) == 3
    assert [one["record_id"] for one in rows(logs(twice, other, twice), NS + 9)] == first
    assert first[0] not in [one["record_id"] for one in rows(logs(twice, service="another"))]


def test_what_is_no_request_is_refused() -> None:
    with pytest.raises(OtlpItemsError, match="not a valid"):
        decode_logs(b"\xff\xff")


def test_what_items_would_repeat_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    payload = logs(*[LogRecord()] * 20, service="x" * 100)
    assert len(rows(payload)) == 20
    monkeypatch.setattr(otlp_items, "MAX_SURROUNDINGS_BYTES", 2000)
    with pytest.raises(OtlpItemsError, match="smaller resource attributes"):
        decode_logs(payload)
    monkeypatch.setattr(otlp_items, "MAX_ITEMS", 19)
    with pytest.raises(OtlpItemsError, match="more than 19 items"):
        decode_logs(payload)


def test_many_records_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp_items, "_ROWS_AT_ONCE", 3)
    for count in (0, 3, 7):
        found = rows(logs(*(LogRecord(body=value(str(number))) for number in range(count))))
        assert [one["body"] for one in found] == [str(number) for number in range(count)]


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(
        st.builds(
            lambda body, keys, time, number, ids: LogRecord(
                body=value(body), attributes=attributes(keys), time_unix_nano=time, severity_number=number,
                trace_id=ids, span_id=ids[:8],
            ),
            _PLAIN, st.dictionaries(st.text(), _PLAIN, max_size=4), st.integers(0, 2**64 - 1), st.integers(0, 24),
            st.binary(max_size=17),
        ),
        max_size=4,
    )
)  # fmt: skip
def test_any_record_is_a_row_with_its_attributes(records: list[LogRecord]) -> None:
    found = rows(logs(*records))
    assert len(found) == len(records)
    for record, one in zip(records, found, strict=True):
        maps = ("attr_string", "attr_int", "attr_double", "attr_bool", "attr_json")
        assert sorted(key for name in maps for key, _ in one[name]) == sorted(pair.key for pair in record.attributes)
        assert all(json.loads(text) is not Ellipsis for _, text in one["attr_json"])


@given(_PLAIN, st.dictionaries(st.sampled_from(["content", "role", "message", "index", "tool_calls"]), _PLAIN))
def test_genai_events_of_any_content_are_rows(body: Any, members: dict[str, Any]) -> None:
    names = ["gen_ai.user.message", "gen_ai.choice", "gen_ai.client.inference.operation.details"]
    records = [
        LogRecord(event_name=name, body=value(said), attributes=attributes({"gen_ai.input.messages": body, **members}))
        for name in names
        for said in (body, members)
    ]
    assert len(rows(logs(*records))) == len(records)


@given(st.binary(max_size=200))
def test_any_bytes_are_rows_or_refused(raw: bytes) -> None:
    try:
        rows(raw)
    except OtlpItemsError:
        return
