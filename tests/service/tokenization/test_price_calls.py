"""Prices over gRPC, on a real PostgreSQL: explained line by line, in force within seconds, apart by tenant."""

import asyncio
import itertools
import re
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import grpc
import pytest
import pytest_asyncio
from google.rpc import error_details_pb2, status_pb2

from a11i.telemetry.v1 import span_pb2
from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i.tokenization.v1.tokenization_service_pb2_grpc import TokenizationServiceStub
from a11i_bus.memory import MemoryBroker
from a11i_bus.port import Bus, Message
from a11i_bus.topology import SPANS_RECEIVED, SPANS_TOKENIZED
from a11i_chassis.app import App, serving
from a11i_storage.postgres import PostgresSettings, migrate
from a11i_telemetry.batch import SpanBatch
from a11i_tokenization.app import wire
from a11i_tokenization.kept import Kept, open_kept
from a11i_tokenization.settings import TokenizationSettings
from tests.engines import postgres
from tests.service.redaction.relay import relay
from tests.unit.tokenization.price_kit import day, line
from tests.unit.tokenization.span_rows import batch_of, llm

if TYPE_CHECKING:
    from a11i.tokenization.v1.tokenization_service_pb2_grpc import TokenizationServiceAsyncStub as Stub

pytestmark = pytest.mark.asyncio(loop_scope="module")  # Vocabularies load once.
DEADLINE_S = 20.0
TOKEN = "admin-token-of-the-tests-" + "0" * 20
ADMIN = (("authorization", f"Bearer {TOKEN}"),)
M = 1_000_000
_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Service:
    """A running service, and its bus."""

    stub: "Stub"
    bus: Bus

    async def put(self, tenant: str, *lines: pb2.PriceLine, expected: int | None = None) -> pb2.PriceTable:
        """Store a tenant's table."""
        request = pb2.PutPricesRequest(tenant_id=tenant, lines=lines, actor="the tests", expected_version=expected)
        return (await self.stub.PutPrices(request, timeout=DEADLINE_S, metadata=ADMIN)).table

    async def cost(self, tenant: str, model: str = "gpt-4o", **fields: Any) -> span_pb2.Cost:
        """Return what a million input tokens cost a tenant."""
        usage = span_pb2.Usage(input_tokens=M)
        request = pb2.CalculateCostRequest(model=model, usage=usage, tenant_id=tenant, **fields)
        metadata = ADMIN if tenant else None
        return (await self.stub.CalculateCost(request, timeout=DEADLINE_S, metadata=metadata)).cost

    async def through(self, tenant: str, timeout_s: float = DEADLINE_S) -> dict[str, Any] | None:
        """Send a call of a million tokens through the stage; return it, or None if it does not come in time."""
        number = next(_NUMBERS)
        made = batch_of(llm(input_tokens=M, output_tokens=0))
        sent = SpanBatch(f"{number:032x}", tenant, "p", 0, made.columns)
        async with self.bus.subscribe(SPANS_TOKENIZED, "redaction", max_unsettled=8) as downstream:
            await self.bus.publish(SPANS_RECEIVED, Message(id=sent.batch_id, key=tenant, payload=sent.encode()))
            deliveries = await downstream.fetch(1, timeout_s)
            if not deliveries:
                return None
            await deliveries[0].ack()
        (row,) = SpanBatch.decode(deliveries[0].message.payload).columns.to_pylist()
        return dict(row)


