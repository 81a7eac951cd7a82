"""Session and user on the spans below, and model calls by hand."""

import asyncio
import json
from types import SimpleNamespace

import pytest
from opentelemetry.trace import StatusCode
from pydantic import BaseModel

from a11i.sdk import llm, observe, set_session, set_user
from a11i.sdk._messages import as_parts
from tests.unit.sdk.recording import Recording


def test_a_session_is_on_the_current_span_and_on_all_below_of_any_instrumentation(recorded: Recording) -> None:
    with observe(kind="agent", name="a"):
        set_session("s-1")
        set_user("u-1")
        with recorded.provider.get_tracer("another").start_as_current_span("foreign"):
            pass
    with observe(name="after"):
        pass
    for name in ("invoke_agent a", "foreign"):
        attributes = recorded.attributes(name)
        assert (attributes["gen_ai.conversation.id"], attributes["session.id"], attributes["user.id"]) == (
            *("s-1", "s-1"),
            "u-1",
        )
    assert "session.id" not in recorded.attributes("after")


def test_a_with_block_ends_the_session(recorded: Recording) -> None:
    with set_session("s-2"), observe(name="inside"):
        pass
    with observe(name="outside"):
        pass
    assert recorded.attributes("inside")["session.id"] == "s-2"
    assert "session.id" not in recorded.attributes("outside")


async def test_tasks_running_at_once_keep_their_own_session(recorded: Recording) -> None:
    async def serve(session: str) -> None:
        set_session(session)
        await asyncio.sleep(0)
        with observe(name=f"step of {session}"):
            await asyncio.sleep(0)

    await asyncio.gather(*(asyncio.create_task(serve(name)) for name in ("one", "two")))
    assert recorded.attributes("step of one")["session.id"] == "one"
    assert recorded.attributes("step of two")["session.id"] == "two"


def test_a_model_call_records_request_answer_and_usage(recorded: Recording) -> None:
    tools = [{"type": "function", "name": "find"}]
    with llm(
        "gpt-4o",
        provider="openai",
        messages=[{"role": "user", "content": "hi"}],
        system="be brief",
        tools=tools,
        parameters={"temperature": 0.2},
    ) as call:
        call.first_chunk()
        call.record("hello", input_tokens=9, output_tokens=2, cache_read_tokens=4, finish_reason="stop")
        call.record(response_model="gpt-4o-2024", response_id="r-1")
    attributes = recorded.attributes("chat gpt-4o")
    assert attributes.pop("gen_ai.response.time_to_first_chunk") is not None
    text = {"type": "text", "content": "hello"}
    assert json.loads(str(attributes.pop("gen_ai.output.messages"))) == [
        {"role": "assistant", "parts": [text], "finish_reason": "stop"}
    ]
    assert json.loads(str(attributes.pop("gen_ai.tool.definitions"))) == tools
    assert attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.request.temperature": 0.2,
        "gen_ai.input.messages": '[{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]',
        "gen_ai.system_instructions": '[{"type": "text", "content": "be brief"}]',
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 2,
        "gen_ai.usage.cache_read.input_tokens": 4,
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.response.model": "gpt-4o-2024",
        "gen_ai.response.id": "r-1",
    }


def test_a_model_call_without_capture_keeps_usage_and_no_text(recorded: Recording) -> None:
    with llm("m", provider="p", messages=[{"role": "user", "content": "secret"}], capture=False) as call:
        call.record("secret too", input_tokens=1)
    assert "secret" not in str(recorded.attributes("chat m"))
    assert recorded.attributes("chat m")["gen_ai.usage.input_tokens"] == 1


async def test_a_failed_model_call_is_an_error(recorded: Recording) -> None:
    with pytest.raises(ConnectionError):
        async with llm("m", provider="p"):
            raise ConnectionError("gone")
    assert recorded.one().status.status_code is StatusCode.ERROR


class _Function(BaseModel):
    name: str
    arguments: str


class _Call(BaseModel):
    id: str
    function: _Function


class _Message(BaseModel):
    role: str
    content: str | None
    tool_calls: list[_Call] | None = None


TOOL_CALL = {"type": "tool_call", "id": "c1", "name": "find", "arguments": {"n": 1}}


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ({"role": "user", "content": "hi"}, [{"type": "text", "content": "hi"}]),
        ({"role": "user", "parts": ["kept"]}, ["kept"]),
        ({"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "image_url"}]},
         [{"type": "text", "content": "hi"}, {"type": "image_url"}]),
        ({"role": "tool", "tool_call_id": "c1", "content": "42"},
         [{"type": "tool_call_response", "id": "c1", "response": "42"}]),
        ({"role": "assistant", "content": None,
          "tool_calls": [{"id": "c1", "function": {"name": "find", "arguments": '{"n": 1}'}}]}, [TOOL_CALL]),
        (_Message(role="assistant", content=None,
                  tool_calls=[_Call(id="c1", function=_Function(name="find", arguments='{"n": 1}'))]), [TOOL_CALL]),
        ({"role": "assistant", "tool_calls": [{"id": "c1", "function": {"name": "find", "arguments": "{"}}]},
         [{**TOOL_CALL, "arguments": "{"}]),
        ("just text", [{"type": "text", "content": "just text"}]),
        (SimpleNamespace(role="odd"), [{"type": "text", "content": ""}]),
        ({"role": "assistant", "tool_calls": ["odd", None]}, []),
    ],
)  # fmt: skip
def test_messages_of_every_form_become_roles_and_parts(message: object, parts: list[object]) -> None:
    assert as_parts(message)["parts"] == parts
