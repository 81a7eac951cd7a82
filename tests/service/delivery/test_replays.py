"""Replays of ranges of the archive: orders, and how they are carried out. Rows in an archive, a bus in memory, a real
PostgreSQL."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pyarrow as pa
import pytest
import pytest_asyncio

from a11i.delivery.v1 import dead_letter_service_pb2 as points
from a11i.delivery.v1 import replay_service_pb2 as pb
from a11i.telemetry.v1 import ledger_entries_pb2, span_batch_pb2
from a11i_bus.topology import LEDGER, SPANS_REDACTED, topic
from a11i_storage.archive import Archive, Partition, Plan, Selection
from a11i_storage.archive.objects import DirectoryObjects
from a11i_telemetry import received
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.signals import Signal
from tests.engines import postgres
from tests.grpc_errors import reason_of
from tests.service.delivery.delivery_kit import AS_ADMIN, batch, eventually
from tests.service.delivery.replay_kit import QUICK, TOPICS, Replays, serving_replays

HOUR_NS = 3600 * 10**9
RECEIVED_NS = 1_790_000_000 * 10**9
POINTS = list(TOPICS)


@pytest_asyncio.fixture
async def replays(postgres_server: postgres.PostgresServer, tmp_path: Path) -> AsyncIterator[Replays]:
    async with serving_replays(postgres_server.dsn, tmp_path) as running:
        yield running


async def archived(replays: Replays, count: int, *, hours: int = 2) -> list[SpanBatch]:
    """Archive batches, an object each, some an hour; return them."""
    made = []
    for number in range(count):
        one = batch(replays.tenant, [f"{number}.{row}" for row in range(3)], "a text")
        one = replace(one, received_time_ns=RECEIVED_NS + number * hours * HOUR_NS // count)
        await replays.archive.put([one])
        made.append(one)
    return made


def rows(batches: list[SpanBatch]) -> list[tuple[str, int, int, str]]:
    """Return the rows' identity: batch, received, place, name."""
    return sorted(
        (one.batch_id, one.received_time_ns, one.first_item + row, name)
        for one in batches
        for row, name in enumerate(map(str, one.columns["name"].to_pylist()))
    )


@pytest.mark.parametrize("point", POINTS)
async def test_archived_rows_go_to_the_point_as_they_are(replays: Replays, point: points.ReplayPoint.ValueType) -> None:
    put = await archived(replays, 5)
    replay = await replays.start(point=point)
    async with replays.carrying_out():
        ended = await replays.ended(replay)
    assert (ended.state, ended.row_count, ended.batch_count, ended.object_count) == (pb.REPLAY_STATE_DONE, 15, 5, 5)
    taken = await replays.taken(TOPICS[point])
    assert rows(taken) == rows(put)
    by_id = {one.batch_id: one for one in put}
    for one in taken:
        assert one.columns.equals(by_id[one.batch_id].columns)
        assert one.replay.startswith(uuid.UUID(replay.replay_id).hex + ".")
        assert received.decode(one.encode()).columns.equals(one.columns)


async def test_of_the_range_the_project_and_the_signals_alone(replays: Replays) -> None:
    put = await archived(replays, 6, hours=6)
    await replays.archive.put([replace(put[2], project_id="project-2"), replace(put[2], tenant_id="another")])
    replay = await replays.start(
        project_id="project-1",
        signals=[span_batch_pb2.SIGNAL_SPANS],
        start_time=datetime.fromtimestamp(put[1].received_time_ns / 1e9, UTC),
        end_time=datetime.fromtimestamp(put[4].received_time_ns / 1e9, UTC),
    )
    logs = await replays.start(signals=[span_batch_pb2.SIGNAL_LOGS])
    async with replays.carrying_out():
        assert (await replays.ended(replay)).row_count == 9
        assert (await replays.ended(logs)).row_count == 0
    assert rows(await replays.taken(SPANS_REDACTED)) == rows(put[1:4])


async def test_the_ledger_has_an_entry_of_all_that_was_replayed_in_its_account(replays: Replays) -> None:
    put = await archived(replays, 3)
    replay = await replays.start()
    async with replays.carrying_out():
        await replays.ended(replay)
    taken = await replays.taken(SPANS_REDACTED)
    found = set()
    async with replays.bus.subscribe(LEDGER, topic(LEDGER).group, max_unsettled=100) as subscription:
        for delivery in await subscription.fetch(100, 1):
            entries = ledger_entries_pb2.LedgerEntries.FromString(delivery.message.payload).entries
            found |= {(one.batch_id, one.replay, one.first_item, one.item_count, one.outcome) for one in entries}
    outcome = ledger_entries_pb2.LEDGER_OUTCOME_REPLAYED
    assert found == {(one.batch_id, one.replay, 0, 3, outcome) for one in taken}
    assert len(found) == len(put)


