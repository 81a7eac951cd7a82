"""Budgets over gRPC on a real PostgreSQL and the real engine: each threshold told of once, at least once, in order."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import grpc
import pytest

from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i_bus.memory import MemoryBroker
from a11i_bus.port import Bus
from a11i_bus.settings import BusSettings
from a11i_bus.topology import BUDGET_EVENTS
from a11i_chassis.errors import UnavailableError
from a11i_storage.clickhouse import ClickHouseSpending, open_clickhouse
from a11i_storage.postgres import BudgetStore, PostgresSettings, open_budgets
from a11i_storage.postgres.budgets import Budget
from a11i_storage.postgres.turn import open_turn
from a11i_tokenization.budgeting.watcher import BudgetWatcher
from a11i_tokenization.settings import BudgetSettings
from tests.service.tokenization.stored_calls import (
    ADMIN,
    DEADLINE_S,
    Engines,
    Service,
    Spans,
    call,
    engines,
    serving_calls,
    until,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Watching:
    """A watcher, where it keeps what it sees, and what it looks at."""

    watcher: BudgetWatcher
    store: BudgetStore
    spans: Spans


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    with engines(tmp_path_factory.mktemp("budgets")) as running:
        yield running


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker(BusSettings.model_validate({"url": "memory://"}))


@pytest.fixture
async def service(started: Engines, broker: MemoryBroker) -> AsyncIterator[Service]:
    async with serving_calls(started, bus=broker.bus()) as running:
        yield running


def now_s() -> float:
    return datetime.now(UTC).timestamp()


def spent(name: str, usd: str | None, **values: Any) -> dict[str, Any]:
    """Return a call of this moment."""
    return call(name, usd, **{"start_s": now_s(), **values})


async def put(service: Service, name: str = "all", limit: str = "10", **fields: Any) -> pb2.Budget:
    budget = pb2.Budget(tenant_id=service.spans.tenant, name=name, limit_usd=limit, actor="the tests", **fields)
    request = pb2.PutBudgetRequest(budget=budget)
    return (await service.stub.PutBudget(request, timeout=DEADLINE_S, metadata=ADMIN)).budget


async def status(service: Service, after: datetime | None = None) -> dict[str, pb2.BudgetStatus]:
    """Return the budgets by name, once all of them were looked at after a time."""
    after = after or datetime.now(UTC)
    found: dict[str, pb2.BudgetStatus] = {}

    async def look() -> bool:
        request = pb2.ListBudgetsRequest(tenant_id=service.spans.tenant)
        answer = await service.stub.ListBudgets(request, timeout=DEADLINE_S, metadata=ADMIN)
        found.update({one.budget.name: one for one in answer.budgets})
        return all(one.as_of_time.ToDatetime(UTC) > after for one in found.values())

    await until(look)
    return found


async def events(service: Service, **fields: Any) -> list[pb2.BudgetEvent]:
    request = pb2.ListBudgetEventsRequest(tenant_id=service.spans.tenant, **fields)
    return list((await service.stub.ListBudgetEvents(request, timeout=DEADLINE_S, metadata=ADMIN)).events)


async def published(bus: Bus, tenant: str) -> list[pb2.BudgetEvent]:
    """Return the tenant's messages of the topic, in order."""
    found = []
    async with bus.subscribe(BUDGET_EVENTS, "alerting", max_unsettled=100) as subscription:
        while deliveries := await subscription.fetch(100, 1.0):
            for delivery in deliveries:
                event = pb2.BudgetEvent.FromString(delivery.message.payload)
                assert delivery.message.id == event.id
                assert delivery.message.key == event.budget.tenant_id
                if event.budget.tenant_id == tenant:
                    found.append(event)
                await delivery.ack()
    return found


