"""What the ledger's store promises its writers, the auditor and readers, on the real engine."""

import random
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest_asyncio

from a11i.telemetry.v1 import ledger_entries_pb2 as pb
from a11i_storage.clickhouse import LedgerStore, open_clickhouse
from a11i_storage.clickhouse.ledger_books import (
    PHANTOM_LINE,
    Account,
    AccountFilter,
    Audit,
    OpenBatch,
    Reached,
    Verdict,
)
from tests.contract.stored_spans import NOON_NS, S
from tests.engines.clickhouse import ClickHouseServer

REJECTED, SAMPLED, QUEUED, TOKENIZED, REDACTED, STORED, DEAD, REPLAYED, DISCARDED = range(1, 10)
NOON_S: Final = NOON_NS // S
DAY_S: Final = 24 * 3600
EVER: Final = 2**62


@dataclass(slots=True)
class Ledger:
    """The ledger as one test sees it: for a tenant of its own."""

    store: LedgerStore
    tenant: str = field(default_factory=lambda: str(uuid.uuid4()))
    seen: set[int] = field(default_factory=set)

    def entry(self, outcome: int, first: int = 0, count: int = 10, **fields: Any) -> pb.LedgerEntry:
        """Return an entry of the batch "a", received at noon and made `at_s` seconds later."""
        received_s, at_s = fields.pop("received_s", 0), fields.pop("at_s", outcome)
        made = pb.LedgerEntry(
            **{"tenant_id": self.tenant, "project_id": "p", "signal": 1, "batch_id": "a", **fields},
            outcome=outcome,  # type: ignore[arg-type]  # one of the enum's numbers
            first_item=first,
            item_count=count,
        )
        made.received_time.seconds = NOON_S + received_s
        made.time.seconds = NOON_S + received_s + at_s
        return made

    async def put(self, *entries: pb.LedgerEntry) -> None:
        """Insert entries and bring the sums up to date, as the auditor does."""
        await self.store.insert(entries)
        inserts = [one for one in await self.store.new_inserts(0) if one not in self.seen]
        self.seen.update(inserts)
        await self.store.recompute(await self.store.touched_minutes(inserts))

    async def accounts(self, **which: Any) -> list[Account]:
        chosen = AccountFilter(self.tenant, which.pop("project_id", ""))
        times = {"start_s": NOON_S - DAY_S, "end_s": NOON_S + DAY_S, **which}
        return await self.store.accounts(chosen, **times, limit=1_000)

    async def lines(self) -> dict[int, int]:
        """Return the lines of the only account."""
        (account,) = await self.accounts()
        return account.lines

    async def open(self, silent_ns: int = EVER) -> list[OpenBatch]:
        return await self.store.list_open(AccountFilter(self.tenant), silent_ns=silent_ns, limit=50)


@pytest_asyncio.fixture
async def ledger(clickhouse_server: ClickHouseServer) -> AsyncIterator[Ledger]:
    async with open_clickhouse(clickhouse_server.settings) as clickhouse:
        yield Ledger(LedgerStore(clickhouse))


def way(ledger: Ledger, first: int = 0, count: int = 10, **fields: Any) -> list[pb.LedgerEntry]:
    """Return the entries of rows that came to the store."""
    return [ledger.entry(outcome, first, count, **fields) for outcome in (QUEUED, TOKENIZED, REDACTED, STORED)]


async def test_rows_that_came_to_the_store_balance(ledger: Ledger) -> None:
    await ledger.put(*way(ledger))
    assert await ledger.lines() == {QUEUED: 10, TOKENIZED: 10, REDACTED: 10, STORED: 10}
    assert await ledger.open() == []


async def test_entries_that_come_twice_or_overlap_or_in_any_order_count_once(ledger: Ledger) -> None:
    entries = [*way(ledger), *way(ledger, 3, 7), *way(ledger, 0, 4), *way(ledger, 5, 2)] * 2
    random.Random(1).shuffle(entries)  # noqa: S311 - any order that is the same each time
    for start in range(0, len(entries), 8):
        await ledger.put(*entries[start : start + 8])
    assert await ledger.lines() == {QUEUED: 10, TOKENIZED: 10, REDACTED: 10, STORED: 10}


