"""`observe` records a call and changes nothing about it."""

import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Generator, Iterator

import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from a11i.sdk import Kind, observe
from tests.unit.sdk.recording import Recording


class Desk:
    @observe(kind="tool")
    def find(self, number: str, *more: int, deep: bool = False) -> list[str]:
        return [number]

    @observe
    @staticmethod
    def static(text: str) -> str:
        return text

    @classmethod
    @observe(kind="agent", name="clerk")
    def made(cls, text: str) -> str:
        return f"{cls.__name__} {text}"


def test_a_tool_records_its_name_arguments_and_result(recorded: Recording) -> None:
    assert Desk().find("A-1", 2, 3, deep=True) == ["A-1"]
    span = recorded.one()
    assert span.name == "execute_tool Desk.find"
    attributes = dict(span.attributes or {})
    assert attributes["gen_ai.operation.name"] == "execute_tool"
    assert attributes["gen_ai.tool.name"] == "Desk.find"
    assert json.loads(str(attributes["gen_ai.tool.call.arguments"])) == {"number": "A-1", "args": [2, 3], "deep": True}
    assert json.loads(str(attributes["gen_ai.tool.call.result"])) == ["A-1"]
    assert span.status.status_code is StatusCode.UNSET


def test_static_and_class_methods_may_be_observed_in_either_order(recorded: Recording) -> None:
    assert Desk.static("x") == "x"
    assert Desk.made("y") == "Desk y"
    assert [span.name for span in recorded.spans] == ["Desk.static", "invoke_agent clerk"]
    message = [{"role": "user", "parts": [{"type": "text", "content": "y"}]}]
    assert json.loads(str(recorded.attributes("invoke_agent clerk")["gen_ai.input.messages"])) == message


@pytest.mark.parametrize(
    ("kind", "name", "operation", "span_kind"),
    [
        ("agent", "invoke_agent f", "invoke_agent", SpanKind.INTERNAL),
        ("workflow", "invoke_workflow f", "invoke_workflow", SpanKind.INTERNAL),
        ("llm", "chat f", "chat", SpanKind.CLIENT),
        ("tool", "execute_tool f", "execute_tool", SpanKind.INTERNAL),
        ("retrieval", "retrieval f", "retrieval", SpanKind.INTERNAL),
        ("embedding", "embeddings f", "embeddings", SpanKind.CLIENT),
        ("rerank", "rerank f", "rerank", SpanKind.CLIENT),
        ("guardrail", "guardrail f", "guardrail", SpanKind.INTERNAL),
        ("evaluation", "evaluate f", "evaluate", SpanKind.INTERNAL),
        ("chain", "f", "chain", SpanKind.INTERNAL),
    ],
)
def test_each_kind_has_its_name_and_operation(
    recorded: Recording, kind: Kind, name: str, operation: str, span_kind: SpanKind
) -> None:
    with observe(name="f", kind=kind):
        pass
    span = recorded.one()
    attributes = dict(span.attributes or {})
    assert (span.name, attributes["gen_ai.operation.name"], span.kind) == (name, operation, span_kind)


def test_an_exception_is_recorded_and_raised_on(recorded: Recording) -> None:
    @observe(kind="tool", name="broken")
    def broken() -> None:
        raise LookupError("no order")

    with pytest.raises(LookupError, match="no order"):
        broken()
    span = recorded.one()
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "LookupError: no order")
    assert (span.attributes or {})["error.type"] == "LookupError"
    assert [event.name for event in span.events] == ["exception"]


def test_an_exception_that_cannot_be_printed_does_not_hide_itself(recorded: Recording) -> None:
    class UnprintableError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("do not ask")

    with pytest.raises(UnprintableError), observe(name="block"):
        raise UnprintableError
    assert recorded.one().status.description == "UnprintableError"


async def test_a_coroutine_stays_one_and_its_children_are_below_it(recorded: Recording) -> None:
    @observe(kind="tool", name="child")
    async def child(number: int) -> int:
        await asyncio.sleep(0)
        return number

    @observe(kind="agent", name="parent")
    async def parent() -> list[int]:
        return list(await asyncio.gather(child(1), child(2)))

    assert inspect.iscoroutinefunction(parent)
    assert await parent() == [1, 2]
    first, second, root = recorded.spans
    assert root.context is not None
    assert {span.parent.span_id for span in (first, second) if span.parent} == {root.context.span_id}


async def test_a_cancelled_coroutine_ends_as_an_error_and_stays_cancelled(recorded: Recording) -> None:
    started = asyncio.Event()

    @observe(name="slow")
    async def slow() -> None:
        started.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(slow())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert recorded.one().status.description == "cancelled"


