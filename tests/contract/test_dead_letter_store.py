"""Dead letters in a real PostgreSQL."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from a11i_chassis.errors import UnavailableError
from a11i_storage.postgres import DeadLetterStore, PostgresSettings, migrate, open_dead_letters
from a11i_storage.postgres.dead_letters import (
    ActionKind,
    Letter,
    LetterFilter,
    LetterState,
    NewAction,
    NewLetter,
    PageCursor,
    ReplayCounts,
)
from tests.engines import postgres

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
SOMEBODY = NewAction("somebody", "ipv4:127.0.0.1:5", 2, '{"stage":"redaction"}')
ANY = LetterFilter()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.PostgresServer]:
    with postgres.running(tmp_path_factory.mktemp("dead-letters")) as running:
        asyncio.run(migrate(PostgresSettings.model_validate({"dsn": running.dsn})))
        yield running


@pytest_asyncio.fixture
async def store(server: postgres.PostgresServer) -> AsyncIterator[DeadLetterStore]:
    async with open_dead_letters(PostgresSettings.model_validate({"dsn": server.dsn})) as opened:
        yield opened


@pytest.fixture
def tenant() -> str:
    return str(uuid.uuid4())


def letter(tenant: str, number: int = 0) -> NewLetter:
    return NewLetter(
        id=uuid.uuid5(uuid.UUID(tenant), str(number)),
        tenant_id=tenant,
        project_id="project-1",
        signal=1,
        stage="redaction",
        stage_version=1,
        source_topic="spans.tokenized",
        message_id=f"message-{number}",
        batch_id=f"batch-{number}",
        item_count=2,
        first_item=2**32 - 1,
        replay="an account",
        received_time=START + timedelta(seconds=number),
        reason="INTERNAL",
        error_type="ValueError",
        error_id=uuid.uuid4().hex,
        tries=3,
        time=START + timedelta(minutes=number),
        replay_of=None,
        key_id="key",
        sealed=b"sealed %d" % number,
    )


async def state(store: DeadLetterStore, one: NewLetter) -> tuple[LetterState, bytes | None]:
    found = await store.get(one.tenant_id, one.id)
    assert found is not None
    return found[0].state, found[1]


async def published(_letter: Letter, _sealed: bytes) -> bool:
    return True


async def test_a_letter_comes_back_as_it_was_kept(store: DeadLetterStore, tenant: str) -> None:
    kept = letter(tenant)
    assert await store.keep(kept)

    found = await store.get(tenant, kept.id)

    assert found is not None
    stored, sealed = found
    assert sealed == kept.sealed
    assert stored == Letter(
        **{name: getattr(kept, name) for name in Letter.__slots__ if hasattr(kept, name)},
        first_time=kept.time,
        last_time=kept.time,
        state=LetterState.WAITING,
        replays=0,
        replay_topic="",
        payload_bytes=len(kept.sealed),
    )


class Entered:
    """A ledger, as far as letters know it."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.away = False

    async def add(self, letters: Sequence[Letter]) -> None:
        if self.away:
            raise UnavailableError("the ledger is away")
        self.letters += letters

    def of(self, tenant: str) -> list[Letter]:
        return [one for one in self.letters if one.tenant_id == tenant]


async def test_what_is_discarded_is_entered_once_the_ledger_takes_it(store: DeadLetterStore, tenant: str) -> None:
    entered, kept = Entered(), letter(tenant)
    await store.keep(kept)
    await store.keep(letter(tenant, 1))
    while await store.enter_discarded(entered.add, 10):  # of other tests
        pass
    await store.discard(tenant, LetterFilter(ids=(kept.id,)), SOMEBODY, 10)

    entered.away = True
    with pytest.raises(UnavailableError):
        await store.enter_discarded(entered.add, 10)
    entered.away = False
    assert await store.enter_discarded(entered.add, 10) == 1
    assert await store.enter_discarded(entered.add, 10) == 0

    assert [(one.id, one.state, one.first_item, one.replay) for one in entered.of(tenant)] == [
        (kept.id, LetterState.DISCARDED, kept.first_item, kept.replay)
    ]


async def test_no_letter_expires_that_the_ledger_does_not_know_of(store: DeadLetterStore, tenant: str) -> None:
    entered, long_ago = Entered(), START - timedelta(days=10_950)
    kept = replace(letter(tenant), time=long_ago)
    await store.keep(kept)
    entered.away = True
    with pytest.raises(UnavailableError):
        await store.expire(long_ago + timedelta(days=1), NewAction("retention", ""), 10, entered.add)
    assert (await state(store, kept))[0] is LetterState.WAITING
    entered.away = False
    assert await store.expire(long_ago + timedelta(days=1), NewAction("retention", ""), 10, entered.add) == 1
    assert [one.id for one in entered.of(tenant)] == [kept.id]


async def test_a_letter_that_is_delivered_again_is_kept_once(store: DeadLetterStore, tenant: str) -> None:
    kept = letter(tenant)
    assert await store.keep(kept)
    assert not await store.keep(kept)
    assert len(await store.list_letters(tenant, ANY, 10, None)) == 1


