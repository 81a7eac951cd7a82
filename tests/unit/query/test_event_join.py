"""GenAI events that arrived as log records, in the answer to GetTrace."""

import json
from typing import Any

import pyarrow as pa

from a11i.query.v1 import query_service_pb2 as query
from a11i.telemetry.v1 import span_pb2 as pb
from a11i_query import translate
from a11i_query.event_join import EventsBySpan
from a11i_storage.clickhouse import EVENT_SCHEMA, StoredTrace, TraceEvents
from a11i_telemetry.signals import Signal
from tests.contract.stored_signals import record_batch, row, row_id
from tests.contract.stored_spans import NOON_NS, span, span_id, trace_id
from tests.unit.query.test_translate import SUMMARY, stored

WHOLE = "gen_ai.client.inference.operation.details"


def message(role: str, content: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": content}]}])


def event(name: str, at: int = 0, of: object = "span", **columns: Any) -> dict[str, Any]:
    """Return a record of the span, `at` nanoseconds after noon."""
    ids: dict[str, Any] = {"trace_id": trace_id("trace"), "span_id": span_id(of)}
    return row(name, time_ns=NOON_NS + at, **{"event_name": name, **ids, **columns})


def answer(*events: dict[str, Any], truncated: bool = False, spans: int = 1, **columns: Any) -> query.GetTraceResponse:
    """Return the answer for a span with these events, by time as the store has them."""
    batch = record_batch(Signal.LOGS, sorted(events, key=lambda one: one["time"]))
    table = pa.Table.from_batches([batch]).select(EVENT_SCHEMA.names).cast(EVENT_SCHEMA)
    names = ["span", *(f"span {number}" for number in range(1, spans))]
    trace = StoredTrace(stored(*(span(span=name, **columns) for name in names)), SUMMARY)
    parts = translate.trace(trace, EventsBySpan(TraceEvents(table, truncated)))
    return query.GetTraceResponse.FromString(b"".join(parts))


def joined(*events: dict[str, Any], **columns: Any) -> pb.Span:
    return answer(*events, **{"step_kind": "llm", **columns}).spans[0]


def test_older_events_are_together_the_conversation_in_the_order_of_time() -> None:
    gen_ai = joined(
        event("gen_ai.choice", 9, output_messages=message("assistant", "yes")),
        event("gen_ai.user.message", 2, input_messages=message("user", "well?")),
        event("gen_ai.system.message", 1, input_messages=message("system", "be kind")),
    ).gen_ai
    assert [one["role"] for one in json.loads(gen_ai.input_messages)] == ["system", "user"]
    assert gen_ai.output_messages == message("assistant", "yes")


def test_an_event_with_all_of_it_counts_alone() -> None:
    gen_ai = joined(
        event("gen_ai.user.message", 1, input_messages=message("user", "once")),
        event(WHOLE, 2, input_messages=message("user", "whole"), system_instructions="[1]", tool_definitions="[2]"),
    ).gen_ai
    assert gen_ai.input_messages == message("user", "whole")
    assert (gen_ai.system_instructions, gen_ai.tool_definitions) == ("[1]", "[2]")


def test_what_the_span_says_itself_counts_before_its_events() -> None:
    said = event(WHOLE, input_messages=message("user", "event"), output_messages=message("assistant", "event"))
    gen_ai = joined(said, input_messages=message("user", "span")).gen_ai
    assert gen_ai.input_messages == message("user", "span")
    assert gen_ai.output_messages == message("assistant", "event")


def test_the_first_evaluation_is_the_spans_and_all_are_among_its_events() -> None:
    name = "gen_ai.evaluation.result"
    first = event(name, 1, evaluation_name="Relevance", evaluation_score=0.0)
    second = {**event(name, 2, evaluation_name="Tone"), "name of row": "second"}
    found = joined(first, second)
    assert (found.gen_ai.evaluation.name, found.gen_ai.evaluation.score) == ("Relevance", 0.0)
    assert [one.name for one in found.events] == [name, name]
    assert joined(first, evaluation_label="own").gen_ai.evaluation == pb.Evaluation(label="own")


def test_events_are_listed_among_the_spans_own_by_time_and_marked() -> None:
    own = [
        {"time_unix_nano": NOON_NS + at, "name": f"own {at}", "attributes": {}, "dropped_attributes_count": 0}
        for at in (1, 9)
    ]
    text = event("gen_ai.choice", 5, body='{"a":1}', body_is_json=True, attr_string=[("k", "v")], attr_int=[("i", 1)])
    plain = event("gen_ai.user.message", 7, body="hello", dropped_attributes_count=2)
    events = joined(text, plain, events=json.dumps(own)).events
    assert [one.name for one in events] == ["own 1", "gen_ai.choice", "gen_ai.user.message", "own 9"]
    assert [one.log_record_id for one in events] == [
        "", row_id("gen_ai.choice").hex(), row_id("gen_ai.user.message").hex(), ""
    ]  # fmt: skip
    assert events[1].body.kvlist_value.values[0].value.int_value == 1
    assert [pair.key for pair in events[1].attributes] == ["i", "k"]
    assert (events[2].body.string_value, events[2].dropped_attributes_count) == ("hello", 2)
    assert not events[0].HasField("body")


def test_events_of_other_spans_stay_there() -> None:
    spans = answer(event("gen_ai.choice", of="span 1", output_messages="[1]"), spans=3, step_kind="llm").spans
    assert [span.gen_ai.output_messages for span in spans if span.span_id == span_id("span 1").hex()] == ["[1]"]
    assert sum(len(span.events) for span in spans) == 1


def test_a_span_that_is_only_known_by_its_events_has_their_content() -> None:
    gen_ai = joined(event("gen_ai.choice", output_messages="[1]"), step_kind="").gen_ai
    assert (gen_ai.output_messages, gen_ai.step_kind) == ("[1]", pb.STEP_KIND_UNSPECIFIED)


def test_why_the_model_stopped_comes_with_its_messages() -> None:
    choice = json.dumps([{"role": "assistant", "parts": [], "finish_reason": "stop"}, {"role": "assistant"}])
    assert joined(event("gen_ai.choice", output_messages=choice)).gen_ai.finish_reasons == ["stop"]
    own = joined(event("gen_ai.choice", output_messages=choice), finish_reasons=["length"])
    assert own.gen_ai.finish_reasons == ["length"]


def test_a_chain_says_nothing_of_what_its_calls_events_say() -> None:
    found = joined(event("gen_ai.choice", output_messages=message("assistant", "yes")), step_kind="chain")
    assert found.gen_ai.output_messages == ""
    assert [one.name for one in found.events] == ["gen_ai.choice"]


def test_what_redaction_withheld_or_replaced_does_no_harm() -> None:
    found = joined(
        event("gen_ai.user.message", 1, input_messages="<WITHHELD>"),
        event("gen_ai.assistant.message", 2, input_messages=message("assistant", "yes")),
        event("gen_ai.choice", 3, body="<CREDIT_CARD_0123abcd>", body_is_json=True),
    )
    assert json.loads(found.gen_ai.input_messages) == json.loads(message("assistant", "yes"))
    assert found.events[2].body.string_value == "<CREDIT_CARD_0123abcd>"


def test_an_answer_without_all_events_is_truncated() -> None:
    whole = StoredTrace(stored(span()), SUMMARY).truncated
    assert whole, "the summary speaks of three spans"
    assert not answer(event("gen_ai.choice"), spans=3).truncated
    assert answer(event("gen_ai.choice"), spans=3, truncated=True).truncated
