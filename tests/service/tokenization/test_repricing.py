"""Repricing over gRPC on a real PostgreSQL and the real engine: each call once, whatever dies on the way."""

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import grpc
import pytest

from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i_tokenization.prices import PriceBook
from tests.grpc_errors import reason_of
from tests.service.tokenization.stored_calls import (
    ADMIN,
    DAY_S,
    DEADLINE_S,
    NOON_S,
    Engines,
    Service,
    call,
    engines,
    serving_calls,
)  # fmt: skip

PRICED: Any = {"model": "gpt-4o", "rates": {"input": "4.00", "output": "8.00"}}


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    with engines(tmp_path_factory.mktemp("repricing")) as running:
        yield running


@pytest.fixture
async def service(started: Engines) -> AsyncIterator[Service]:
    async with serving_calls(started) as running:
        yield running


async def test_calls_cost_what_the_tables_of_now_say_and_keep_everything_else(service: Service) -> None:
    await service.spans.put(*(call(f"c{number}") for number in range(10)), {"name": "agent", "step_kind": "agent"})
    before = await service.spans.read()
    await service.put_prices(pb2.PriceLine(**PRICED))
    done = await service.ended(await service.reprice())
    assert done.state == pb2.REPRICING_STATE_DONE, done.failure
    after = await service.spans.read()
    assert (done.call_count, done.changed_count, done.before_usd, done.after_usd) == (10, 10, 5.0, 40.0)
    assert (done.unpriced_before_count, done.unpriced_after_count) == (0, 0)
    assert done.done_until.seconds == NOON_S + DAY_S
    assert done.price_version.endswith(f", prices of {service.spans.tenant}, version 1")
    costs = {"input_cost_usd", "output_cost_usd", "total_cost_usd", "price_version", "priced_as", "price_basis"}
    for name, row in after.items():
        changed = {column for column in row if row[column] != before[name][column]}
        assert changed == (set() if name == "agent" else costs | {"stored_ns"}), name
        assert row["stored_ns"] == before[name]["stored_ns"] + (name != "agent")
    assert after["c3"]["total_cost_usd"] == Decimal(4)
    assert after["c3"]["price_version"].endswith(f"{service.spans.tenant}/1")


async def test_pieces_are_priced_again_as_they_were_stored(service: Service) -> None:
    searched = {"request_model": "claude-sonnet-4-5", "provider": "anthropic", "units": [("web_searches", 3)]}
    drawn = {"request_model": "dall-e-3", "provider": "azure.ai.openai", "units": [("pictures/hd/1792x1024", 2)]}
    nothing = {"input_tokens": None, "output_tokens": None, "total_cost_usd": None}
    await service.spans.put(
        call("searched") | searched | {"input_tokens": 1_000, "output_tokens": 100}, call("drawn") | drawn | nothing
    )
    done = await service.ended(await service.reprice())
    assert done.state == pb2.REPRICING_STATE_DONE, done.failure
    after = await service.spans.read()
    # 1000 x 3 + 100 x 15 + 3 x 0.01, and 2 x 0.132.
    assert [after[name]["total_cost_usd"] for name in ("searched", "drawn")] == [Decimal("0.0345"), Decimal("0.264")]
    assert dict(after["drawn"]["units"]) == {"pictures/hd/1792x1024": 2}


async def test_another_version_of_the_prices_can_be_named(service: Service) -> None:
    await service.spans.put(*(call(f"c{number}") for number in range(3)))
    await service.put_prices(pb2.PriceLine(**PRICED))
    await service.put_prices(pb2.PriceLine(model="gpt-4o", rates={"input": "8.00", "output": "16.00"}))
    # 4 dollars each by the first version as above, twice that by the second; by the default 1,000,000 x 2.50.
    versions: list[tuple[dict[str, Any], float, str]] = [
        ({"price_version": 1}, 12.0, ", version 1"),
        ({}, 24.0, ", version 2"),
        ({"price_version": 0}, 7.5, PriceBook().tables),
        ({"price_version": 2}, 24.0, ", version 2"),
    ]
    for named, usd, label in versions:
        done = await service.ended(await service.reprice(**named))
        assert (done.call_count, done.changed_count, done.after_usd) == (3, 3, usd), done.failure
        assert done.price_version.endswith(label)
        assert done.request.price_version == named.get("price_version", 2)