@asynccontextmanager
async def running(dsn: str, token: str = TOKEN, *, stage: bool = False) -> AsyncIterator[Service]:
    """Run the service; without its stage it stops at once."""
    settings = TokenizationSettings.model_validate(
        {
            "bus": {"url": "memory://"},
            "dead_letter_key": "k" * 32,
            "postgres": {"dsn": dsn, "connect_timeout_s": 1, "query_timeout_s": 1} if dsn else None,
            "admin_token": token or None,
        }
    )
    bus = MemoryBroker(settings.bus).bus()
    async with (
        open_kept(settings) as kept,
        serving("tokenization", settings, _app(settings, bus, kept, stage=stage)) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        yield Service(TokenizationServiceStub(channel), bus)


def _app(settings: TokenizationSettings, bus: Bus, kept: Kept | None, *, stage: bool) -> App:
    app = wire(settings, bus, kept)
    return app if stage else replace(app, background=[kept.book.follow] if kept else [])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.PostgresServer]:
    with postgres.running(tmp_path_factory.mktemp("prices")) as started:
        asyncio.run(migrate(PostgresSettings.model_validate({"dsn": started.dsn})))
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server: postgres.PostgresServer) -> AsyncIterator[Service]:
    async with running(server.dsn) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pipeline(server: postgres.PostgresServer) -> AsyncIterator[Service]:
    async with running(server.dsn, stage=True) as started:
        yield started


@pytest.fixture
def tenant() -> str:
    return str(uuid.uuid4())


def violated_field(error: grpc.aio.AioRpcError) -> str:
    """Return the field that the error's google.rpc.BadRequest names."""
    metadata: dict[str, Any] = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    request = error_details_pb2.BadRequest()
    assert any(packed.Unpack(request) for packed in status.details)
    return str(request.field_violations[0].field)


async def until(cost: Decimal, service: Service, tenant: str) -> None:
    """Wait until a call costs a tenant so much."""
    async with asyncio.timeout(DEADLINE_S):
        while (row := await service.through(tenant)) is None or row["total_cost_usd"] != cost:
            await asyncio.sleep(0.05)


async def test_a_table_prices_the_next_batch_of_its_tenant_alone(pipeline: Service, tenant: str) -> None:
    await until(Decimal("2.5"), pipeline, tenant)
    table = await pipeline.put(tenant, line("gpt-4o", discount_percent="10"))
    assert (table.version, table.actor) == (1, "the tests")
    row, other = await pipeline.through(tenant), await pipeline.through(str(uuid.uuid4()))
    assert row is not None
    assert row["total_cost_usd"] == Decimal("2.25")
    assert row["price_version"].endswith(f", {tenant}/1")
    assert other is not None
    assert other["total_cost_usd"] == Decimal("2.5")


async def test_a_table_of_another_process_is_in_force_within_five_seconds(
    server: postgres.PostgresServer, pipeline: Service, tenant: str
) -> None:
    await until(Decimal("2.5"), pipeline, tenant)
    async with running(server.dsn) as elsewhere, asyncio.timeout(5):
        await elsewhere.put(tenant, line("gpt-4o", {"input": "1"}))
        await until(Decimal(1), pipeline, tenant)


async def test_the_last_known_prices_serve_while_postgresql_is_away(
    server: postgres.PostgresServer, tenant: str
) -> None:
    async with relay(server.dsn) as way, running(way.dsn, stage=True) as service:
        await service.put(tenant, line("gpt-4o", {"input": "1"}))
        await until(Decimal(1), service, tenant)
        await way.cut()
        row = await service.through(tenant)
        assert row is not None
        assert row["total_cost_usd"] == 1
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await service.put(tenant, line("gpt-4o", {"input": "2"}))
        assert refused.value.code() == grpc.StatusCode.UNAVAILABLE
        assert (await service.cost(tenant)).total_usd == 1
        await way.open()
        await service.put(tenant, line("gpt-4o", {"input": "3"}))
        await until(Decimal(3), service, tenant)


async def test_batches_wait_while_no_prices_were_ever_known(server: postgres.PostgresServer, tenant: str) -> None:
    async with relay(server.dsn) as way:
        await way.cut()
        async with running(way.dsn, stage=True) as service:
            assert await service.through(tenant, timeout_s=1.5) is None
            await way.open()
            async with service.bus.subscribe(SPANS_TOKENIZED, "redaction", max_unsettled=8) as downstream:
                (delivery,) = await downstream.fetch(1, DEADLINE_S)
                await delivery.ack()
            (row,) = SpanBatch.decode(delivery.message.payload).columns.to_pylist()
            assert row["total_cost_usd"] == Decimal("2.5")