@pytest.mark.parametrize("killed_after", [1, 2, 4, 6])
async def test_a_replay_whose_process_is_killed_goes_on_under_the_same_ids(replays: Replays, killed_after: int) -> None:
    """Objects of several batches, so that it dies among the batches of one, too."""
    put = []
    for hour in range(3):
        several = [replace(batch(replays.tenant, [f"{hour}.{n}"]), received_time_ns=RECEIVED_NS) for n in range(2)]
        await replays.archive.put(several)
        put += several
    replay = await replays.start()
    replays.bus.kill_after = killed_after
    await replays.until_killed()
    assert (await replays.get(replay)).state == pb.REPLAY_STATE_RUNNING
    async with replays.carrying_out():
        ended = await replays.ended(replay)
    assert (ended.row_count, ended.object_count) == (6, 3)
    assert rows(await replays.taken(SPANS_REDACTED)) == rows(put)
    assert len(replays.bus.published) > len(set(replays.bus.published)) == 6


async def test_while_the_bus_is_away_or_full_a_replay_waits(replays: Replays) -> None:
    put = await archived(replays, 10)
    replays.bus.away = True
    replay = await replays.start()
    async with replays.carrying_out(QUICK.model_copy(update={"backlog": 3})):
        assert (await replays.get(replay)).row_count == 0
        replays.bus.away = False

        async def waits() -> bool:
            return len(replays.bus.published) == 4 and replays.bus.asked > 20

        await eventually(waits)
        assert (await replays.get(replay)).object_count == 4
        taken = await replays.taken(SPANS_REDACTED)
        while len(taken) < len(put):
            taken += await replays.taken(SPANS_REDACTED)
        assert (await replays.ended(replay)).state == pb.REPLAY_STATE_DONE
    assert rows(taken) == rows(put)


async def test_a_replay_that_is_cancelled_ends_where_it_is(replays: Replays) -> None:
    await archived(replays, 10)
    replay = await replays.start()
    async with replays.carrying_out(QUICK.model_copy(update={"backlog": 2, "lease_s": 0.1})):

        async def begun() -> bool:
            return (await replays.get(replay)).object_count > 0

        await eventually(begun)
        cancelled = await replays.cancel(replay)
        assert (cancelled.state, cancelled.cancel_actor) == (pb.REPLAY_STATE_CANCELLED, "another")
        taken = await replays.taken(SPANS_REDACTED)
        next_one = await replays.start(signals=[span_batch_pb2.SIGNAL_LOGS])
        await replays.ended(next_one)
    taken += await replays.taken(SPANS_REDACTED)
    assert 0 < len(taken) < 10
    assert (await replays.cancel(replay)).finish_time == cancelled.finish_time


async def test_a_dry_run_counts_and_publishes_nothing(replays: Replays) -> None:
    put = await archived(replays, 4)
    await replays.archive.put([put[0].rows(0, 2)])
    replay = await replays.start(dry_run=True)
    async with replays.carrying_out():
        ended = await replays.ended(replay)
    assert (ended.state, ended.row_count) == (pb.REPLAY_STATE_DONE, 12)
    assert replays.bus.published == []


async def test_what_a_replay_stored_anew_is_not_replayed_by_it_again_but_by_the_next(replays: Replays) -> None:
    """The writer archives what comes back from redaction, into the hour that is being replayed."""
    put = await archived(replays, 3, hours=1)
    first = await replays.start(point=points.REPLAY_POINT_REDACTION)
    replays.bus.kill_after = 2
    await replays.until_killed()
    topic_name = TOPICS[points.REPLAY_POINT_REDACTION]
    for one in await replays.taken(topic_name):
        await replays.archive.put([redacted_anew(one)])
    async with replays.carrying_out():
        assert (await replays.ended(first)).row_count == 9
    rest = await replays.taken(topic_name)
    assert "new/2" not in policies(rest)
    for one in rest:
        await replays.archive.put([redacted_anew(one)])
    second = await replays.start()
    async with replays.carrying_out():
        assert (await replays.ended(second)).row_count == 9
    taken = await replays.taken(SPANS_REDACTED)
    assert rows(taken) == rows(put)
    assert policies(taken) == {"new/2"}


def policies(batches: list[SpanBatch]) -> set[str]:
    return {str(policy) for one in batches for policy in one.columns["redaction_policy"].to_pylist()}


def redacted_anew(one: SpanBatch) -> SpanBatch:
    """Return a batch as redaction would put it out under another policy."""
    return one.with_columns(redaction_policy=pa.array(["new/2"] * one.columns.num_rows))


async def test_two_processes_share_replays_and_none_is_carried_out_twice(replays: Replays) -> None:
    put = await archived(replays, 6)
    orders = [await replays.start() for _ in range(3)]
    async with replays.carrying_out(), replays.carrying_out():
        for replay in orders:
            assert (await replays.ended(replay)).row_count == 18
    assert len(replays.bus.published) == len(set(replays.bus.published)) == 18
    assert rows(await replays.taken(SPANS_REDACTED)) == rows(put * 3)


class SlowArchive(Archive):
    """An archive of many objects: it takes longer than a lease to say what is in it."""

    async def plan(self, *arguments: Any) -> Plan:
        await asyncio.sleep(1.0)
        return await super().plan(*arguments)