async def test_thresholds_are_told_of_once_in_order_and_kept(service: Service) -> None:
    stored = await put(service, limit="10")
    assert (stored.period, list(stored.threshold_percents)) == (pb2.BUDGET_PERIOD_MONTH, [50, 80, 100])
    await service.spans.put(spent("a", "5.5"), received_s=now_s())
    assert (await status(service))["all"].spent_usd == 5.5
    await service.spans.put(spent("b", "5"), received_s=now_s())
    found = (await status(service))["all"]
    assert (found.spent_usd, found.unpriced_call_count) == (10.5, 0)
    await status(service)
    told = await published(service.bus, service.spans.tenant)
    assert [(one.threshold_percent, one.spent_usd) for one in told] == [(50, 5.5), (80, 10.5), (100, 10.5)]
    kept = await events(service)
    assert [one.id for one in kept] == [one.id for one in told][::-1]
    assert kept[0] == told[-1]
    assert kept[0].budget.limit_usd == "10"
    # Another limit is another matter.
    await put(service, limit="100", threshold_percents=[10])
    await status(service)
    assert [one.threshold_percent for one in await published(service.bus, service.spans.tenant)] == [10]


async def test_all_that_a_budget_names_must_fit(service: Service) -> None:
    gpt: dict[str, Any] = {"priced_as": "openai/gpt-4o", "request_model": "my-Deployment", "user_id": "<USER_1>"}
    await service.spans.put(spent("a", "1", **gpt), project="p", key="k1", received_s=now_s())
    await service.spans.put(spent("b", "2", **gpt), project="q", key="k2", received_s=now_s())
    await service.spans.put(
        spent("c", "4", request_model="100%_x", priced_as="", user_id="u"), project="q", key="k2", received_s=now_s()
    )
    wanted: dict[str, tuple[float, dict[str, str]]] = {
        "any": (7, {}),
        "project": (6, {"project_id": "q"}),
        "key": (1, {"key_id": "k1"}),
        "user": (3, {"user_id": "<USER_1>"}),
        "user and key": (2, {"user_id": "<USER_1>", "key_id": "k2"}),
        "priced as": (3, {"model": "OpenAI/gpt-4*"}),
        "asked for": (3, {"model": "*deployment"}),
        "no pattern": (4, {"model": "100%_*"}),
        "whole name": (0, {"model": "gpt-4o"}),
        "no such key": (0, {"key_id": "k"}),
    }
    for name, (_, fields) in wanted.items():
        await put(service, name, **fields)
    found = await status(service)
    assert {name: one.spent_usd for name, one in found.items()} == {name: usd for name, (usd, _) in wanted.items()}


async def test_calls_are_of_the_user_of_their_trace_unless_they_name_their_own(service: Service) -> None:
    """Most instrumentations name the user on the outermost span alone."""
    outermost = spent("turn", None, trace="t", user_id="bob", input_tokens=None) | {"step_kind": "agent"}
    await service.spans.put(
        outermost | {"output_tokens": None},
        spent("his call", "1", trace="t", parent="turn"),
        spent("call of another", "2", trace="t", parent="turn", user_id="ann"),
        spent("elsewhere", "4", trace="u"),
        received_s=now_s(),
    )
    for user in ("bob", "ann"):
        await put(service, user, user_id=user)
    assert {name: one.spent_usd for name, one in (await status(service)).items()} == {"bob": 1.0, "ann": 2.0}


async def test_a_call_that_was_counted_does_not_hide_what_its_wrapper_reported(service: Service) -> None:
    reported, counted = ({"input_source": source, "output_source": source} for source in ("reported", "counted"))
    await put(service)
    await service.spans.put(
        spent("wrapper", "3", trace="t", **reported),
        spent("stream", "0.1", trace="t", parent="wrapper", **counted),
        spent("alias", None, trace="u", parent="known", **reported),
        spent("known", "2", trace="u", **reported),
        received_s=now_s(),
    )
    found = (await status(service))["all"]
    assert (found.spent_usd, found.unpriced_call_count) == (5.0, 0)