async def test_what_is_given_up_anew_waits_again_with_what_it_holds(store: DeadLetterStore, tenant: str) -> None:
    first = letter(tenant)
    await store.keep(first)
    await store.discard(tenant, ANY, SOMEBODY, 10)
    assert await state(store, first) == (LetterState.DISCARDED, None)

    assert not await store.keep(first)  # a late redelivery of the same
    assert await state(store, first) == (LetterState.DISCARDED, None)
    again = replace(first, error_id="another", time=first.time + timedelta(hours=1), sealed=b"sealed anew")
    assert await store.keep(again)

    assert await state(store, first) == (LetterState.WAITING, b"sealed anew")
    (found,) = await store.list_letters(tenant, ANY, 10, None)
    assert (found.first_time, found.last_time) == (first.time, again.time)


async def test_pages_hold_each_letter_once_the_latest_first(store: DeadLetterStore, tenant: str) -> None:
    for number in range(7):
        await store.keep(replace(letter(tenant, number), time=START + timedelta(minutes=number // 3)))
    seen: list[Letter] = []
    cursor = None
    while page := await store.list_letters(tenant, ANY, 2, cursor):
        seen += page
        cursor = PageCursor(page[-1].first_time, page[-1].id)
    assert len({one.id for one in seen}) == len(seen) == 7
    assert [one.first_time for one in seen] == sorted((one.first_time for one in seen), reverse=True)


@pytest.mark.parametrize(
    ("which", "numbers"),
    [
        (LetterFilter(project_id="other"), {1}),
        (LetterFilter(stage="writer"), {2}),
        (LetterFilter(reason="TOO_LARGE"), {3}),
        (LetterFilter(signal=2), {4}),
        (LetterFilter(batch_id="batch-0"), {0}),
        (LetterFilter(start_time=START + timedelta(minutes=3)), {3, 4}),
        (LetterFilter(end_time=START + timedelta(minutes=1)), {0}),
        (LetterFilter(ids=()), set()),
        (LetterFilter(state=LetterState.REPLAYED), set()),
        (LetterFilter(state=LetterState.WAITING, stage="redaction", project_id="project-1"), {0, 3, 4}),
        (LetterFilter(replay_of=uuid.UUID(int=7)), {4}),
        (LetterFilter(key_id="key", source_topics=("spans.redacted",)), set()),
    ],
)
async def test_a_filter_chooses(store: DeadLetterStore, tenant: str, which: LetterFilter, numbers: set[int]) -> None:
    letters = [letter(tenant, number) for number in range(5)]
    letters[1] = replace(letters[1], project_id="other")
    letters[2] = replace(letters[2], stage="writer")
    letters[3] = replace(letters[3], reason="TOO_LARGE")
    letters[4] = replace(letters[4], signal=2, replay_of=uuid.UUID(int=7))
    for one in letters:
        await store.keep(one)
    found = await store.list_letters(tenant, which, 10, None)
    assert {one.id for one in found} == {letters[number].id for number in numbers}


async def test_no_tenant_sees_or_touches_anothers(store: DeadLetterStore, tenant: str) -> None:
    theirs = letter(tenant)
    await store.keep(theirs)
    stranger = str(uuid.uuid4())
    named = LetterFilter(ids=(theirs.id,))

    assert await store.get(stranger, theirs.id) is None
    assert await store.list_letters(stranger, named, 10, None) == []
    assert (await store.begin_replay(stranger, named, "", SOMEBODY, 10)).taken == 0
    assert (await store.discard(stranger, named, SOMEBODY, 10)).taken == 0
    await store.discard(tenant, named, SOMEBODY, 10)
    assert await store.list_actions(stranger, theirs.id, 10, None) == []
    assert await state(store, theirs) == (LetterState.DISCARDED, None)


async def test_a_replay_is_carried_out_once_and_in_the_order_of_receipt(store: DeadLetterStore, tenant: str) -> None:
    for number in (2, 0, 1):
        await store.keep(letter(tenant, number))
    begun = await store.begin_replay(tenant, ANY, "spans.received", SOMEBODY, 10)
    assert (begun.taken, begun.more) == (3, False)
    assert (await store.begin_replay(tenant, ANY, "", SOMEBODY, 10)).action_id is None
    assert begun.action_id is not None
    out: list[tuple[str, str, int, bytes]] = []

    async def publish(one: Letter, sealed: bytes) -> bool:
        out.append((one.message_id, one.replay_topic, one.replays, sealed))
        return one.message_id != "message-1"

    while await store.replay_next(publish):
        pass

    assert out == [(f"message-{number}", "spans.received", 1, b"sealed %d" % number) for number in range(3)]
    assert await store.replay_counts(tenant, begun.action_id) == ReplayCounts(replayed=2, pending=0, refused=1)
    assert await state(store, letter(tenant, 0)) == (LetterState.REPLAYED, None)
    assert await state(store, letter(tenant, 1)) == (LetterState.WAITING, b"sealed 1")


async def test_a_replay_that_breaks_off_is_carried_out_again_as_the_same(store: DeadLetterStore, tenant: str) -> None:
    await store.keep(letter(tenant))
    await store.begin_replay(tenant, ANY, "", SOMEBODY, 10)
    seen: list[tuple[str, int, str]] = []

    async def die(one: Letter, _sealed: bytes) -> bool:
        seen.append((one.message_id, one.replays, one.replay_topic))
        raise UnavailableError("the bus took it, and the answer is lost")

    with pytest.raises(UnavailableError, match="answer is lost"):
        await store.replay_next(die)
    assert (await state(store, letter(tenant)))[0] is LetterState.REPLAYING
    with pytest.raises(UnavailableError, match="answer is lost"):
        await store.replay_next(die)
    assert seen == [("message-0", 1, "spans.tokenized")] * 2
    assert await store.replay_next(published)
    assert not await store.replay_next(published)


async def test_two_services_never_replay_the_same_letter_at_once(store: DeadLetterStore, tenant: str) -> None:
    await store.keep(letter(tenant))
    await store.begin_replay(tenant, ANY, "", SOMEBODY, 10)

    async def publish(_one: Letter, _sealed: bytes) -> bool:
        assert not await store.replay_next(published), "another took it, too"
        return True

    assert await store.replay_next(publish)


async def test_an_action_takes_so_many_and_says_that_there_are_more(store: DeadLetterStore, tenant: str) -> None:
    for number in range(3):
        await store.keep(letter(tenant, number))
    first = await store.discard(tenant, ANY, SOMEBODY, 2)
    second = await store.discard(tenant, ANY, SOMEBODY, 2)
    assert [(one.taken, one.more) for one in (first, second)] == [(2, True), (1, False)]


async def test_each_action_is_on_record_with_who_and_how_many(store: DeadLetterStore, tenant: str) -> None:
    one, other = letter(tenant), letter(tenant, 1)
    await store.keep(one)
    await store.keep(other)
    await store.begin_replay(tenant, LetterFilter(ids=(one.id,)), "", SOMEBODY, 10)
    assert await store.replay_next(published)
    await store.discard(tenant, ANY, replace(SOMEBODY, actor="somebody else", filter="", point=0), 10)

    discard, replay = await store.list_actions(tenant, None, 10, None)

    assert (replay.kind, replay.actor, replay.peer, replay.letter_count, replay.point, replay.filter) == (
        ActionKind.REPLAY,
        SOMEBODY.actor,
        SOMEBODY.peer,
        1,
        SOMEBODY.point,
        SOMEBODY.filter,
    )
    assert (discard.kind, discard.actor, discard.letter_count) == (ActionKind.DISCARD, "somebody else", 1)
    assert await store.list_actions(tenant, one.id, 10, None) == [replay]
    assert await store.list_actions(tenant, None, 10, PageCursor(discard.time, discard.id)) == [replay]


async def test_letters_older_than_the_retention_go_and_that_they_waited_is_on_record(
    store: DeadLetterStore, tenant: str
) -> None:
    long_ago = START - timedelta(days=3650)
    old, settled, fresh = (replace(letter(tenant, number), time=long_ago) for number in range(3))
    for one in (settled, old, replace(fresh, time=START)):
        await store.keep(one)
    await store.discard(tenant, LetterFilter(ids=(settled.id,)), SOMEBODY, 10)

    entered = Entered()
    while await store.expire(long_ago + timedelta(days=1), NewAction("retention", ""), 1, entered.add):
        pass

    assert [one.id for one in await store.list_letters(tenant, ANY, 10, None)] == [fresh.id]
    assert sorted(one.id for one in entered.of(tenant)) == sorted([old.id, settled.id])
    expired, discarded = await store.list_actions(tenant, None, 10, None)
    assert (expired.kind, expired.letter_count) == (ActionKind.EXPIRE, 1)
    assert await store.list_actions(tenant, old.id, 10, None) == [expired]
    assert await store.list_actions(tenant, settled.id, 10, None) == [discarded]


async def test_a_letter_under_replay_does_not_expire(store: DeadLetterStore, tenant: str) -> None:
    long_ago = START - timedelta(days=7300)
    await store.keep(replace(letter(tenant), time=long_ago))
    await store.begin_replay(tenant, ANY, "", SOMEBODY, 10)
    assert await store.expire(long_ago + timedelta(days=1), NewAction("retention", ""), 10, Entered().add) == 0
    assert await store.replay_next(published)
    assert await store.expire(long_ago + timedelta(days=1), NewAction("retention", ""), 10, Entered().add) == 1


async def test_a_store_that_is_away_is_unavailable(tenant: str) -> None:
    away = PostgresSettings.model_validate({"dsn": "postgresql://a:b@127.0.0.1:1/none", "connect_timeout_s": 1})
    async with open_dead_letters(away) as store:
        with pytest.raises(UnavailableError):
            await store.keep(letter(tenant))
        with pytest.raises(UnavailableError):
            await store.ping()