async def test_a_broken_table_is_refused_whole_and_the_line_named(service: Service, tenant: str) -> None:
    await service.put(tenant, line("gpt-4o", {"input": "1"}))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await service.put(tenant, line("gpt-4o", {"input": "2"}), line("o3", {"input": "two"}))
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert violated_field(refused.value) == "lines[1].rates[input]"
    assert "line 2, rates[input]" in str(refused.value.details())
    assert (await service.cost(tenant)).total_usd == 1


async def test_tables_are_kept_version_by_version(service: Service, tenant: str) -> None:
    lines = [line("gpt-4o", {"input": "1.50"}, currency="EUR", usd_per_unit="1.08", valid_from=day(2026, 1, 1))]
    await service.put(tenant, *lines)
    assert (await service.put(tenant, *lines)).version == 1
    assert (await service.put(tenant, expected=1)).version == 2
    with pytest.raises(grpc.aio.AioRpcError) as late:
        await service.put(tenant, line("o3", {"input": "1"}), expected=1)
    assert late.value.code() == grpc.StatusCode.ABORTED
    first = await service.stub.GetPrices(
        pb2.GetPricesRequest(tenant_id=tenant, version=1), timeout=DEADLINE_S, metadata=ADMIN
    )
    assert list(first.table.lines) == lines
    last = await service.stub.GetPrices(pb2.GetPricesRequest(tenant_id=tenant), timeout=DEADLINE_S, metadata=ADMIN)
    assert (last.table.version, list(last.table.lines)) == (2, [])
    asked = pb2.ListPriceVersionsRequest(tenant_id=tenant, page_size=1)
    page = await service.stub.ListPriceVersions(asked, timeout=DEADLINE_S, metadata=ADMIN)
    asked.page_token = page.next_page_token
    rest = await service.stub.ListPriceVersions(asked, timeout=DEADLINE_S, metadata=ADMIN)
    assert [one.version for one in (*page.tables, *rest.tables)] == [2, 1]
    assert rest.next_page_token == ""


@pytest.mark.parametrize("version", [3, 2**31, 2**32 - 1])
async def test_a_version_that_is_not_there_is_not_found(service: Service, tenant: str, version: int) -> None:
    request = pb2.GetPricesRequest(tenant_id=tenant, version=version)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await service.stub.GetPrices(request, timeout=DEADLINE_S, metadata=ADMIN)
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("metadata", [None, (("authorization", "Bearer wrong-token-of-the-tests"),)])
async def test_what_is_a_tenants_needs_the_admin_token(service: Service, tenant: str, metadata: Any) -> None:
    call = pb2.CalculateCostRequest(model="gpt-4o", usage=span_pb2.Usage(input_tokens=1), tenant_id=tenant)
    asked: list[tuple[Any, Any]] = [
        (service.stub.PutPrices, pb2.PutPricesRequest(tenant_id=tenant, actor="x")),
        (service.stub.GetPrices, pb2.GetPricesRequest(tenant_id=tenant)),
        (service.stub.ListPriceVersions, pb2.ListPriceVersionsRequest(tenant_id=tenant)),
        (service.stub.CalculateCost, call),
        (service.stub.ExplainCost, pb2.ExplainCostRequest(call=call)),
        (service.stub.ResolveModel, pb2.ResolveModelRequest(model="gpt-4o", tenant_id=tenant)),
    ]
    for method, request in asked:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await method(request, timeout=DEADLINE_S, metadata=metadata)
        assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED


async def test_without_a_token_or_postgresql_the_message_says_what_to_set(tenant: str) -> None:
    async with running("", token="") as service:
        with pytest.raises(grpc.aio.AioRpcError, match="A11I_TOKENIZATION_ADMIN_TOKEN"):
            await service.put(tenant)
    async with running("") as service:
        with pytest.raises(grpc.aio.AioRpcError, match="A11I_TOKENIZATION_POSTGRES__DSN"):
            await service.put(tenant)
        assert (await service.cost(tenant)).total_usd == 2.5


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb2.PutPricesRequest(actor="x"), "tenant_id"),
        (pb2.PutPricesRequest(tenant_id="t"), "actor"),
        (pb2.PutPricesRequest(tenant_id="t", actor="x" * 201), "actor"),
        (pb2.PutPricesRequest(tenant_id="t\0", actor="x"), "tenant_id"),
        (pb2.PutPricesRequest(tenant_id="t", actor="x", lines=[pb2.PriceLine(model="m")] * 1_001), "lines"),
        (pb2.PutPricesRequest(tenant_id="t", actor="x", lines=[pb2.PriceLine(model="m")]), "lines[0].rates"),
        (pb2.ListPriceVersionsRequest(tenant_id="t", page_size=-1), "page_size"),
        (pb2.ListPriceVersionsRequest(tenant_id="t", page_token="x"), "page_token"),
        (pb2.ListPriceVersionsRequest(tenant_id="t", page_token="9" * 30), "page_token"),
        (pb2.CalculateCostRequest(model="gpt-4o", step_kind=span_pb2.STEP_KIND_TOOL), "step_kind"),
        (pb2.CalculateCostRequest(model="m" * 257), "model"),
        (pb2.ExplainCostRequest(basis="{}"), "basis"),
        (pb2.ExplainCostRequest(), "model"),
        (pb2.ResolveModelRequest(), "model"),
    ],
)
async def test_requests_that_make_no_sense_name_the_field(service: Service, request_: Any, field: str) -> None:
    method = type(request_).__name__.removesuffix("Request")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await getattr(service.stub, method)(request_, timeout=DEADLINE_S, metadata=ADMIN)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert violated_field(refused.value) == field


async def test_a_cost_is_explained_line_by_line_then_and_later(service: Service, tenant: str) -> None:
    await service.put(tenant, line("claude-*", discount_percent="10"))
    usage = span_pb2.Usage(input_tokens=1_000, cache_read_tokens=800, output_tokens=100)
    call = pb2.CalculateCostRequest(
        provider="anthropic", model="claude-sonnet-4-5-20250929", usage=usage, tenant_id=tenant
    )
    now = await service.stub.ExplainCost(pb2.ExplainCostRequest(call=call), timeout=DEADLINE_S, metadata=ADMIN)
    # 200 x 3 + 800 x 0.30 + 100 x 15 dollars a million, a tenth off.
    assert [(one.sort, one.tokens, one.usd_per_million, one.usd) for one in now.lines] == [
        ("input", 200, "2.7", "0.00054"),
        ("cache_read", 800, "0.27", "0.000216"),
        ("output", 100, "13.5", "0.00135"),
    ]
    assert now.cost.total_usd == 0.002106
    assert "line 1: 10% off" in now.lines[0].source
    await service.put(tenant)
    later = pb2.ExplainCostRequest(call=pb2.CalculateCostRequest(usage=usage), basis=now.cost.basis)
    answer = await service.stub.ExplainCost(later, timeout=DEADLINE_S)
    assert (answer.lines, answer.cost) == (now.lines, now.cost)


async def test_what_cannot_be_is_flagged_in_an_explanation(service: Service) -> None:
    usage = span_pb2.Usage(input_tokens=10, cache_read_tokens=11, output_tokens=5)
    request = pb2.ExplainCostRequest(call=pb2.CalculateCostRequest(model="gpt-4o", usage=usage))
    answer = await service.stub.ExplainCost(request, timeout=DEADLINE_S)
    assert list(answer.flags) == ["cached over input"]
    assert not answer.HasField("cost")
    assert [one.sort for one in answer.lines] == ["output"]


