"""What ingest copies from one place of a row to another is dropped in both, and counted once."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from a11i_redaction.analysis import Analyzer
from a11i_redaction.cache import FindingsCache
from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.pipeline import Redactor
from a11i_redaction.policy.attributes import KeySet
from a11i_redaction.policy.in_force import OnePolicy
from a11i_redaction.pseudonyms import Pseudonyms
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.log_records import decode_logs
from a11i_telemetry.otlp import decode_traces
from a11i_telemetry.rules import ANSWERS, INPUTS, MOVED_COLUMNS, OUTPUTS, PREFIXES, RULES
from a11i_telemetry.signals import Signal
from tests.unit.redaction.redaction_kit import KEY, column, policy

MARK: Final = "zanzibar"
"""What is dropped."""
NUMBER: Final = 86420013579
_MESSAGES: Final = [
    {"role": "system", "content": MARK},
    {"role": "user", "content": MARK},
    {"role": "assistant", "content": MARK, "finish_reason": MARK, "tool_calls": [{"id": MARK, "name": MARK}]},
]
_BODY: Final = {
    "model": MARK, "system": MARK, "messages": _MESSAGES, "instructions": MARK, "service_tier": MARK, "id": MARK,
    "tools": [{"type": "function", "function": {"name": MARK, "description": MARK}}],
    "choices": [{"message": _MESSAGES[2], "finish_reason": MARK}],
    "usage": {"input_tokens": NUMBER, "output_tokens": NUMBER, "prompt_tokens": NUMBER, "service_tier": MARK},
}  # fmt: skip
_VALUES: Final[tuple[Any, ...]] = (MARK, NUMBER, f"{NUMBER}", *map(json.dumps, (_MESSAGES, _BODY, [MARK], {"a": MARK})))
_MEMBERS: Final = ("0.message.content", "0.message.role", "0.content", "0.name", "0.finish_reason", "0.description")
_KINDS: Final = ("", "llm", "tool", "agent", "chain")


def _attribute(key: str, value: Any) -> KeyValue:
    return KeyValue(
        key=key, value=AnyValue(int_value=value) if isinstance(value, int) else AnyValue(string_value=value)
    )


def _spans(spans: Iterator[dict[str, Any]] | list[dict[str, Any]], **resource: str) -> SpanBatch:
    """Return spans as ingest makes them; each has `attributes` by key, and other fields of OTLP."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.extend(_attribute(key.replace("_", "."), value) for key, value in resource.items())
    scope = group.scope_spans.add()
    for number, fields in enumerate(spans, 1):
        attributes = fields.pop("attributes", {})
        span = scope.spans.add(trace_id=b"t" * 16, span_id=number.to_bytes(8, "big"), name=fields.pop("name", "step"))
        span.attributes.extend(_attribute(key, value) for key, value in attributes.items())
        for name, said in fields.pop("events", []):
            span.events.add(name=name, attributes=[_attribute(key, value) for key, value in said.items()])
    decoded = decode_traces(request.SerializeToString())
    return SpanBatch("0" * 32, "t", "p", 0, decoded.columns, signal=Signal.SPANS)


@pytest.fixture(scope="module")
def analyzer(patterns: PatternDetector) -> Analyzer:
    return Analyzer(patterns, None, FindingsCache(1_000_000), 1_000_000)


def dropping(analyzer: Analyzer, *keys: str) -> Redactor:
    chosen = replace(policy(preset="standard"), dropped=KeySet(keys))
    return Redactor(analyzer, Pseudonyms(KEY), OnePolicy(chosen), "test/1", lambda: 0)


def _known_keys() -> Iterator[str]:
    for rule in (*RULES, INPUTS, OUTPUTS):
        for source in rule.sources:
            yield from (source.key, *source.added)
    for answer in ANSWERS.values():
        yield from answer.keys
    yield "traceloop.entity.name"


def test_no_copy_of_a_dropped_attribute_stays_whatever_its_key_and_form(analyzer: Analyzer) -> None:
    keys = sorted({key for key in _known_keys() if key not in {*PREFIXES, "span events"}})
    keys += [prefix + member for prefix in PREFIXES for member in _MEMBERS]
    keys = [key for key in keys if key not in {"gen_ai.operation.name", *MOVED_COLUMNS}]
    spans = _spans(
        {"attributes": {key: value} | ({"openinference.span.kind": kind} if kind else {})}
        for key in keys for value in _VALUES for kind in _KINDS
    )  # fmt: skip
    copied = sum(MARK in str(row) for row in spans.columns.drop_columns(["attr_string"]).to_pylist())
    assert copied > 500
    output = dropping(analyzer, *keys).redact_batch(spans)
    left = [row for row in output.columns.to_pylist() if MARK in str(row) or str(NUMBER) in str(row)]
    assert not left[:1]
    assert dropping(analyzer, *keys).redact_batch(output).columns.equals(output.columns)