async def test_what_is_missing_is_under_way_and_says_how_far_it_came(ledger: Ledger) -> None:
    await ledger.put(ledger.entry(QUEUED), ledger.entry(TOKENIZED, 0, 8), ledger.entry(STORED, 0, 3))
    lines = await ledger.lines()
    assert (lines[QUEUED], lines[STORED], lines[100]) == (10, 3, 7)
    (batch,) = await ledger.open()
    assert (batch.item_count, batch.in_flight_count, batch.last_outcome) == (10, 7, TOKENIZED)
    assert (batch.received_ns, batch.last_ns) == (NOON_NS, NOON_NS + STORED * S)
    assert await ledger.open(silent_ns=NOON_NS + STORED * S - 1) == []


async def test_entries_of_earlier_steps_that_were_never_written_are_implied(ledger: Ledger) -> None:
    await ledger.put(ledger.entry(STORED, 0, 6), ledger.entry(DEAD, 6, 4, reason="writer/INTERNAL"))
    (account,) = await ledger.accounts()
    assert account.lines == {QUEUED: 10, TOKENIZED: 6, REDACTED: 6, STORED: 6, DEAD: 4}
    assert account.dead_lettered_reasons == {"writer/INTERNAL": 4}


async def test_a_dead_letter_that_cannot_be_read_ends_its_batch_whatever_that_holds(ledger: Ledger) -> None:
    whole = ledger.entry(DEAD, 0, 2**31, reason="tokenization/INVALID")
    await ledger.put(whole)
    assert await ledger.accounts() == []
    await ledger.put(ledger.entry(QUEUED), ledger.entry(STORED, 0, 4))
    (account,) = await ledger.accounts()
    assert account.lines == {QUEUED: 10, TOKENIZED: 4, REDACTED: 4, STORED: 4, DEAD: 6}
    assert account.dead_lettered_reasons == {"tokenization/INVALID": 6}
    assert await ledger.open() == []


async def test_a_replay_is_an_account_of_its_own(ledger: Ledger) -> None:
    await ledger.put(*way(ledger, 0, 8), ledger.entry(QUEUED), ledger.entry(DEAD, 8, 2, reason="redaction/INTERNAL"))
    again: dict[str, Any] = {"replay": "8d3f.1"}
    await ledger.put(ledger.entry(REPLAYED, 8, 2, **again), ledger.entry(TOKENIZED, 8, 1, **again))
    lines = await ledger.lines()
    assert (lines[QUEUED], lines[REPLAYED], lines[STORED], lines[DEAD], lines[100]) == (10, 2, 8, 2, 2)
    (batch,) = await ledger.open()
    assert (batch.replay, batch.last_outcome) == ("8d3f.1", TOKENIZED)
    await ledger.put(ledger.entry(STORED, 8, 2, **again))
    lines = await ledger.lines()
    assert lines[QUEUED] + lines[REPLAYED] == lines[STORED] + lines[DEAD] == 12


async def test_a_letter_that_is_discarded_stays_a_dead_letter(ledger: Ledger) -> None:
    await ledger.put(ledger.entry(QUEUED), ledger.entry(DEAD, reason="writer/INTERNAL"), ledger.entry(DISCARDED))
    assert await ledger.lines() == {QUEUED: 10, DEAD: 10, DISCARDED: 10}


async def test_a_row_that_was_given_up_and_stored_all_the_same_is_stored(ledger: Ledger) -> None:
    await ledger.put(*way(ledger), ledger.entry(DEAD, 2, 3, reason="writer/INTERNAL"))
    assert await ledger.lines() == {QUEUED: 10, TOKENIZED: 10, REDACTED: 10, STORED: 10}


