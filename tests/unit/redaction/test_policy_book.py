"""The book of policies: in step with its store whatever that answers, and fair to every tenant."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import cast

import pytest

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_chassis.errors import UnavailableError
from a11i_redaction.ciphers import MasterKey
from a11i_redaction.policy.book import PolicyBook
from a11i_redaction.policy.desk import PolicyDesk
from a11i_redaction.policy.parsing import Abilities, label_of
from a11i_storage.postgres.listening import Changes
from a11i_storage.postgres.redaction_policies import (
    Page,
    PolicyPage,
    RedactionPolicyStore,
    StoredPolicy,
    WrappedKey,
)
from tests.unit.redaction.redaction_kit import policy

_ABILITIES = Abilities(names=True)
_DEFAULT = pb.Policy(preset="standard")


def stored(number: int, tenant: str, text: str) -> StoredPolicy:
    return StoredPolicy(number, tenant, "", number, text, "ann", datetime(2026, 1, 1, tzinfo=UTC))


class Store:
    """What PostgreSQL would answer, when a test says so."""

    def __init__(self) -> None:
        self.rows: list[StoredPolicy] = []
        self.wrapped: list[WrappedKey] = []
        self.error: Exception | None = None
        self.asked = 0
        self.before_answer: Callable[[list[StoredPolicy]], Awaitable[None]] | None = None

    async def last_change(self) -> tuple[int, int]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return max((row.id for row in self.rows), default=0), len(self.wrapped)

    async def latest(self) -> list[StoredPolicy]:
        rows = list(self.rows)
        if self.before_answer is not None:
            await self.before_answer(rows)
        return rows

    async def keys(self) -> list[WrappedKey]:
        return self.wrapped

    async def versions(self, tenant_id: str, _project: str, _version: int, _limit: int) -> list[StoredPolicy]:
        return [row for row in self.rows if row.tenant_id == tenant_id]

    async def list_latest(self, tenant_id: str, page: Page) -> PolicyPage:
        rows = await self.versions(tenant_id, "", 0, page.limit)
        return PolicyPage(rows, more=False)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Changes]:
        yield Changes(asyncio.Event(), asyncio.Event())


def book_of(store: Store) -> PolicyBook:
    return PolicyBook(cast(RedactionPolicyStore, store), policy(preset="standard"), _ABILITIES, MasterKey("m" * 32))


async def test_an_older_answer_that_comes_late_replaces_no_newer_one() -> None:
    store = Store()
    store.rows = [stored(1, "t", '{"preset": "pci"}')]
    book = book_of(store)
    newer_is_known = asyncio.Event()

    async def hold_the_first(rows: list[StoredPolicy]) -> None:
        if rows[0].id == 1:
            try:
                await asyncio.wait_for(newer_is_known.wait(), 0.5)
            except TimeoutError:  # The second waits for the first: that is what shall be.
                return

    async def second() -> None:
        await book.refresh()
        newer_is_known.set()

    store.before_answer = hold_the_first
    first = asyncio.create_task(book.refresh())
    while not store.asked:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    store.rows = [stored(2, "t", '{"preset": "strict"}')]
    await asyncio.gather(first, second())
    assert book.in_force("t", "p").policy.label == "strict+2"


async def test_an_answer_from_before_what_is_known_is_not_taken() -> None:
    store = Store()
    store.rows = [stored(2, "t", '{"preset": "strict"}')]
    book = book_of(store)
    await book.refresh()
    store.rows = [stored(1, "t", '{"preset": "pci"}')]
    await book.refresh()
    assert book.in_force("t", "p").policy.label == "strict+2"


@pytest.mark.parametrize("error", [PermissionError("denied"), ValueError("x"), KeyError("y"), UnavailableError("away")])
async def test_whatever_the_store_raises_the_book_keeps_what_it_knows_and_goes_on(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("a11i_storage.postgres.listening._RETRY_S", 0.01)
    store = Store()
    store.rows = [stored(1, "t", '{"preset": "pci"}')]
    book, stop = book_of(store), asyncio.Event()
    await book.refresh()
    store.error = error
    following = asyncio.create_task(book.follow(stop))
    while store.asked < 4:
        await asyncio.sleep(0.005)
        assert not following.done()
    assert book.in_force("t", "p").policy.label == "pci+1"
    store.error, store.rows = None, [stored(2, "t", '{"preset": "strict"}')]
    while book.in_force("t", "p").policy.label != "strict+2":
        await asyncio.sleep(0.005)
    stop.set()
    await following


WRONG = ['{"preset": "of tomorrow"}', "[]", "{}"]
"""Policies that this version can show and not use."""
UNREADABLE = ['{"presets": "standard"}', "null", '{"preset": 5}', "{"]


@pytest.mark.parametrize("text", [*WRONG, *UNREADABLE])
async def test_a_policy_that_cannot_be_read_makes_its_tenant_wait_and_nobody_else(text: str) -> None:
    store = Store()
    store.rows = [stored(1, "bad", text), stored(2, "good", '{"preset": "pci"}')]
    book = book_of(store)
    await book.refresh()
    assert book.in_force("good", "p").policy.label == "pci+2"
    with pytest.raises(UnavailableError):
        book.in_force("bad", "p")
    desk = PolicyDesk(cast(RedactionPolicyStore, store), book, _DEFAULT, _ABILITIES, None)
    if text in WRONG:
        assert (await desk.get("bad", "", 0)).version == 1
    else:
        with pytest.raises(UnavailableError, match="cannot read"):
            await desk.get("bad", "", 0)
    [row], behind_id = await desk.stored("bad", "", 10, 100)
    assert (row.version, row.actor, behind_id) == (1, "ann", 0)


async def test_a_key_that_cannot_be_used_stops_its_tenant_alone() -> None:
    store = Store()
    encrypts = '{"preset": "standard", "entities": [{"entity": "EMAIL_ADDRESS", "operator": "OPERATOR_ENCRYPT"}]}'
    store.rows = [stored(number, tenant, encrypts) for number, tenant in enumerate(("good", "short", "cut"), 1)]
    store.rows.append(stored(4, "no more", '{"preset": "standard"}'))
    master = MasterKey("m" * 32)
    store.wrapped = [
        *(WrappedKey(tenant, master.key_id, master.wrap(tenant, b"k" * 32, b"n" * 12)) for tenant in ("no more", "no")),
        WrappedKey("good", master.key_id, master.wrap("good", b"k" * 32, b"n" * 12)),
        WrappedKey("short", master.key_id, master.wrap("short", b"k" * 7, b"n" * 12)),
        WrappedKey("cut", master.key_id, b"n"),
    ]
    book = book_of(store)
    await book.refresh()
    assert book.in_force("good", "p").cipher is not None
    for tenant in ("no more", "no"):  # It knows what it encrypted when it did.
        assert book.in_force(tenant, "p").cipher is not None
    for tenant in ("short", "cut"):
        with pytest.raises(UnavailableError):
            book.in_force(tenant, "p")


def test_a_policy_of_an_unknown_preset_has_a_label_too() -> None:
    assert label_of(pb.Policy(preset="of tomorrow"), _ABILITIES, 3) == "of tomorrow+3"
    assert label_of(pb.Policy(), _ABILITIES, 3) == "unknown+3"
