"""The corpus's receiver keeps a request's content, and takes out what tells of the machine."""

from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.corpus.recording import REPOSITORY, as_otlp_json, from_otlp_json, scrubbed


def request(*attributes: KeyValue) -> ExportTraceServiceRequest:
    message = ExportTraceServiceRequest()
    span = message.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id, span.name = bytes(range(16)), bytes(range(8)), "chat"
    span.kind, span.start_time_unix_nano = Span.SPAN_KIND_CLIENT, 2**60
    span.attributes.extend(attributes)
    return message


def text(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def test_ids_are_hex_integers_text_and_enums_numbers() -> None:
    span = as_otlp_json(request())["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    assert span == {
        "traceId": "000102030405060708090a0b0c0d0e0f",
        "spanId": "0001020304050607",
        "name": "chat",
        "kind": 3,
        "startTimeUnixNano": str(2**60),
    }


def test_a_request_survives_the_way_to_json_and_back() -> None:
    number = KeyValue(key="n", value=AnyValue(int_value=2**60))
    raw = KeyValue(key="b", value=AnyValue(bytes_value=b"\x00\xff"))
    given = request(text("spanId", "no id"), number, raw)
    assert from_otlp_json("traces", as_otlp_json(given)) == given


def test_what_tells_of_the_machine_is_replaced() -> None:
    path = f"{REPOSITORY}/build/corpus/logfire/venv/lib/x.py"
    given = request(text("host.name", "box-17"), text("code.filepath", path), text("cwd", f"{Path.home()}/x"))
    pid = KeyValue(key="process.pid", value=AnyValue(int_value=4711))
    given.resource_spans[0].resource.attributes.append(pid)
    clean = scrubbed(as_otlp_json(given))["resourceSpans"][0]
    values = [attribute["value"] for attribute in clean["scopeSpans"][0]["spans"][0]["attributes"]]
    assert values == [
        {"stringValue": "host"},
        {"stringValue": "/app/venv/lib/x.py"},
        {"stringValue": "/app/x"},
    ]
    assert clean["resource"]["attributes"] == [{"key": "process.pid", "value": {"intValue": "1"}}]


def test_words_that_look_like_the_machines_paths_stay() -> None:
    given = request(text("answer", "see https://example.com/workshop and /rooted"))
    assert scrubbed(as_otlp_json(given)) == as_otlp_json(given)
