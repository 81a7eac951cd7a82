import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

import grpc
import pytest

from a11i.telemetry.v1 import span_pb2
from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i.tokenization.v1.tokenization_service_pb2_grpc import TokenizationServiceStub
from a11i_bus.memory import MemoryBroker
from a11i_bus.port import Bus, Message
from a11i_bus.topology import SPANS_RECEIVED, SPANS_TOKENIZED
from a11i_chassis.app import serving
from a11i_telemetry.batch import SpanBatch
from a11i_tokenization.app import wire
from a11i_tokenization.encodings import KNOWN_ENCODINGS
from a11i_tokenization.settings import TokenizationSettings
from tests.grpc_errors import violated_field
from tests.unit.tokenization.span_rows import batch_of, llm

if TYPE_CHECKING:
    from a11i.tokenization.v1.tokenization_service_pb2_grpc import TokenizationServiceAsyncStub as Stub

DEADLINE_S = 10.0


@pytest.fixture
def settings() -> TokenizationSettings:
    return TokenizationSettings(bus={"url": "memory://"}, dead_letter_key="k" * 32)


@pytest.fixture
def bus(settings: TokenizationSettings) -> Bus:
    return MemoryBroker(settings.bus).bus()


@pytest.fixture
async def pipeline(settings: TokenizationSettings, bus: Bus) -> AsyncIterator[None]:
    """The whole service, its stage on the bus."""
    async with serving("tokenization", settings, wire(settings, bus)):
        yield