_EVENTS: Final[Mapping[str, Mapping[str, str]]] = {
    "gen_ai.user.message": {"content": MARK},
    "gen_ai.tool.message": {"content": MARK, "id": "1"},
    "gen_ai.choice": {"message": json.dumps({"content": MARK}), "finish_reason": "stop"},
    "gen_ai.client.inference.operation.details": {
        "gen_ai.input.messages": json.dumps(_MESSAGES), "gen_ai.output.messages": json.dumps(_MESSAGES),
        "gen_ai.system_instructions": MARK, "gen_ai.tool.definitions": json.dumps(_BODY["tools"]),
    },
    "gen_ai.content.prompt": {"gen_ai.prompt": MARK},
    "gen_ai.content.completion": {"gen_ai.completion": MARK},
    "gen_ai.evaluation.result": {
        "gen_ai.evaluation.name": MARK, "gen_ai.evaluation.explanation": MARK, "gen_ai.evaluation.score.label": MARK,
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", ["llm", "tool"])
@pytest.mark.parametrize("whole", [True, False])
def test_no_copy_of_a_dropped_member_of_an_event_stays(analyzer: Analyzer, kind: str, whole: bool) -> None:
    kinds = {"openinference.span.kind": kind}
    spans = _spans([{"events": [event], "attributes": kinds} for event in _EVENTS.items()])
    assert sum(MARK in str(row) for row in spans.columns.drop_columns(["events"]).to_pylist()) >= len(_EVENTS) - 4
    keys = ["events"] if whole else sorted({key for said in _EVENTS.values() for key in said} - {"finish_reason"})
    output = dropping(analyzer, *keys).redact_batch(spans)
    assert MARK.encode() not in output.encode()
    assert dropping(analyzer, *keys).redact_batch(output).columns.equals(output.columns)


def test_a_member_that_its_copy_shows_is_dropped_alone(analyzer: Analyzer) -> None:
    said = json.dumps({"city": "Oslo", "note": MARK})
    spans = _spans([{"attributes": {"openinference.span.kind": "tool", "input.value": said}}])
    output = dropping(analyzer, "note").redact_batch(spans)
    assert json.loads(column(output, "tool_arguments")[0]) == {"city": "Oslo", "note": "<DROPPED>"}
    assert MARK.encode() not in output.encode()


def test_a_member_that_its_copy_does_not_show_takes_the_copy_with_it(analyzer: Analyzer) -> None:
    body = json.dumps({"model": "gpt-4o", "prompt_text": "x", "messages": [{"role": "user", "content": MARK}]})
    spans = _spans([{"attributes": {"openinference.span.kind": "llm", "input.value": body}}])
    assert MARK in column(spans, "input_messages")[0]
    output = dropping(analyzer, "messages").redact_batch(spans)
    assert column(output, "input_messages") == ['"<DROPPED>"']
    assert MARK.encode() not in output.encode()


def test_the_resource_s_service_and_the_span_s_name_go_with_their_copies(analyzer: Analyzer) -> None:
    named = {"name": MARK, "attributes": {"traceloop.span.kind": "tool"}}
    for dropped, resource in (("service.name", MARK), ("resource_attributes", MARK)):
        output = dropping(analyzer, dropped).redact_batch(_spans([{}], service_name=resource))
        assert column(output, "service_name") == ["<DROPPED>"]
        assert MARK.encode() not in output.encode()
    kept = dropping(analyzer, "host.name").redact_batch(_spans([{}], service_name="shop", host_name=MARK))
    assert column(kept, "service_name") == ["shop"]
    spans = _spans([named])
    output = dropping(analyzer, "name").redact_batch(spans)
    assert MARK.encode() not in output.encode()


def test_instructions_of_an_attribute_of_their_own_stay_when_what_went_in_is_dropped(analyzer: Analyzer) -> None:
    own = json.dumps([{"type": "text", "content": "be kind"}])
    attributes = {
        "openinference.span.kind": "llm", "gen_ai.system_instructions": own, "input.value": json.dumps(_BODY),
    }  # fmt: skip
    output = dropping(analyzer, "input.value").redact_batch(_spans([{"attributes": attributes}]))
    assert column(output, "system_instructions") == [own]
    assert MARK.encode() not in output.encode()


@pytest.mark.parametrize("dropped", ["gen_ai.output.messages", "output_messages", "finish_reason"])
def test_why_the_model_stopped_goes_with_the_message_that_says_it(analyzer: Analyzer, dropped: str) -> None:
    said = [{"role": "assistant", "parts": [{"type": "text", "content": "hi"}], "finish_reason": MARK}]
    spans = _spans([{"attributes": {"gen_ai.operation.name": "chat", "gen_ai.output.messages": json.dumps(said)}}])
    assert column(spans, "finish_reasons") == [[MARK]]
    output = dropping(analyzer, dropped).redact_batch(spans)
    assert column(output, "finish_reasons") == [["<DROPPED>"]]
    assert MARK.encode() not in output.encode()


@pytest.mark.parametrize("dropped", ["body", "content", "gen_ai.input.messages", "attr_string"])
def test_no_copy_of_what_is_dropped_of_a_log_record_stays(analyzer: Analyzer, dropped: str) -> None:
    request = ExportLogsServiceRequest()
    records = request.resource_logs.add().scope_logs.add().log_records
    if dropped in {"body", "content"}:
        record = records.add(event_name="gen_ai.user.message")
        record.body.kvlist_value.values.append(_attribute("content", MARK))
    else:
        record = records.add(event_name="gen_ai.client.inference.operation.details")
        record.attributes.append(_attribute("gen_ai.input.messages", json.dumps(_MESSAGES)))
    logs = SpanBatch("0" * 32, "t", "p", 0, decode_logs(request.SerializeToString()), signal=Signal.LOGS)
    assert MARK in column(logs, "input_messages")[0]
    output = dropping(analyzer, dropped).redact_batch(logs)
    assert MARK.encode() not in output.encode()
    assert dropping(analyzer, dropped).redact_batch(output).columns.equals(output.columns)


MAIL: Final = "jane.roe@example.com"


def _receipt(output: SpanBatch) -> tuple[dict[str, int], dict[str, int]]:
    return dict(column(output, "redacted_entities")[0]), dict(column(output, "redacted_where")[0])


def test_a_value_that_ingest_copied_counts_once_and_in_each_place(analyzer: Analyzer) -> None:
    said = json.dumps([{"role": "user", "content": f"to {MAIL}"}])
    attributes = {"openinference.span.kind": "llm", "input.value": said, "user.id": MAIL, "other": MAIL}
    entities, where = _receipt(dropping(analyzer).redact_batch(_spans([{"attributes": attributes}])))
    assert entities == {"EMAIL_ADDRESS": 3}  # What went in, who, and an attribute that says it by itself.
    places = {"attr_string": 3, "input_messages": 1, "user_id": 1}
    assert where == {f"{place}:EMAIL_ADDRESS": count for place, count in places.items()}


def test_a_value_beside_its_copy_counts_too(analyzer: Analyzer) -> None:
    said = json.dumps([{"role": "user", "content": f"to {MAIL}"}])
    moved = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": said, "other": MAIL}
    entities, _ = _receipt(dropping(analyzer).redact_batch(_spans([{"attributes": moved}])))
    assert entities == {"EMAIL_ADDRESS": 2}
    events = [("gen_ai.user.message", {"content": MAIL}), ("gen_ai.user.message", {"content": f"cc {MAIL}"})]
    kind = {"gen_ai.operation.name": "chat"}
    entities, where = _receipt(dropping(analyzer).redact_batch(_spans([{"attributes": kind, "events": events}])))
    assert (entities, where["events:EMAIL_ADDRESS"], where["input_messages:EMAIL_ADDRESS"]) == (
        {"EMAIL_ADDRESS": 2}, 2, 2,
    )  # fmt: skip


def test_what_is_dropped_with_its_copy_counts_once(analyzer: Analyzer) -> None:
    entities, where = _receipt(dropping(analyzer, "user.id").redact_batch(_spans([{"attributes": {"user.id": "u"}}])))
    assert (entities, where) == ({"DROPPED": 1}, {"attr_string:DROPPED": 1, "user_id:DROPPED": 1})


def test_what_is_withheld_with_its_copy_counts_once(patterns: PatternDetector) -> None:
    analyzer = Analyzer(patterns, None, FindingsCache(1_000_000), 50)
    output = dropping(analyzer).redact_batch(_spans([{"attributes": {"user.id": "u" * 60, "other": "o" * 60}}]))
    assert column(output, "withheld_values") == [2]
