"""Counting over gRPC."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import grpc
import pytest

from a11i.telemetry.v1 import span_pb2
from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i.tokenization.v1.tokenization_service_pb2_grpc import TokenizationServiceStub
from a11i_bus.memory import MemoryBroker
from a11i_chassis.app import serving
from a11i_tokenization import app as app_module
from a11i_tokenization.app import wire
from a11i_tokenization.counts import TokenCounter
from a11i_tokenization.encodings import Encodings
from a11i_tokenization.pricing.book import PricesByTenant
from a11i_tokenization.settings import TokenizationSettings
from a11i_tokenization.stage import TokenizeStage
from tests.grpc_errors import violated_field
from tests.unit.tokenization.span_rows import batch_of, llm

if TYPE_CHECKING:
    from a11i.tokenization.v1.tokenization_service_pb2_grpc import TokenizationServiceAsyncStub as Stub

DEADLINE_S = 10.0
CALL = pb2.ChatCall(
    messages=json.dumps([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]),
    system_instructions="Be brief.",
    tool_definitions='[{"name":"lookup"}]',
)


@pytest.fixture
async def stub() -> AsyncIterator["Stub"]:
    """A client of the service, which runs without its stage, so that it stops at once."""
    settings = TokenizationSettings(bus={"url": "memory://"}, dead_letter_key="k" * 32)
    app = replace(wire(settings, MemoryBroker(settings.bus).bus()), background=())
    async with (
        serving("tokenization", settings, app) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        yield TokenizationServiceStub(channel)


async def test_no_call_is_answered_from_what_another_has_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of the stage, for which a tenant's text goes through the same service, nor of another caller."""
    counted: list[str] = []
    whole = Encodings.sum_of

    def sum_of(self: Encodings, encoding: str, texts: Sequence[str]) -> tuple[int, bool]:
        counted.extend(texts)
        return whole(self, encoding, texts)

    monkeypatch.setattr(Encodings, "sum_of", sum_of)
    settings = TokenizationSettings(bus={"url": "memory://"}, dead_letter_key="k" * 32)
    stages: list[TokenizeStage] = []

    class KnownStage(TokenizeStage):
        def __init__(self, counter: TokenCounter, prices: PricesByTenant) -> None:
            super().__init__(counter, prices)
            stages.append(self)

    monkeypatch.setattr(app_module, "TokenizeStage", KnownStage)
    app = replace(wire(settings, MemoryBroker(settings.bus).bus()), background=())
    columns = batch_of(llm(input_messages=CALL.messages, request_model="gpt-4o"))
    async with (
        serving("tokenization", settings, app) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        stub = TokenizationServiceStub(channel)
        stages[0](columns)
        for _ in range(2):
            counted.clear()
            await stub.CountTokens(pb2.CountTokensRequest(model="gpt-4o", call=CALL), timeout=DEADLINE_S)
            assert {"Hi", "Hello", "Be brief."} < set(counted)


async def refused(stub: "Stub", request: pb2.CountTokensRequest) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stub.CountTokens(request, timeout=DEADLINE_S)
    return raised.value


async def test_counts_a_call_by_part_and_message(stub: "Stub") -> None:
    answer = await stub.CountTokens(pb2.CountTokensRequest(model="gpt-4o", call=CALL), timeout=DEADLINE_S)
    assert dict(answer.call.part_tokens) == {"system": 3, "tools": 21, "history": 1, "user": 1, "format": 15}
    assert answer.call.input_tokens == 41
    assert list(answer.call.message_tokens) == [5, 5]
    assert answer.call.source == span_pb2.NUMBER_SOURCE_COUNTED
    assert not answer.counts


async def test_texts_and_a_call_at_once(stub: "Stub") -> None:
    request = pb2.CountTokensRequest(texts=["Hello, world!"], encoding="cl100k_base", call=CALL)
    answer = await stub.CountTokens(request, timeout=DEADLINE_S)
    assert (list(answer.counts), answer.encoding) == ([4], "cl100k_base")
    assert answer.call.input_tokens == 44


async def test_an_image_of_unknown_size_makes_the_call_an_estimate_and_the_texts_not(stub: "Stub") -> None:
    part = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    call = pb2.ChatCall(messages=json.dumps([{"role": "user", "content": [part]}]))
    answer = await stub.CountTokens(pb2.CountTokensRequest(texts=["Hi"], model="gpt-4o", call=call), timeout=DEADLINE_S)
    assert answer.source == span_pb2.NUMBER_SOURCE_COUNTED
    assert answer.call.source == span_pb2.NUMBER_SOURCE_ESTIMATED
    assert answer.call.part_tokens["user"] == 765


async def test_an_unknown_model_is_not_found_and_the_nearest_are_named(stub: "Stub") -> None:
    error = await refused(stub, pb2.CountTokensRequest(texts=["x"], model="calude-sonnet-4-5"))
    assert error.code() == grpc.StatusCode.NOT_FOUND
    assert "claude-sonnet-4-5" in str(error.details())


async def test_an_unknown_encoding_names_the_nearest(stub: "Stub") -> None:
    error = await refused(stub, pb2.CountTokensRequest(texts=["x"], encoding="o300k_base"))
    assert error.code() == grpc.StatusCode.NOT_FOUND
    assert "did you mean o200k_base" in str(error.details())


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (pb2.ChatCall(messages="hello"), "call.messages"),
        (pb2.ChatCall(messages="{}"), "call.messages"),
        (pb2.ChatCall(messages="[]", tool_definitions="{"), "call.tool_definitions"),
        (pb2.ChatCall(messages=json.dumps(["x" * 4_000_000])), "call"),
    ],
)
async def test_calls_that_make_no_sense_name_the_field(stub: "Stub", call: pb2.ChatCall, field: str) -> None:
    error = await refused(stub, pb2.CountTokensRequest(model="gpt-4o", call=call))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert violated_field(error) == field


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ('["\\ud800"]', "messages: a JSON array is expected, and this is no JSON: no low surrogate in string"),
        ('{"role": "user"}', "messages: a JSON array is expected, and this is other JSON"),
    ],
)
async def test_messages_that_are_no_array_are_refused_with_the_reason(stub: "Stub", messages: str, words: str) -> None:
    call = pb2.ChatCall(messages=messages)
    error = await refused(stub, pb2.CountTokensRequest(model="gpt-4o", call=call))
    assert words in str(error.details())