@pytest.fixture
async def stub(settings: TokenizationSettings, bus: Bus) -> AsyncIterator["Stub"]:
    """A client of the service, which runs without its stage, so that it stops at once."""
    app = replace(wire(settings, bus), background=())
    async with (
        serving("tokenization", settings, app) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        yield TokenizationServiceStub(channel)


async def test_counts_texts_for_a_model(stub: "Stub") -> None:
    request = pb2.CountTokensRequest(texts=["Hello, world!", ""], model="gpt-4o")
    answer = await stub.CountTokens(request, timeout=DEADLINE_S)
    assert list(answer.counts) == [4, 0]
    assert answer.encoding == "o200k_base"
    assert answer.source == span_pb2.NUMBER_SOURCE_COUNTED


async def test_an_encoding_goes_before_the_model(stub: "Stub") -> None:
    request = pb2.CountTokensRequest(texts=["日本語のテキスト"], model="gpt-4o", encoding="cl100k_base")
    answer = await stub.CountTokens(request, timeout=DEADLINE_S)
    assert (answer.encoding, list(answer.counts)) == ("cl100k_base", [8])


async def test_a_model_without_a_public_tokenizer_is_estimated(stub: "Stub") -> None:
    request = pb2.CountTokensRequest(texts=["Hello, world!"], model="claude-sonnet-4-5")
    answer = await stub.CountTokens(request, timeout=DEADLINE_S)
    assert answer.source == span_pb2.NUMBER_SOURCE_ESTIMATED
    assert answer.counts[0] > 0


async def test_a_model_that_no_table_knows_is_not_found(stub: "Stub") -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stub.CountTokens(pb2.CountTokensRequest(texts=["x"], model="acme-1"), timeout=DEADLINE_S)
    assert raised.value.code() == grpc.StatusCode.NOT_FOUND


async def test_an_unknown_encoding_is_not_found_and_the_known_are_listed(stub: "Stub") -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stub.CountTokens(pb2.CountTokensRequest(texts=["x"], encoding="o300k"), timeout=DEADLINE_S)
    assert raised.value.code() == grpc.StatusCode.NOT_FOUND
    assert all(name in str(raised.value.details()) for name in KNOWN_ENCODINGS)


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb2.CountTokensRequest(texts=["x"]), "model"),
        (pb2.CountTokensRequest(texts=["x"] * 1_001, model="gpt-4o"), "texts"),
        (pb2.CountTokensRequest(texts=["é" * 2_000_001], model="gpt-4o"), "texts"),
    ],
)
async def test_count_requests_that_make_no_sense_name_the_field(
    stub: "Stub", request_: pb2.CountTokensRequest, field: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stub.CountTokens(request_, timeout=DEADLINE_S)
    assert raised.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert violated_field(raised.value) == field


async def test_prices_a_call(stub: "Stub") -> None:
    usage = span_pb2.Usage(input_tokens=1_000, output_tokens=500, cache_read_tokens=800)
    request = pb2.CalculateCostRequest(provider="openai", model="gpt-4o-2024-08-06", usage=usage)
    cost = (await stub.CalculateCost(request, timeout=DEADLINE_S)).cost
    # 200 x 2.50 + 800 x 1.25 + 500 x 10 dollars a million.
    assert (cost.input_usd, cost.output_usd, cost.total_usd) == (0.0015, 0.005, 0.0065)
    assert cost.priced_as == "openai/gpt-4o"
    assert cost.price_version.startswith("genai-prices ")


async def test_an_embedding_is_priced_without_output(stub: "Stub") -> None:
    usage = span_pb2.Usage(input_tokens=1_000_000)
    request = pb2.CalculateCostRequest(model="text-embedding-3-small", usage=usage)
    assert (await stub.CalculateCost(request, timeout=DEADLINE_S)).cost.total_usd == 0.02


async def test_an_unknown_model_is_not_found_and_the_nearest_are_named(stub: "Stub") -> None:
    request = pb2.CalculateCostRequest(model="gpt-4o-mimi", usage=span_pb2.Usage(input_tokens=1))
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stub.CalculateCost(request, timeout=DEADLINE_S)
    assert raised.value.code() == grpc.StatusCode.NOT_FOUND
    assert "gpt-4o-mini" in str(raised.value.details())


@pytest.mark.parametrize(
    ("model", "usage", "field"),
    [
        ("", span_pb2.Usage(input_tokens=1), "model"),
        ("gpt-4o", span_pb2.Usage(), "usage.input_tokens"),
        ("gpt-4o", span_pb2.Usage(input_tokens=-1), "usage.input_tokens"),
        ("gpt-4o", span_pb2.Usage(input_tokens=1, output_tokens=2_000_000_000), "usage.output_tokens"),
        ("gpt-4o", span_pb2.Usage(input_tokens=10, cache_read_tokens=6, cache_write_tokens=6), "usage.input_tokens"),
        ("gpt-4o", span_pb2.Usage(input_tokens=1, output_tokens=1, reasoning_tokens=2), "usage.output_tokens"),
        ("text-embedding-3-small", span_pb2.Usage(input_tokens=1, output_tokens=1), "usage.output_tokens"),
    ],
)
async def test_calls_that_cannot_have_been_name_the_field(
    stub: "Stub", model: str, usage: span_pb2.Usage, field: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stub.CalculateCost(pb2.CalculateCostRequest(model=model, usage=usage), timeout=DEADLINE_S)
    assert raised.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert violated_field(raised.value) == field


@pytest.mark.usefixtures("pipeline")
async def test_batches_are_counted_and_priced_on_their_way(bus: Bus) -> None:
    question = json.dumps([{"role": "user", "content": "Where is my order?"}])
    batch = batch_of(llm(input_messages=question, output_tokens=3), {"step_kind": "agent", "input_tokens": 12})
    async with bus.subscribe(SPANS_TOKENIZED, "redaction", max_unsettled=8) as downstream:
        await bus.publish(SPANS_RECEIVED, Message(id="batch-1", key="tenant-1", payload=batch.encode()))
        (delivery,) = await downstream.fetch(8, DEADLINE_S)
        await delivery.ack()
    assert delivery.message.key == "tenant-1"
    call, agent = SpanBatch.decode(delivery.message.payload).columns.to_pylist()
    assert (call["input_source"], call["output_source"], agent["input_source"]) == ("counted", "reported", "reported")
    assert call["total_cost_usd"] > 0
    assert agent["total_cost_usd"] is None


@pytest.mark.usefixtures("pipeline")
async def test_hostile_text_does_not_stop_the_stage(bus: Bus) -> None:
    hostile = batch_of(llm(input_messages=" " * 1_000_000, output_messages='[{"role":"assistant","content":["[["]}]'))
    async with bus.subscribe(SPANS_TOKENIZED, "redaction", max_unsettled=8) as downstream:
        await bus.publish(SPANS_RECEIVED, Message(id="batch-1", key="tenant-1", payload=hostile.encode()))
        (delivery,) = await downstream.fetch(8, DEADLINE_S)
        await delivery.ack()
    (span,) = SpanBatch.decode(delivery.message.payload).columns.to_pylist()
    assert span["input_tokens"] > 1_000_000 // 200
    assert span["output_tokens"] == 1