async def test_a_process_that_takes_long_keeps_its_replay(replays: Replays, tmp_path: Path) -> None:
    put = await archived(replays, 2, hours=0)
    slow = SlowArchive(DirectoryObjects(tmp_path), timeout_s=5, concurrency=2)
    replay = await replays.start()
    with closing(slow):
        async with replace(replays, archive=slow).carrying_out(QUICK.model_copy(update={"lease_s": 0.2})):
            assert (await replays.ended(replay)).row_count == 6
    assert len(replays.bus.published) == len(put)


class FaultyArchive(Archive):
    """An archive with a defect at one project."""

    async def partitions(self, which: Selection) -> list[Partition]:
        if which.project_id == "faulty":
            raise LookupError("a defect")
        return await super().partitions(which)


async def test_a_defect_at_one_replay_ends_no_others(replays: Replays, tmp_path: Path) -> None:
    await archived(replays, 2)
    faulty = await replays.start(project_id="faulty")
    good = [await replays.start() for _ in range(3)]
    settings = QUICK.model_copy(update={"concurrency": 1, "lease_s": 0.5})
    with closing(FaultyArchive(DirectoryObjects(tmp_path), timeout_s=5, concurrency=2)) as archive:
        async with replace(replays, archive=archive).carrying_out(settings):
            for replay in good:
                assert (await replays.ended(replay)).row_count == 6
    assert (await replays.get(faulty)).state == pb.REPLAY_STATE_RUNNING


async def test_an_object_that_cannot_be_read_is_counted_and_left_out(replays: Replays, tmp_path: Path) -> None:
    put = await archived(replays, 3)
    await asyncio.to_thread(damage_one, tmp_path)
    replay = await replays.start()
    async with replays.carrying_out():
        ended = await replays.ended(replay)
    assert (ended.row_count, ended.unreadable_count) == (6, 1)
    assert len(await replays.taken(SPANS_REDACTED)) == len(put) - 1


def damage_one(directory: Path) -> None:
    sorted(directory.rglob("*.parquet"))[0].write_bytes(b"damaged")


async def test_orders_are_kept_with_who_gave_them_and_listed_latest_first(replays: Replays) -> None:
    chosen = str(uuid.uuid4())
    first = await replays.start(replay_id=chosen, project_id="project-1", dry_run=True)
    assert await replays.start(replay_id=chosen) == first
    second = await replays.start(point=points.REPLAY_POINT_REDACTION)
    assert (first.replay_id, first.actor, first.dry_run) == (chosen, "somebody", True)
    assert first.peer.startswith("ipv4:127.0.0.1")
    assert list(second.signals) == [signal.value for signal in Signal]
    request = pb.ListReplaysRequest(tenant_id=replays.tenant, page_size=1)
    page = await replays.stub.ListReplays(request, metadata=AS_ADMIN)
    assert list(page.replays) == [second]
    request.page_token = page.next_page_token
    page = await replays.stub.ListReplays(request, metadata=AS_ADMIN)
    assert (list(page.replays), page.next_page_token) == ([first], "")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"tenant_id": ""}, "tenant_id"),
        ({"actor": ""}, "actor"),
        ({"point": points.REPLAY_POINT_UNSPECIFIED}, "point"),
        ({"start_time": None}, "start_time"),
        ({"end_time": datetime(2019, 1, 1, tzinfo=UTC)}, "start_time"),
        ({"signals": [99]}, "signals"),
        ({"replay_id": "no id"}, "replay_id"),
        ({"project_id": "a\nb"}, "project_id"),
    ],
)
async def test_wrong_orders_are_refused_by_field(replays: Replays, fields: dict[str, object], named: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await replays.start(**fields)
    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert named.encode() in dict(refusal.value.trailing_metadata() or ())["grpc-status-details-bin"]


async def test_other_tenants_and_strangers_see_nothing(replays: Replays) -> None:
    replay = await replays.start()
    named = {"tenant_id": "another", "replay_id": replay.replay_id}
    for call in (
        replays.stub.GetReplay(pb.GetReplayRequest(**named), metadata=AS_ADMIN),
        replays.stub.CancelReplay(pb.CancelReplayRequest(**named, actor="x"), metadata=AS_ADMIN),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await call
        assert refusal.value.code() is grpc.StatusCode.NOT_FOUND
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await replays.start(tenant_id="another", replay_id=replay.replay_id)
    assert refusal.value.code() is grpc.StatusCode.ALREADY_EXISTS
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await replays.stub.ListReplays(pb.ListReplaysRequest(tenant_id=replays.tenant))
    assert refusal.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_without_an_archive_orders_are_refused(postgres_server: postgres.PostgresServer, tmp_path: Path) -> None:
    async with serving_replays(postgres_server.dsn, tmp_path, has_archive=False) as replays:
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await replays.start()
        assert refusal.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert reason_of(refusal.value) == "NOT_CONFIGURED"