async def test_a_model_is_resolved_step_by_step(service: Service, tenant: str) -> None:
    request = pb2.ResolveModelRequest(model="openrouter/openai/gpt-4o-2024-08-06:nitro", provider="litellm")
    answer = await service.stub.ResolveModel(request, timeout=DEADLINE_S)
    assert answer.priced_as == "openrouter/openai/gpt-4o"
    assert (answer.encoding, answer.source) == ("o200k_base", span_pb2.NUMBER_SOURCE_COUNTED)
    assert answer.steps[:2] == ["took off the prefix openrouter/", "took off the router's suffix :nitro"]
    await service.put(tenant, line("gpt-*", {"input": "1"}))
    own = await service.stub.ResolveModel(
        pb2.ResolveModelRequest(model="gpt-4o", tenant_id=tenant), timeout=DEADLINE_S, metadata=ADMIN
    )
    assert own.context_window == 128_000
    assert (own.priced_as, own.price_version) == (f"{tenant}/gpt-*", f"{tenant}/1")


async def test_a_model_that_nothing_knows_is_not_found_and_the_nearest_are_named(service: Service) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await service.stub.ResolveModel(pb2.ResolveModelRequest(model="opt-4o-mini"), timeout=DEADLINE_S)
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND
    assert "gpt-4o-mini" in str(refused.value.details())


async def test_a_seller_without_a_price_is_said_to_have_none(service: Service) -> None:
    call = pb2.CalculateCostRequest(provider="groq", model="gpt-4o", usage=span_pb2.Usage(input_tokens=1))
    with pytest.raises(grpc.aio.AioRpcError, match="no table has a price of groq's for 'gpt-4o'") as refused:
        await service.stub.ExplainCost(pb2.ExplainCostRequest(call=call), timeout=DEADLINE_S)
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND
    asked = pb2.ResolveModelRequest(provider="groq", model="gpt-4o")
    answer = await service.stub.ResolveModel(asked, timeout=DEADLINE_S)
    assert (answer.priced_as, answer.encoding) == ("", "o200k_base")
    assert any("a price of groq's" in step for step in answer.steps)


async def test_what_a_model_without_a_price_is_sold_by_is_said(service: Service) -> None:
    call = pb2.CalculateCostRequest(provider="openai", model="dall-e-3", usage=span_pb2.Usage(input_tokens=1))
    with pytest.raises(grpc.aio.AioRpcError, match="sold by the picture, by its size and quality") as refused:
        await service.stub.ExplainCost(pb2.ExplainCostRequest(call=call), timeout=DEADLINE_S)
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND


def sold(model: str, units: dict[str, int], provider: str = "", tokens: int = 0) -> pb2.CalculateCostRequest:
    """Return a call that used pieces."""
    usage = span_pb2.Usage(units=units)
    if tokens:
        usage.input_tokens = tokens
    return pb2.CalculateCostRequest(provider=provider, model=model, usage=usage)


async def test_pieces_are_priced_and_explained_and_by_their_basis_too(service: Service) -> None:
    searched = sold("claude-sonnet-4-5", {"web_searches": 3}, tokens=1_000)
    drawn = sold("dall-e-3", {"pictures/hd/1792x1024": 2}, "azure")
    for call, lines in (
        (searched, [("input", 1_000, "0.003"), ("web_search", 3, "0.03")]),
        (drawn, [("picture", 2, "0.264")]),
    ):
        asked = pb2.ExplainCostRequest(call=call)
        answer = await service.stub.ExplainCost(asked, timeout=DEADLINE_S)
        assert [(one.sort, one.tokens, one.usd) for one in answer.lines] == lines
        cost = (await service.stub.CalculateCost(call, timeout=DEADLINE_S)).cost
        assert cost == answer.cost
        assert cost.total_usd == float(sum(Decimal(usd) for _, _, usd in lines))
        kept = pb2.ExplainCostRequest(call=pb2.CalculateCostRequest(usage=call.usage), basis=cost.basis)
        then = await service.stub.ExplainCost(kept, timeout=DEADLINE_S)
        assert (then.cost, then.lines) == (answer.cost, answer.lines)


