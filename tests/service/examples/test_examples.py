"""Both examples run as a user runs them, and send the trace that their README promises."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.service.examples.otlp_collector import KEY, Collector, attributes, collecting

ROOT = Path(__file__).parents[3]
TIMEOUT_S = 50


def run(example: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("A11I_", "OTEL_"))}
    return subprocess.run(
        [sys.executable, str(ROOT / "examples" / example)],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def send(example: str) -> tuple[Collector, subprocess.CompletedProcess[str]]:
    with collecting() as collector:
        done = run(example, {"A11I_OTLP_GRPC": collector.address, "A11I_API_KEY": KEY})
    assert done.returncode == 0, done.stderr
    return collector, done


def tree(spans: list[Span]) -> dict[str, list[str]]:
    """Return the names of each span's children, in order of start, by the parent's name ("" for roots)."""
    names = {span.span_id: span.name for span in spans}
    children: dict[str, list[str]] = {}
    for span in sorted(spans, key=lambda span: span.start_time_unix_nano):
        children.setdefault(names.get(span.parent_span_id, ""), []).append(span.name)
    return children


@pytest.fixture(scope="module")
def demo() -> tuple[Collector, subprocess.CompletedProcess[str]]:
    return send("demo_agent.py")


def test_the_last_line_of_the_demo_names_the_one_trace_that_it_sent(
    demo: tuple[Collector, subprocess.CompletedProcess[str]],
) -> None:
    collector, done = demo
    ids = {span.trace_id.hex() for span in collector.spans}
    assert ids == {done.stdout.splitlines()[-1].removeprefix("trace_id=")}
    assert collector.services == {"order-desk"}
    assert done.stderr == ""


def test_the_demo_is_a_tree_of_agent_turns_model_calls_and_tools(
    demo: tuple[Collector, subprocess.CompletedProcess[str]],
) -> None:
    collector, _ = demo
    children = tree(collector.spans)
    assert children[""] == ["invoke_agent order-desk"]
    assert children["invoke_agent order-desk"] == ["turn", "turn", "streamed turn", "turn with fallback"]
    assert children["turn"] == [
        *("chat gpt-4o", "execute_tool find_order", "chat gpt-4o"),
        *("chat gpt-4o", "execute_tool find_order", "execute_tool shipping_quote", "chat gpt-4o"),
    ]
    assert children["streamed turn"] == ["chat gpt-4o"]
    assert children["turn with fallback"] == ["chat gpt-4o", "chat gpt-4o-mini"]


def test_the_demo_reports_usage_except_for_the_fallback_and_the_failed_call(
    demo: tuple[Collector, subprocess.CompletedProcess[str]],
) -> None:
    collector, _ = demo
    calls = sorted(
        (span for span in collector.spans if span.name.startswith("chat ")), key=lambda span: span.start_time_unix_nano
    )
    usage = [attributes(span).get("gen_ai.usage.input_tokens") for span in calls]
    assert usage == [131, 165, 243, 303, 292, None, None]
    assert attributes(calls[1])["gen_ai.usage.cache_read.input_tokens"] == 128
    assert "gen_ai.response.time_to_first_chunk" in attributes(calls[4])
    assert calls[5].status.code == Status.STATUS_CODE_ERROR
    assert attributes(calls[5])["error.type"] == "openai.RateLimitError"


def test_the_demo_records_messages_tools_session_and_user(
    demo: tuple[Collector, subprocess.CompletedProcess[str]],
) -> None:
    collector, _ = demo
    text = ""
    for span in collector.spans:
        found = attributes(span)
        text += json.dumps(found, ensure_ascii=False)
        assert (found["gen_ai.conversation.id"], found["user.id"]) == ("order-desk-1", "customer-17")
    for planted in ("Maria Hernandez", "maria.hernandez@northwind-mail.com", "sk-" + "proj-"):
        assert planted in text
    tools = [span for span in collector.spans if span.name == "execute_tool find_order"]
    assert attributes(tools[0])["gen_ai.tool.call.arguments"] == '{"number": "A-1042"}'
    assert "in transit" in str(attributes(tools[0])["gen_ai.tool.call.result"])
    assert tools[1].status.code == Status.STATUS_CODE_ERROR
    assert tools[1].events[0].name == "exception"
    messages = [
        json.loads(str(attributes(span)["gen_ai.input.messages"]))
        for span in collector.spans
        if span.name == "chat gpt-4o"
    ]
    assert all(message["parts"] for conversation in messages for message in conversation)


def test_the_sdk_only_example_sends_every_kind_of_step_that_it_has() -> None:
    collector, done = send("sdk_only.py")
    children = tree(collector.spans)
    assert children[""] == ["invoke_workflow evening"]
    assert children["invoke_workflow evening"] == ["invoke_agent kitchen-help"] * 3
    assert children["invoke_agent kitchen-help"] == [
        *("guardrail is about food", "retrieval recipe notes", "execute_tool scale_recipe", "chat house-model-1"),
        *(
            "guardrail is about food",
            "retrieval recipe notes",
            "execute_tool scale_recipe",
            "execute_tool scale_recipe",
        ),
        *("chat house-model-1", "guardrail is about food"),
    ]
    failed = [span for span in collector.spans if span.status.code == Status.STATUS_CODE_ERROR]
    assert [attributes(span)["gen_ai.tool.call.arguments"] for span in failed] == ['{"persons": 0}']
    call = next(span for span in collector.spans if span.name == "chat house-model-1")
    assert attributes(call)["gen_ai.usage.input_tokens"] == 58
    assert {span.trace_id.hex() for span in collector.spans} == {done.stdout.splitlines()[-1].removeprefix("trace_id=")}


@pytest.mark.parametrize("example", ["demo_agent.py", "sdk_only.py"])
def test_an_example_without_a_key_says_what_is_missing_and_exits_with_2(example: str) -> None:
    done = run(example, {})
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "A11I_API_KEY" in done.stderr


@pytest.mark.parametrize("example", ["demo_agent.py", "sdk_only.py"])
def test_an_example_whose_spans_are_refused_still_runs_to_its_end_and_exits_with_1(example: str) -> None:
    with collecting() as collector:
        done = run(example, {"A11I_OTLP_GRPC": collector.address, "A11I_API_KEY": "a11i_" + "wrong"})
    assert done.returncode == 1
    assert "trace_id=" in done.stdout.splitlines()[-1]
    assert "UNAUTHENTICATED" in done.stderr
    assert "wrong" not in done.stderr