async def test_a_wrapper_is_not_added_to_its_calls_and_a_span_that_came_twice_counts_once(service: Service) -> None:
    await put(service)
    inside = spent("call", "3", trace="t", parent="chain")
    spans = [
        spent("wrapper", "3", trace="t"),
        spent("chain", None, trace="t", parent="wrapper", input_tokens=None),
        inside,
    ]
    spans[1] |= {"step_kind": "chain", "output_tokens": None}
    twins = [spent(f"twin{number}", "1", trace="u", response_id="r1") for number in range(2)]
    for _ in range(2):
        await service.spans.put(*spans, *twins, received_s=now_s())
    assert (await status(service))["all"].spent_usd == 4.0


async def test_calls_of_no_known_cost_are_counted_and_other_periods_are_not(service: Service) -> None:
    for name, period in (("hour", pb2.BUDGET_PERIOD_HOUR), ("month", pb2.BUDGET_PERIOD_MONTH)):
        await put(service, name, period=period)
    await service.spans.put(
        spent("a", None), spent("b", "1"), spent("long ago", "50", start_s=now_s() - 40 * 86_400), received_s=now_s()
    )
    for one in (await status(service)).values():
        assert (one.spent_usd, one.unpriced_call_count) == (1.0, 1)
        start, end = one.period_start.ToDatetime(UTC), one.period_end.ToDatetime(UTC)
        assert start <= datetime.now(UTC) < end
        assert end - start in (
            [timedelta(hours=1)] if one.budget.name == "hour" else [timedelta(days=n) for n in range(28, 32)]
        )


async def test_a_bus_that_is_away_gets_the_events_once_it_is_back(service: Service, broker: MemoryBroker) -> None:
    broker.stop()
    await put(service, limit="1")
    await service.spans.put(spent("a", "2"), received_s=now_s())
    await status(service)
    assert [one.threshold_percent for one in await events(service)] == [100, 80, 50]
    broker.start()
    told: list[pb2.BudgetEvent] = []

    async def look() -> bool:
        told.extend(await published(service.bus, service.spans.tenant))
        return len(told) == 3

    await until(look)
    assert [one.threshold_percent for one in told] == [50, 80, 100]


async def test_of_several_processes_one_looks_and_another_goes_on_after_it(
    started: Engines, broker: MemoryBroker
) -> None:
    async with serving_calls(started, bus=broker.bus()) as second:
        async with serving_calls(started, second.spans.tenant, bus=broker.bus()) as first:
            await put(first, limit="1")
            await first.spans.put(spent("a", "0.6"), received_s=now_s())
            await status(first)
        await second.spans.put(spent("b", "0.6"), received_s=now_s())
        await status(second)
        told = await published(second.bus, second.spans.tenant)
        assert [one.threshold_percent for one in told] == [50, 80, 100]


async def test_a_budget_for_other_calls_tells_of_its_thresholds_anew(service: Service) -> None:
    for name in ("p", "q"):
        await service.spans.put(spent(name, "2"), project=name, received_s=now_s())
        await put(service, limit="1", threshold_percents=[100], project_id=name)
        for _ in range(2):
            await status(service)
    told = await published(service.bus, service.spans.tenant)
    assert [one.budget.project_id for one in told] == ["p", "q"]


async def test_a_deleted_budget_is_gone_and_its_events_stay(service: Service) -> None:
    await put(service, limit="1")
    await service.spans.put(spent("a", "2"), received_s=now_s())
    await status(service)
    request = pb2.DeleteBudgetRequest(tenant_id=service.spans.tenant, name="all")
    await service.stub.DeleteBudget(request, timeout=DEADLINE_S, metadata=ADMIN)
    assert await status(service) == {}
    assert len(await events(service)) == 3
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await service.stub.DeleteBudget(request, timeout=DEADLINE_S, metadata=ADMIN)
    assert raised.value.code() is grpc.StatusCode.NOT_FOUND