async def test_a_request_sent_again_later_is_the_same_account_whichever_came_first(ledger: Ledger) -> None:
    for offset in (0, 3600):
        first, again = offset, offset + 14 * 60
        batch: dict[str, Any] = {"batch_id": f"b{offset}"}
        order = (first, again) if offset else (again, first)
        for received_s in order:
            await ledger.put(ledger.entry(QUEUED, received_s=received_s, **batch))
    assert (await ledger.lines())[QUEUED] == 20
    await ledger.put(ledger.entry(STORED, received_s=14 * 60, batch_id="b0"))
    lines = await ledger.lines()
    assert (lines[QUEUED], lines[STORED], lines[100]) == (20, 10, 10)
    assert [batch.batch_id for batch in await ledger.open()] == ["b3600"]


async def test_rejected_and_sampled_out_rows_are_counted_by_request(ledger: Ledger) -> None:
    reasons = [ledger.entry(REJECTED, 0, 3, reason="bad id"), ledger.entry(REJECTED, 0, 1, reason="too large")]
    await ledger.put(*reasons, *reasons, ledger.entry(SAMPLED, 0, 5), ledger.entry(REJECTED, 0, 2, reason="bad id"))
    (account,) = await ledger.accounts()
    assert account.lines == {REJECTED: 4, SAMPLED: 5}
    assert list(account.rejected_reasons.items()) == [("bad id", 3), ("too large", 1)]


async def test_tenants_projects_signals_and_times_are_apart(ledger: Ledger) -> None:
    other = Ledger(ledger.store)
    of_q, logs = way(ledger, project_id="q", batch_id="q"), way(ledger, signal=2, batch_id="l")
    await ledger.put(*way(ledger), *way(other, 0, 3), *of_q, *logs)
    assert [(one.project_id, one.signal) for one in await ledger.accounts()] == [("p", 1), ("p", 2), ("q", 1)]
    assert (await other.lines())[STORED] == 3
    assert await ledger.accounts(start_s=NOON_S + 60) == []
    assert await ledger.accounts(end_s=NOON_S) == []
    assert {one.project_id for one in await ledger.accounts(project_id="q")} == {"q"}


async def test_rows_that_nobody_sent_are_seen(ledger: Ledger) -> None:
    await ledger.put(ledger.entry(QUEUED), ledger.entry(STORED, 0, 12))
    assert (await ledger.lines())[PHANTOM_LINE] == 2


async def test_batches_are_counted_as_of_a_time_and_by_how_far_they_came(ledger: Ledger) -> None:
    """QUEUED is written 3 s after receipt, TOKENIZED 4 s, REDACTED 5 s, STORED 6 s."""
    day_s = 90 * DAY_S  # on which no other test has anything
    await ledger.put(*way(ledger, received_s=day_s))

    async def reached(before_s: int, left_s: int) -> Reached:
        times = {"before_ns": (NOON_S + day_s + before_s) * S, "left_ns": (NOON_S + day_s + left_s) * S}
        return await ledger.store.count_open([NOON_S + day_s], **times)

    assert await reached(2, 2) == Reached(0, 0, 0)
    assert await reached(3, 5) == Reached(1, 0, 0)
    assert await reached(4, 5) == Reached(1, 1, 0)
    assert await reached(5, 5) == Reached(1, 1, 1)
    assert await reached(5, 6) == Reached(0, 0, 0)


async def test_the_last_audit_is_the_one_that_is_read(ledger: Ledger) -> None:
    now_ns = 2_000_000_000 * S
    for number in (1, 3, 2):
        audit = Audit(now_ns + number, Verdict.DRIFT, now_ns, number, 5, 6, 0.5, {"b": 2, "a": 1}, "words", 9)
        await ledger.store.save_audit(audit)
    found = await ledger.store.last_audit()
    assert found == Audit(now_ns + 3, Verdict.DRIFT, now_ns, 3, 5, 6, 0.5, {"b": 2, "a": 1}, "words", 9)
    assert list(found.backlogs) == ["b", "a"]