async def test_a_stream_is_answered_in_order_until_one_is_at_fault(stub: "Stub") -> None:
    stream = stub.StreamCountTokens(timeout=DEADLINE_S)
    for text in ("one", "one two", "one two three"):
        request = pb2.CountTokensRequest(texts=[text], model="gpt-4o")
        await stream.write(pb2.StreamCountTokensRequest(request=request))
    answers = [await stream.read() for _ in range(3)]
    assert [list(one.response.counts) for one in answers if isinstance(one, pb2.StreamCountTokensResponse)] == [
        [1],
        [2],
        [3],
    ]
    await stream.write(pb2.StreamCountTokensRequest(request=pb2.CountTokensRequest(texts=["x"])))
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stream.read()
    assert raised.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_encodings_say_what_they_are(stub: "Stub") -> None:
    answer = await stub.ListEncodings(pb2.ListEncodingsRequest(), timeout=DEADLINE_S)
    found = {one.name: one for one in answer.encodings}
    assert list(found) == sorted(found)
    assert {"o200k_base", "o200k_harmony", "cl100k_base", "p50k_base", "r50k_base", "claude2"} <= set(found)
    openai, claude = found["o200k_base"], found["claude2"]
    assert openai.exact
    assert openai.source.startswith("tiktoken ")
    assert openai.engine.split()[0] in ("toktok", "tiktoken")
    assert "GPT-4o" in openai.description
    assert not claude.exact
    assert found["characters"].source == "a11i"