async def test_events_are_listed_by_pages(service: Service) -> None:
    await put(service, "x", limit="1", threshold_percents=[1, 2, 3, 4, 5])
    await put(service, "y", limit="1", threshold_percents=[6])
    await service.spans.put(spent("a", "2"), received_s=now_s())
    await status(service)
    request = pb2.ListBudgetEventsRequest(tenant_id=service.spans.tenant, budget="x", page_size=2)
    found = []
    while True:
        page = await service.stub.ListBudgetEvents(request, timeout=DEADLINE_S, metadata=ADMIN)
        found += [one.threshold_percent for one in page.events]
        request.page_token = page.next_page_token
        if not page.next_page_token:
            break
    assert found == [5, 4, 3, 2, 1]
    assert [one.threshold_percent for one in await events(service, budget="y")] == [6]


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("budget.limit_usd", {"limit": "0"}),
        ("budget.limit_usd", {"limit": "NaN"}),
        ("budget.limit_usd", {"limit": "much"}),
        ("budget.threshold_percents", {"threshold_percents": [0]}),
        ("budget.threshold_percents", {"threshold_percents": list(range(1, 12))}),
        ("budget.name", {"name": ""}),
        ("budget.period", {"period": 9}),
    ],
)
async def test_what_is_wrong_with_a_budget_is_named(service: Service, field: str, fields: dict[str, Any]) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await put(service, **fields)
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert field.removeprefix("budget.") in (raised.value.details() or "") or field == "budget.threshold_percents"
    assert await status(service) == {}


@asynccontextmanager
async def watching(started: Engines, broker: MemoryBroker, clock: list[datetime]) -> AsyncIterator[Watching]:
    """A watcher that looks when it is told to, by a clock that a test sets."""
    settings = PostgresSettings.model_validate({"dsn": started.dsn})
    async with (
        open_clickhouse(started.clickhouse.settings) as clickhouse,
        open_budgets(settings) as store,
        open_turn(settings, 1) as turn,
    ):
        spending = ClickHouseSpending(clickhouse)
        watcher = BudgetWatcher(store, spending, broker.bus(), turn, BudgetSettings(), now=lambda: clock[0])
        yield Watching(watcher, store, Spans(clickhouse))


async def test_what_was_spent_after_the_last_look_of_a_period_is_not_missed(
    started: Engines, broker: MemoryBroker
) -> None:
    clock = [datetime(2026, 10, 2, 12, 59, 30, tzinfo=UTC)]
    async with watching(started, broker, clock) as one:
        kept = Budget(one.spans.tenant, "all", "", "", "", "", pb2.BUDGET_PERIOD_HOUR, Decimal(1), (100,), "the tests")
        await one.store.put(kept)
        await one.watcher.look()
        late_s = datetime(2026, 10, 2, 12, 59, 50, tzinfo=UTC).timestamp()
        await one.spans.put(call("late", "2", start_s=late_s), call("next", "0.5", start_s=late_s + 15))
        clock[0] += timedelta(seconds=45)
        for _ in range(2):
            await one.watcher.look()
        (event,) = await one.store.list_events(one.spans.tenant, "all", 10, 0)
        assert (event.spent_usd, event.period_start.hour) == (Decimal(2), 12)
        (now,) = await one.store.list_budgets(one.spans.tenant)
        assert now.seen is not None
        assert (now.seen.usd, now.seen.period_start.hour) == (Decimal("0.5"), 13)


async def test_an_event_that_the_bus_does_not_take_for_long_stays_in_the_list_alone(
    started: Engines, broker: MemoryBroker
) -> None:
    clock = [datetime.now(UTC)]
    async with watching(started, broker, clock) as one:
        kept = Budget(one.spans.tenant, "all", "", "", "", "", pb2.BUDGET_PERIOD_MONTH, Decimal(1), (100,), "the tests")
        await one.store.put(kept)
        await one.spans.put(spent("a", "2"), received_s=now_s())
        await one.watcher.look()
        broker.stop()
        with pytest.raises(UnavailableError):
            await one.watcher.publish()
        waiting = [event.budget.tenant_id for event in await one.store.unsettled_events(10)]
        assert one.spans.tenant in waiting
        clock[0] += timedelta(days=8)
        await one.watcher.publish()
        assert await one.store.unsettled_events(10) == []
        assert len(await one.store.list_events(one.spans.tenant, "all", 10, 0)) == 1
        broker.start()
        assert await published(broker.bus(), one.spans.tenant) == []
