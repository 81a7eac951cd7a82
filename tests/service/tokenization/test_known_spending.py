"""What is known of spending from what is new, beside what all calls say, on real engines."""

from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest

from a11i_storage.clickhouse import ClickHouse, ClickHouseSpending, SpendingQuestion, Spent, Sums
from a11i_tokenization.budgeting.known_spending import KnownSpending
from a11i_tokenization.settings import BudgetSettings
from tests.contract.stored_spans import S
from tests.service.tokenization.repricing_bench import Bench, opened
from tests.service.tokenization.stored_calls import DAY_S, NOON_S, Engines, call, engines

DAY = SpendingQuestion(start_ns=(NOON_S - DAY_S // 2) * S, end_ns=(NOON_S + DAY_S // 2) * S)
MONTH = SpendingQuestion(start_ns=(NOON_S - 2 * DAY_S) * S, end_ns=(NOON_S + 28 * DAY_S) * S)
QUESTIONS = [
    DAY,
    MONTH,
    replace(MONTH, project_id="q"),
    replace(MONTH, user_id="<USER_1>"),
    replace(DAY, model="*deployment"),
]
AT_ONCE = BudgetSettings(late_s=0.0)
"""Of one machine and one client at a time, nothing is late."""


class CountingSpending(ClickHouseSpending):
    """Says of each look how many groups it was at; None: at all."""

    def __init__(self, clickhouse: ClickHouse) -> None:
        super().__init__(clickhouse)
        self.looks: list[int | None] = []

    async def sums(
        self, tenant_id: str, questions: Sequence[SpendingQuestion], groups: Collection[int] | None = None, *, of: int
    ) -> list[Sums]:
        if questions:
            self.looks.append(None if groups is None else len(groups))
        return await super().sums(tenant_id, questions, groups, of=of)


@dataclass(slots=True)
class Watching:
    """A tenant's spending as it is known, and as all its calls say."""

    bench: Bench
    counting: CountingSpending
    known: KnownSpending
    questions: list[SpendingQuestion] = field(default_factory=lambda: list(QUESTIONS))

    async def look(self) -> list[Spent]:
        """Look, and check that it says what all calls say."""
        tenant = self.bench.spans.tenant
        found = await self.known.spent(tenant, self.questions)
        everything = await ClickHouseSpending(self.bench.spans.clickhouse).spent(tenant, self.questions)
        assert found == everything
        return found

    async def after(self, *calls: dict[str, Any], **options: Any) -> int:
        """Return of how many groups a look is once these are stored."""
        await self.bench.spans.put(*calls, **options)
        self.counting.looks.clear()
        await self.look()
        (groups,) = self.counting.looks
        assert groups is not None, "all calls were looked at"
        return groups


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    with engines(tmp_path_factory.mktemp("known")) as running:
        yield running


@asynccontextmanager
async def watched(started: Engines, settings: BudgetSettings = AT_ONCE) -> AsyncIterator[Watching]:
    async with opened(started, slice_calls=10) as bench:
        counting = CountingSpending(bench.spans.clickhouse)
        yield Watching(bench, counting, KnownSpending(counting, bench.workshop.store, settings))


@pytest.fixture
async def watching(started: Engines) -> AsyncIterator[Watching]:
    async with watched(started) as one:
        await one.bench.spans.put(
            *(call(f"c{number}", user_id="<USER_1>" if number < 5 else "") for number in range(20))
        )
        assert (await one.look())[:2] == [Spent(Decimal(10)), Spent(Decimal(10))]
        yield one


async def test_a_look_at_nothing_new_is_at_no_group_and_one_at_a_new_call_at_its_group(watching: Watching) -> None:
    assert await watching.after(call("new"), project="q") == 1
    watching.counting.looks.clear()
    await watching.look()
    assert watching.counting.looks == [0]


async def test_late_calls_and_roll_ups_and_twins_change_what_counted_before(watching: Watching) -> None:
    # Long after the call, of a time long before it.
    assert await watching.after(call("late", start_s=NOON_S - DAY_S), received_s=NOON_S + 9 * DAY_S) == 1
    # A wrapper of a call that counts already, and a call below one that counted.
    assert await watching.after(call("wrapper", "7", trace="c0", start_s=NOON_S - 60)) == 1
    assert await watching.after(call("below", "1", trace="c1", parent="c1", start_s=NOON_S + 60)) == 1
    for name in ("one", "two"):
        assert await watching.after(call(name, trace="twins", response_id="r", request_model="a-deployment")) == 1
    assert (await watching.look())[0].usd == Decimal("0.5") * 20 + 7 + Decimal("0.5") * 2


async def test_what_is_corrected_or_moved_is_no_longer_where_it_was(watching: Watching) -> None:
    later_s = NOON_S + 2 * DAY_S
    assert await watching.after(call("c0", "3"), received_s=later_s) == 1
    assert await watching.after(call("c1", usd=None), received_s=later_s) == 1
    # Out of the day, and out of every period.
    assert await watching.after(call("c2", start_s=NOON_S + DAY_S), received_s=later_s) == 1
    assert await watching.after(call("c3", start_s=NOON_S - 5 * DAY_S), received_s=later_s) == 1
    day, month, *_ = await watching.look()
    assert (day.usd, day.unpriced_calls) == (Decimal("0.5") * 16 + 3, 1)
    assert month.usd == day.usd + Decimal("0.5")


async def test_repriced_calls_cost_what_they_do_now(watching: Watching) -> None:
    bench = watching.bench
    order = await bench.order()

    async def look(name: str, done: bool) -> None:
        # While it writes, too: what it has written may not be noted yet.
        if name in ("apply", "advance") and done:
            await watching.look()

    await bench.run(order, look)
    assert (await watching.look())[0].usd == Decimal("2.5") * 20
    # It may have written until just before it ended.
    assert watching.counting.looks[-1] is None


async def test_a_dry_run_of_a_repricing_is_no_reason_to_look_at_all_calls(watching: Watching) -> None:
    await watching.bench.run(await watching.bench.order(dry_run=True))
    assert await watching.after(call("new")) == 1


async def test_all_calls_are_looked_at_for_a_new_question_and_for_another_window(watching: Watching) -> None:
    for questions, looks in (
        ([*QUESTIONS, replace(DAY, user_id="<USER_1>")], [None]),
        (QUESTIONS[:3], [0]),
        ([DAY], [None]),
        ([DAY], [0]),
    ):
        watching.questions = questions
        watching.counting.looks.clear()
        await watching.look()
        assert watching.counting.looks == looks


async def test_a_look_that_fails_leaves_nothing_half_known(watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    await watching.bench.spans.put(call("new"))
    with monkeypatch.context() as patch:
        patch.setattr(watching.bench.spans.clickhouse, "query", _fails)
        with pytest.raises(ConnectionError):
            await watching.known.spent(watching.bench.spans.tenant, QUESTIONS)
    watching.counting.looks.clear()
    await watching.look()
    assert watching.counting.looks == [None]


async def _fails(*_: object) -> None:
    raise ConnectionError


async def test_what_was_deleted_is_missed_once_all_calls_are_looked_at_again(started: Engines) -> None:
    async with watched(started, BudgetSettings(late_s=0.0, full_s=1e-6)) as one:
        await one.bench.spans.put(call("a"), call("b"))
        await one.look()
        delete = "ALTER TABLE spans DELETE WHERE tenant_id = {tenant:String} AND name = 'a' SETTINGS mutations_sync = 1"
        await one.bench.spans.clickhouse.command(delete, {"tenant": one.bench.spans.tenant})
        assert (await one.look())[0].usd == Decimal("0.5")


async def test_tenants_with_many_budgets_are_known_by_fewer_groups(started: Engines) -> None:
    async with watched(started) as one:
        one.questions = [replace(MONTH, user_id=f"<USER_{number}>") for number in range(20)]
        await one.bench.spans.put(*(call(f"c{number}", user_id=f"<USER_{number}>") for number in range(20)))
        assert await one.look() == [Spent(Decimal("0.5"))] * 20
        assert await one.after(call("new", user_id="<USER_3>")) == 1
