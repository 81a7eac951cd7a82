"""The command that shows and checks what another producer's payload says."""

import json
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from a11i_telemetry.conformance import PayloadError, differences, main, read_payload
from a11i_telemetry.findings import Findings
from a11i_telemetry.otlp_json import parse_traces
from tests.contract.trace_trees import TREES, Node, Tree

_CASE = Path(__file__).parents[2] / "corpus" / "otel-genai-openai" / "chat-tool"


def _traces() -> dict[str, Any]:
    lines = [json.loads(line) for line in (_CASE / "payload.jsonl").read_text().splitlines()]
    [traces] = [line["request"] for line in lines if line["signal"] == "traces"]
    return dict(traces)


def test_a_payload_is_shown_in_the_form_of_the_corpus(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(_CASE / "payload.jsonl")]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["totals"] == {"input_tokens": 300, "output_tokens": 43}
    assert [span["finish_reasons"] for span in shown["spans"]] == [["tool_calls"], ["stop"]]
    assert shown["spans"][0]["output_messages"][0]["parts"][0]["arguments"] == {"city": "Paris"}


def test_one_request_says_the_same_as_json_and_as_protobuf() -> None:
    document = json.dumps(_traces()).encode()
    binary = parse_traces(document, Findings()).SerializeToString()
    recorded = read_payload((_CASE / "payload.jsonl").read_bytes())
    assert read_payload(document) == read_payload(binary) == recorded


