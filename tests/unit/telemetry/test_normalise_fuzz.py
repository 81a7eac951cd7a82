"""Nothing that an attribute or an event can hold breaks the normaliser, or makes a column that is none."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from a11i_telemetry.kinds import KIND_RULES
from a11i_telemetry.otlp import decode_traces
from a11i_telemetry.rules import INPUTS, OUTPUTS, PREFIXES, RULES
from tests.unit.effort import times
from tests.unit.telemetry.otlp_strategies import VALUES

_MEMBERS = [
    *("role", "content", "parts", "type", "text", "message", "messages", "choices", "tool_calls", "function", "name"),
    *("arguments", "id", "kwargs", "lc", "data", "input", "output", "contents", "candidates", "generations", "usage"),
    *("input_tokens", "prompt_tokens_details", "cached_tokens", "tools", "system", "replies", "meta", "args", "inputs"),
    *("tool_call_id", "finish_reason", "source", "image_url", "file", "items", "config", "update", "summary"),
]
_WORDS = st.sampled_from(
    ["user", "assistant", "tool", "system", "human", "ai", "text", "tool_use", "tool_result", "function", "image"]
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | _WORDS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_MEMBERS), inner, min_size=1, max_size=5)
    ),
    max_leaves=15,
)
_TEXTS = _JSON.map(json.dumps) | _JSON.map(repr) | st.text(max_size=10)
_KEYS = sorted({key for rule in (*RULES, INPUTS, OUTPUTS) for key in rule.keys} | {rule.key for rule in KIND_RULES})
_INDEXED = st.builds(
    "{}{}.{}".format,
    st.sampled_from(PREFIXES),
    st.integers(0, 3),
    st.sampled_from(["message.role", "message.content", "content", "tool_calls.0.id", "tool.json_schema", "0.0.text"]),
)
_MESSAGES = ("gen_ai.user.message", "gen_ai.choice", "gen_ai.tool.message", "gen_ai.client.inference.operation.details")


def _decoded(request: ExportTraceServiceRequest) -> dict[str, Any]:
    [row] = decode_traces(request.SerializeToString()).columns.to_pylist(maps_as_pydicts="strict")
    return dict(row)


def _request() -> tuple[ExportTraceServiceRequest, Any]:
    request = ExportTraceServiceRequest()
    return request, request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8)


@settings(max_examples=times(100), deadline=None)
@given(
    texts=st.dictionaries(st.sampled_from(_KEYS) | _INDEXED, _TEXTS, max_size=6),
    values=st.dictionaries(st.sampled_from(_KEYS) | _INDEXED, VALUES, max_size=3),
    kind=st.sampled_from(["llm", "tool", "chain", "agent", "embedding", ""]),
    events=st.lists(
        st.tuples(st.sampled_from(_MESSAGES), st.dictionaries(st.sampled_from(["content", "message"]), _TEXTS)),
        max_size=2,
    ),
)
@example(texts={"span events": "[]"}, values={}, kind="", events=[])
def test_every_column_is_what_it_should_be_whatever_is_sent(
    texts: dict[str, str], values: dict[str, Any], kind: str, events: list[tuple[str, dict[str, str]]]
) -> None:
    request, span = _request()
    texts = {**texts, "openinference.span.kind": kind}
    for key, text in texts.items():
        span.attributes.add(key=key).value.string_value = text.encode("utf-8", "replace").decode()
    for key, value in values.items():
        if key not in texts:
            span.attributes.add(key=key).value.CopyFrom(value)
    for name, attributes in events:
        event = span.events.add(name=name)
        for key, text in attributes.items():
            event.attributes.add(key=key).value.string_value = text.encode("utf-8", "replace").decode()
    row = _decoded(request)
    for name in ("input_messages", "output_messages", "system_instructions", "tool_definitions"):
        assert isinstance(json.loads(row[name] or "[]"), list)
    for name in ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens"):
        assert row[name] is None or 0 <= row[name] <= 10**13
    kept = row["attr_string"].keys() | set(row["lifted"])
    assert set(texts) <= kept | row["attr_json"].keys()


@pytest.mark.parametrize("key", ["input.value", "gen_ai.input.messages", "llm.openai.messages", "events", "ai.prompt"])
@pytest.mark.parametrize("depth", [100, 500, 5_000])
def test_values_that_are_nested_deep_are_shown_as_they_are_or_not_at_all(key: str, depth: int) -> None:
    nested = '{"role":"user","content":' * depth + '"x"' + "}" * depth
    for text in (nested, f"[{nested}]", "[" * depth + "]" * depth, nested.replace('"', "'")):
        request, span = _request()
        span.attributes.add(key=key).value.string_value = text
        row = _decoded(request)
        assert row["attr_string"].get(key, row["input_messages"]) == text


def test_megabytes_of_broken_json_take_no_longer_than_reading_them() -> None:
    for text in ("[" * 2_000_000, "{'" + "\\" * 2_000_000, "'" * 2_000_000, '[{"role": "' * 200_000):
        request, span = _request()
        for key in ("input.value", "gen_ai.input.messages", "llm.openai.messages", "metadata.usage_object"):
            span.attributes.add(key=key).value.string_value = text
        assert _decoded(request)["input_messages"]