def test_a_generator_passes_values_both_ways_and_is_current_only_while_it_runs(recorded: Recording) -> None:
    inside: list[int] = []

    @observe(kind="llm", name="stream")
    def stream() -> Generator[str, str, str]:
        inside.append(trace.get_current_span().get_span_context().span_id)
        answer = yield "a"
        inside.append(trace.get_current_span().get_span_context().span_id)
        try:
            yield f"b{answer}"
        except ValueError:
            yield "handled"
        return "done"

    def consume() -> Generator[str, None, str]:
        return (yield from wrapped())

    def wrapped() -> Generator[str, None, str]:
        generator = stream()
        assert next(generator) == "a"
        assert not trace.get_current_span().get_span_context().is_valid
        assert generator.send("!") == "b!"
        assert generator.throw(ValueError()) == "handled"
        return (yield from generator)

    with pytest.raises(StopIteration) as stopped:
        next(consume())
    assert stopped.value.value == "done"
    span = recorded.one()
    assert span.context is not None
    assert set(inside) == {span.context.span_id}
    attributes = dict(span.attributes or {})
    assert "ab!handled" in str(attributes["gen_ai.output.messages"])
    assert attributes["a11i.step.yielded"] == 3
    assert "gen_ai.response.time_to_first_chunk" in attributes


def test_a_generator_that_is_not_used_up_ends_without_an_error(recorded: Recording) -> None:
    @observe(name="numbers")
    def numbers() -> Iterator[int]:
        yield 1
        yield 2

    generator = iter(numbers())
    assert next(generator) == 1
    generator.close()  # type: ignore[attr-defined]  # a generator it is
    assert recorded.one().status.status_code is StatusCode.UNSET


async def test_an_async_generator_streams_and_its_error_is_recorded(recorded: Recording) -> None:
    @observe(kind="llm", name="stream")
    async def stream() -> AsyncIterator[str]:
        yield "one "
        await asyncio.sleep(0)
        yield "two"
        raise TimeoutError("too slow")

    seen: list[str] = []

    async def consume() -> None:
        async for word in stream():
            seen.append(word)
            assert not trace.get_current_span().get_span_context().is_valid

    with pytest.raises(TimeoutError):
        await consume()
    assert seen == ["one ", "two"]
    span = recorded.one()
    assert "one two" in str((span.attributes or {})["gen_ai.output.messages"])
    assert span.status.status_code is StatusCode.ERROR


def test_capture_and_ignore_leave_out_what_they_name(recorded: Recording) -> None:
    @observe(kind="tool", name="none", capture=False)
    def none(password: str) -> str:
        return password

    @observe(kind="tool", name="some", ignore=["password"])
    def some(user: str, password: str) -> str:
        return user

    none("hunter2")
    some("ann", password="hunter2")
    assert "hunter2" not in str([dict(span.attributes or {}) for span in recorded.spans])
    assert recorded.attributes("execute_tool some")["gen_ai.tool.call.arguments"] == '{"user": "ann"}'


def test_a_block_records_what_it_is_told(recorded: Recording) -> None:
    with observe(name="plan", attributes={"team": "red"}) as step:
        step.set_input({"goal": "win"})
        step.set_output("three steps")
        step.set_attribute("depth", 3)
    attributes = recorded.attributes("plan")
    assert attributes == {
        "gen_ai.operation.name": "chain",
        "team": "red",
        "input.value": '{"goal": "win"}',
        "output.value": "three steps",
        "depth": 3,
    }


def test_an_argument_that_resists_being_recorded_does_not_reach_the_program(recorded: Recording) -> None:
    class Hostile:
        def __getattr__(self, name: str) -> object:
            raise RuntimeError("do not ask")

    @observe(kind="tool", name="calm")
    def calm(value: object) -> int:
        return 7

    assert calm(Hostile()) == 7
    assert recorded.attributes("execute_tool calm")["gen_ai.tool.call.arguments"] == '{"value": "<Hostile>"}'


def test_mistakes_are_told_where_observe_is_written() -> None:
    with pytest.raises(ValueError, match="kind"):
        observe(kind="agents")  # type: ignore[call-overload]  # the mistake that is tested
    with pytest.raises(TypeError, match="function"):
        observe(kind="tool")(Desk)


def test_without_init_everything_runs_and_nothing_is_recorded() -> None:
    @observe(kind="agent")
    def agent(text: str) -> str:
        with observe(name="inner") as step:
            step.set_output("x")
            assert not step.recording
        return text

    assert agent("fine") == "fine"
