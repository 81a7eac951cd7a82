"""Every case of the conformance corpus is whole, small, and tells nothing of the machine that it was made on."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

CORPUS = Path(__file__).parents[2] / "corpus"
CASES = sorted(path.parent for path in CORPUS.glob("*/*/payload.jsonl"))
STEP_KINDS = {
    *("agent", "workflow", "llm", "tool", "retrieval", "embedding", "rerank", "guardrail", "evaluation", "chain"),
}
MESSAGES = {"input_messages", "output_messages"}
RARE_COUNTS = {
    *("cache_write_1h_tokens", "input_audio_tokens", "input_image_tokens", "output_audio_tokens"),
    "output_image_tokens",
}
COUNTS = {"input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens", *RARE_COUNTS}
FIELDS = {
    *("span_id", "name", "step_kind", "operation", "provider", "request_model", "response_model", "response_id"),
    *("finish_reasons", "system_instructions", "tool_definitions", "tool_name", "tool_call_id", "tool_arguments"),
    *("tool_result", "agent_name", "agent_id", "workflow_name", "session_id", "user_id", "time_to_first_chunk_s"),
    "reported_cost_usd",
    *COUNTS,
    *MESSAGES,
}
PART_KEYS = {
    "text": {"type", "content"},
    "reasoning": {"type", "content"},
    "tool_call": {"type", "id", "name", "arguments"},
    "tool_call_response": {"type", "id", "response"},
    "blob": {"type", "modality", "mime_type", "content"},
    "uri": {"type", "modality", "mime_type", "uri"},
    "file": {"type", "modality", "mime_type", "file_id"},
}
MAX_PAYLOAD_BYTES = 100_000
MACHINE = re.compile(r"/work/|/root\b|/home/|/tmp/|\bsk-[A-Za-z0-9]")

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")


def lines_of(case: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (case / "payload.jsonl").read_text().splitlines()]


def spans_of(case: Path) -> dict[str, dict[str, Any]]:
    requests = [line["request"] for line in lines_of(case) if line["signal"] == "traces"]
    resources = [resource for request in requests for resource in request["resourceSpans"]]
    scopes = [scope for resource in resources for scope in resource["scopeSpans"]]
    return {span["spanId"]: span for scope in scopes for span in scope["spans"]}


def expected_of(case: Path) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads((case / "expected.json").read_text())
    return expected


def test_there_are_cases() -> None:
    assert len(CASES) > 20


@each_case
def test_expected_covers_every_span_of_the_payload(case: Path) -> None:
    recorded = spans_of(case)
    expected = [(span["span_id"], span["name"]) for span in expected_of(case)["spans"]]
    assert sorted(expected) == sorted((span_id, span["name"]) for span_id, span in recorded.items())


@each_case
def test_expected_keeps_to_the_normal_form(case: Path) -> None:
    expected = expected_of(case)
    assert set(expected) - {"totals_within_traces"} == {"spans", "totals"}
    for totals in (expected["totals"], expected.get("totals_within_traces", expected["totals"])):
        assert set(totals) == {"input_tokens", "output_tokens"}
    for span in expected["spans"]:
        assert set(span) <= FIELDS
        assert span.get("step_kind", "llm") in STEP_KINDS
        assert all(isinstance(span[field], int) for field in COUNTS & set(span))
        assert all(span[field] for field in (RARE_COUNTS | {"reported_cost_usd"}) & set(span))
        parts = list(span.get("system_instructions", []))
        for message in [message for field in MESSAGES for message in span.get(field, [])]:
            assert set(message) <= {"role", "parts", "finish_reason"}
            assert message["role"] in {"system", "user", "assistant", "tool"}
            parts += message["parts"]
        for part in parts:
            assert set(part) <= PART_KEYS[part["type"]]


@each_case
def test_source_says_what_it_was_made_with(case: Path) -> None:
    source = json.loads((case / "source.json").read_text())
    assert set(source) == {"packages", "language", "recorded", "notes"}
    assert source["packages"]


@each_case
def test_payload_is_otlp_json_and_small(case: Path) -> None:
    assert (case / "payload.jsonl").stat().st_size < MAX_PAYLOAD_BYTES
    for line in lines_of(case):
        assert set(line) == {"signal", "request"}
        assert line["signal"] in {"traces", "logs", "metrics"}
    for span_id, span in spans_of(case).items():
        assert re.fullmatch(r"[0-9a-f]{16}", span_id)
        assert re.fullmatch(r"[0-9a-f]{32}", span["traceId"])


@each_case
def test_files_tell_nothing_of_the_machine(case: Path) -> None:
    for path in case.iterdir():
        assert not MACHINE.search(path.read_text()), path.name


def test_every_case_has_its_recorder() -> None:
    for case in CASES:
        cases = json.loads((CORPUS / "recorders" / case.parent.name / "cases.json").read_text())
        assert case.name in cases


def test_the_readme_names_every_case_and_no_other() -> None:
    readme = (CORPUS / "README.md").read_text()
    named = re.findall(r"\[([\w.-]+)\]\(([\w.-]+)/\1\)", readme)
    assert sorted(named) == sorted((case.name, case.parent.name) for case in CASES)
    assert readme.count(f"{len(CASES)} recordings of what {len({case.parent for case in CASES})} instrumentations") == 1