async def test_an_order_under_another_version_is_another(service: Service) -> None:
    await service.put_prices(pb2.PriceLine(**PRICED))
    ordered = await service.reprice("monthly", price_version=1)
    assert (await service.reprice("monthly", price_version=1)).id == ordered.id
    with pytest.raises(grpc.aio.AioRpcError) as other:
        await service.reprice("monthly", price_version=0)
    assert other.value.code() == grpc.StatusCode.ALREADY_EXISTS
    for version in (2, 2**32 - 1):
        with pytest.raises(grpc.aio.AioRpcError, match=f"no version {version} of prices") as absent:
            await service.reprice(price_version=version)
        assert absent.value.code() == grpc.StatusCode.NOT_FOUND


async def test_done_again_it_changes_nothing(service: Service) -> None:
    await service.spans.put(*(call(f"c{number}") for number in range(5)))
    await service.ended(await service.reprice())
    once = await service.spans.read()
    again = await service.ended(await service.reprice())
    assert (again.call_count, again.changed_count) == (5, 0)
    assert again.before_usd == again.after_usd == 12.5
    assert await service.spans.read() == once


async def test_a_dry_run_says_what_would_change_and_changes_nothing(service: Service) -> None:
    await service.spans.put(call("a"), call("b", usd=None, request_model="acme-1"), call("c", usd=None))
    before = await service.spans.read()
    done = await service.ended(await service.reprice(dry_run=True))
    assert (done.call_count, done.changed_count, done.before_usd, done.after_usd) == (3, 2, 0.5, 5.0)
    assert (done.unpriced_before_count, done.unpriced_after_count) == (2, 1)
    assert await service.spans.read() == before


async def test_wrappers_are_priced_and_in_no_sum(service: Service) -> None:
    await service.spans.put(
        call("agent", trace="t") | {"step_kind": "agent", "total_cost_usd": None},
        call("wrapper", trace="t", parent="agent"),
        call("inside", trace="t", parent="wrapper", response_id="r1"),
        call("twin", trace="t", parent="wrapper", response_id="r1"),
        call("alone", trace="u"),
    )
    done = await service.ended(await service.reprice())
    assert (done.call_count, done.changed_count, done.before_usd, done.after_usd) == (2, 2, 1.0, 5.0)
    costs = {name: row["total_cost_usd"] for name, row in (await service.spans.read()).items()}
    assert costs.pop("agent") is None
    assert set(costs.values()) == {Decimal("2.5")}


async def test_only_calls_of_no_known_cost(service: Service) -> None:
    await service.spans.put(call("a"), call("b", usd=None))
    done = await service.ended(await service.reprice(unpriced_only=True))
    assert (done.call_count, done.before_usd, done.after_usd) == (1, 0.0, 2.5)
    spans = await service.spans.read()
    assert (spans["a"]["total_cost_usd"], spans["b"]["total_cost_usd"]) == (Decimal("0.5"), Decimal("2.5"))


async def test_a_cost_that_no_table_knows_any_more_is_unknown_and_never_0(service: Service) -> None:
    await service.spans.put(call("a", request_model="acme-1"))
    done = await service.ended(await service.reprice())
    assert (done.before_usd, done.after_usd, done.unpriced_after_count) == (0.5, 0.0, 1)
    row = (await service.spans.read())["a"]
    assert (row["total_cost_usd"], row["price_version"]) == (None, "")