def test_another_producers_ids_are_no_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = json.dumps(_traces())
    for span in json.loads(text)["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        text = text.replace(span["spanId"], span["spanId"][::-1])
    other = tmp_path / "other.json"
    other.write_text(text)
    assert main(["check", str(other), "--expect", str(_CASE)]) == 0
    assert capsys.readouterr().out == "as expected\n"
    assert main(["check", str(other), "--expect", str(_CASE / "expected.json"), "--same-ids"]) == 1
    assert "missing" in capsys.readouterr().out


def test_each_difference_is_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps(_traces()).replace('{"intValue": "120"}', '{"intValue": "121"}'))
    assert main(["check", str(other), "--expect", str(_CASE)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "chat gpt-4o-mini: input_tokens is 121, should be 120",
        "totals: input_tokens is 301, should be 300",
        "2 differences",
    ]


_RARE = {
    "cache_creation_tokens": 9,
    "cache_creation_token_details": {"ephemeral_1h_input_tokens": 4},
    "audio_tokens": 3,
    "image_tokens": 2,
}


def test_rare_sorts_of_tokens_and_reported_costs_are_compared_and_nothing_is_as_none_of_them() -> None:
    request = _traces()
    first, second = request["resourceSpans"][0]["scopeSpans"][0]["spans"]
    usage = {"prompt_tokens_details": _RARE, "completion_tokens_details": {"audio_tokens": 6, "image_tokens": 5}}
    for span, value, cost in ((first, usage, 0.25), (second, {"prompt_tokens_details": {"audio_tokens": 0}}, 0)):
        span["attributes"].append({"key": "gen_ai.usage.raw", "value": {"stringValue": json.dumps(value)}})
        span["attributes"].append({"key": "gen_ai.usage.cost", "value": {"doubleValue": cost}})
    found = read_payload(json.dumps(request).encode())
    expected = json.loads((_CASE / "expected.json").read_text())
    assert differences(found, expected, same_ids=False) == [
        "chat gpt-4o-mini: cache_write_tokens is 9, should be not there",
        "chat gpt-4o-mini: cache_write_1h_tokens is 4, should be not there",
        "chat gpt-4o-mini: input_audio_tokens is 3, should be not there",
        "chat gpt-4o-mini: input_image_tokens is 2, should be not there",
        "chat gpt-4o-mini: output_audio_tokens is 6, should be not there",
        "chat gpt-4o-mini: output_image_tokens is 5, should be not there",
        "chat gpt-4o-mini: reported_cost_usd is 0.25, should be not there",
    ]


def test_what_is_sold_beside_tokens_is_shown_and_compared() -> None:
    request = _traces()
    span = request["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    said = {"server_tool_use": {"web_search_requests": 3}}
    span["attributes"].append({"key": "gen_ai.usage.raw", "value": {"stringValue": json.dumps(said)}})
    found = read_payload(json.dumps(request).encode())
    assert [one.get("units") for one in found.spans] == [{"web_searches": 3}, None]
    expected = json.loads((_CASE / "expected.json").read_text())
    assert differences(found, expected) == [
        f'chat gpt-4o-mini {span["spanId"]}: units is {{"web_searches":3}}, should be not there'
    ]


@pytest.mark.parametrize(
    "content", [b"{not json", b'{"signal": 1}', b"[]\n", b'{"signal": "traces", "request": {}', b"\xff"]
)
def test_a_file_that_is_no_payload_ends_with_2_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    path = tmp_path / "payload"
    path.write_bytes(content)
    assert main(["show", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["show", str(tmp_path / "missing")]) == 2


def test_logs_are_joined_with_their_span_and_others_are_left_alone() -> None:
    case = _CASE.parents[1] / "otel-openai-v2" / "chat-tool-events"
    spans = read_payload((case / "payload.jsonl").read_bytes()).spans
    assert [len(span["input_messages"]) for span in spans] == [2, 4]


def test_an_expectation_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "expected.json"
    path.write_text("[]")
    assert main(["check", str(_CASE / "payload.jsonl"), "--expect", str(path)]) == 2
    assert "no expectation" in capsys.readouterr().err
    with pytest.raises(PayloadError, match="a line"):
        read_payload(b'{"a": 1}\n{"b": 2}')


def test_a_cases_folder_stands_for_its_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(_CASE), "--expect", str(_CASE), "--same-ids"]) == 0
    assert capsys.readouterr().out == "as expected\n"


def test_rejected_items_are_told_and_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = _traces()
    spans = request["resourceSpans"][0]["scopeSpans"][0]["spans"]
    spans += [spans[0] | {"traceId": "zz"}, spans[0] | {"spanId": "0" * 16}]
    path = tmp_path / "payload.json"
    path.write_text(json.dumps(request))
    assert main(["show", str(path)]) == 1
    output = capsys.readouterr()
    assert len(json.loads(output.out)["spans"]) == 2
    assert output.err.splitlines() == [
        "a11i-conformance: rejected 1: span id is not 8 bytes or is all zero",
        "a11i-conformance: rejected 1: id is not hexadecimal (traceId)",
    ]
    assert main(["check", str(path), "--expect", str(_CASE)]) == 1
    assert "as expected" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("payload", "expect", "words"),
    [
        ("missing", None, "missing can't be read: No such file or directory"),
        (".", None, "is a folder, but no corpus case: payload.jsonl in it: No such file or directory"),
        (None, "missing", "missing can't be read: No such file or directory"),
        (None, ".", "is a folder, but no corpus case: expected.json in it: No such file or directory"),
        (None, "text", "text is no expectation: "),
        (None, "nameless", "a span in it has no name or no span_id"),
    ],
)
def test_what_cannot_be_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], payload: str | None, expect: str | None, words: str
) -> None:
    (tmp_path / "text").write_text("no JSON")
    (tmp_path / "nameless").write_text('{"spans": [{}]}')
    given = _CASE if payload is None else tmp_path / payload
    wanted = _CASE if expect is None else tmp_path / expect
    assert main(["check", str(given), "--expect", str(wanted)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert words in line


def _add(request: ExportTraceServiceRequest, node: Node, trace_id: bytes) -> None:
    """Add a span of a tree in some dialect."""
    ids = [name.encode()[-8:].rjust(8, b".") for name in (node.name, node.below)]
    span = request.resource_spans[0].scope_spans[0].spans.add(trace_id=trace_id, span_id=ids[0], name=node.name)
    span.parent_span_id = ids[1] if node.below else b""
    for key, text in (("langfuse.observation.type", node.kind), ("gen_ai.response.id", node.response_id)):
        if text:
            span.attributes.add(key=key).value.string_value = text
    for key, factor in (("gen_ai.usage.input_tokens", 1), ("gen_ai.usage.output_tokens", 2)):
        if node.tokens is not None:
            span.attributes.add(key=key).value.int_value = factor * node.tokens


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_each_call_of_a_tree_counts_once_in_each_trace(tree: Tree) -> None:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add()
    for trace_id in (b"t" * 16, b"u" * 16):
        for node in tree.nodes:
            _add(request, node, trace_id)
    totals = read_payload(request.SerializeToString()).totals
    assert totals == {"input_tokens": 2 * tree.input_tokens, "output_tokens": 4 * tree.input_tokens}


def test_where_a_call_has_spans_in_two_traces_either_total_is_right() -> None:
    found = read_payload((_CASE / "payload.jsonl").read_bytes())
    expected = {"spans": found.spans, "totals": {"input_tokens": 1, "output_tokens": 1}}
    assert len(differences(found, expected)) == 2
    assert differences(found, {**expected, "totals_within_traces": found.totals}) == []
    assert differences(found, {"spans": found.spans, "totals": found.totals, "totals_within_traces": {}}) == []