async def test_pieces_without_a_price_are_said_to_have_none(service: Service) -> None:
    call = sold("grok-4", {"web_searches": 3}, "x_ai", tokens=M)
    with pytest.raises(grpc.aio.AioRpcError, match="no table has a price of a search") as refused:
        await service.stub.CalculateCost(call, timeout=DEADLINE_S)
    assert violated_field(refused.value) == "usage.units"
    answer = await service.stub.ExplainCost(pb2.ExplainCostRequest(call=call), timeout=DEADLINE_S)
    assert not answer.HasField("cost")
    assert any("no table has a price of a search" in step for step in answer.steps)


async def test_pieces_that_a_tenants_line_has_no_price_for_are_said_to_have_none(service: Service, tenant: str) -> None:
    await service.put(tenant, line("acme-1", {"input": "1", "output": "1"}))
    call = sold("acme-1", {"web_searches": 3, "pictures": 1}, tokens=M)
    call.tenant_id = tenant
    expected = "no table has a price of such pictures.* and no table has a price of a search"
    async with asyncio.timeout(DEADLINE_S):
        while True:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await service.stub.CalculateCost(call, timeout=DEADLINE_S, metadata=ADMIN)
            if refused.value.code() != grpc.StatusCode.NOT_FOUND:  # Until the table is in force.
                break
            await asyncio.sleep(0.05)
    assert re.search(expected, str(refused.value.details()))
    assert violated_field(refused.value) == "usage.units"
    answer = await service.stub.ExplainCost(pb2.ExplainCostRequest(call=call), timeout=DEADLINE_S, metadata=ADMIN)
    assert not answer.HasField("cost")
    assert len(answer.steps) == 2


@pytest.mark.parametrize(
    "units", [{"web_searches": 5_000}, {"words": 1}, {"pictures": 1, "pictures/hd": 1}, {"requests/low": 2}]
)
async def test_pieces_that_cannot_be_are_refused(units: dict[str, int], service: Service) -> None:
    with pytest.raises(grpc.aio.AioRpcError, match="pieces are web_searches, pictures") as refused:
        await service.stub.CalculateCost(sold("gpt-5", units, tokens=1), timeout=DEADLINE_S)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert violated_field(refused.value) == "usage.units"


async def test_tiers_times_and_kinds_are_priced_as_asked(service: Service) -> None:
    assert (await service.cost("", service_tier="batch")).total_usd == 1.25
    request = pb2.CalculateCostRequest(model="o3", usage=span_pb2.Usage(input_tokens=M))
    request.time.FromDatetime(day(2025, 6, 1))
    assert (await service.stub.CalculateCost(request, timeout=DEADLINE_S)).cost.total_usd == 10
    rerank = pb2.CalculateCostRequest(provider="cohere", model="rerank-v3.5", step_kind=span_pb2.STEP_KIND_RERANK)
    assert (await service.stub.CalculateCost(rerank, timeout=DEADLINE_S)).cost.total_usd == 0.002


async def test_a_tenant_without_prices_of_its_own_is_told_that_the_default_ones_hold(
    service: Service, tenant: str
) -> None:
    call = pb2.CalculateCostRequest(model="gpt-4o", usage=span_pb2.Usage(input_tokens=1), tenant_id=tenant)
    name = pb2.ResolveModelRequest(model="gpt-4o", tenant_id=tenant)

    async def steps() -> list[list[str]]:
        explained = await service.stub.ExplainCost(
            pb2.ExplainCostRequest(call=call), timeout=DEADLINE_S, metadata=ADMIN
        )
        resolved = await service.stub.ResolveModel(name, timeout=DEADLINE_S, metadata=ADMIN)
        return [list(explained.steps), list(resolved.steps)]

    said = f"no prices of its own are known of the tenant {tenant}; the default ones hold"
    assert all(said in answer for answer in await steps())
    await service.put(tenant, line("gpt-4o", {"input": "1"}))
    assert not any(said in answer for answer in await steps())