async def test_projects_days_and_other_tenants_are_apart(service: Service, started: Engines) -> None:
    for project in ("p", "q"):
        for day in (-1, 0, 1):
            start_s = NOON_S + day * DAY_S
            await service.spans.put(call(f"{project}{day}", start_s=start_s), project=project, received_s=start_s + 60)
    async with serving_calls(started) as other:
        await other.spans.put(call("theirs"))
        done = await service.ended(await service.reprice(project_id="q"))
        assert (await other.spans.read())["theirs"]["total_cost_usd"] == Decimal("0.5")
    assert done.call_count == 2
    costs = {name: row["total_cost_usd"] for name, row in (await service.spans.read()).items()}
    # The range begins with noon of the day before, and ends before noon of the day after.
    assert {name for name, cost in costs.items() if cost == Decimal("2.5")} == {"q-1", "q0"}


async def test_the_same_request_is_the_same_repricing_and_another_range_is_refused(service: Service) -> None:
    first = await service.reprice("once")
    assert (await service.reprice("once")).id == first.id
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await service.reprice("once", dry_run=True)
    assert raised.value.code() is grpc.StatusCode.ALREADY_EXISTS


async def test_what_is_wrong_with_a_request_is_said(service: Service) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"start_time": {"seconds": NOON_S + 2 * DAY_S}}, "start_time must be before end_time"),
        ({"start_time": {"seconds": NOON_S - 400 * DAY_S}}, "400 days"),
    ]
    for fields, words in wrong:
        with pytest.raises(grpc.aio.AioRpcError, match=words) as raised:
            await service.reprice(**fields)
        assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await service.get("00000000-0000-0000-0000-000000000000")
    assert raised.value.code() is grpc.StatusCode.NOT_FOUND
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await service.stub.ListRepricings(pb2.ListRepricingsRequest(), timeout=DEADLINE_S)
    assert raised.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_one_that_is_cancelled_stays_where_it_is(started: Engines) -> None:
    async with serving_calls(started, idle=["Repricer"]) as service:
        await service.spans.put(call("a"))
        asked = await service.reprice()
        request = pb2.CancelRepricingRequest(id=asked.id)
        ended = (await service.stub.CancelRepricing(request, timeout=DEADLINE_S, metadata=ADMIN)).repricing
        assert ended.state == pb2.REPRICING_STATE_CANCELLED
        assert ended.HasField("end_time")
        tenant = service.spans.tenant
    async with serving_calls(started, tenant) as service:
        await service.ended(await service.reprice(project_id="none"))
        assert (await service.get(asked.id)).call_count == 0
        assert (await service.spans.read())["a"]["total_cost_usd"] == Decimal("0.5")


async def test_repricings_are_listed_by_pages_the_latest_first(service: Service) -> None:
    asked = [(await service.reprice(dry_run=True)).id for _ in range(5)]
    found: list[str] = []
    token = ""
    while True:
        request = pb2.ListRepricingsRequest(tenant_id=service.spans.tenant, page_size=2, page_token=token)
        page = await service.stub.ListRepricings(request, timeout=DEADLINE_S, metadata=ADMIN)
        found += [one.id for one in page.repricings]
        token = page.next_page_token
        if not token:
            break
    assert found == asked[::-1]


async def test_without_stores_the_calls_say_which_setting_is_missing(started: Engines) -> None:
    async with serving_calls(started, clickhouse=None) as service:
        with pytest.raises(grpc.aio.AioRpcError, match="A11I_TOKENIZATION_CLICKHOUSE__URL") as raised:
            await service.reprice()
        assert raised.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert reason_of(raised.value) == "NOT_CONFIGURED"
    async with serving_calls(started, clickhouse=None, postgres=None) as service:
        for ask in (service.reprice, service.put_prices):
            with pytest.raises(grpc.aio.AioRpcError, match="A11I_TOKENIZATION_POSTGRES__DSN") as raised:
                await ask()
            assert raised.value.code() is grpc.StatusCode.FAILED_PRECONDITION
            assert reason_of(raised.value) == "NOT_CONFIGURED"
