"""The archive on a directory and on a real S3 service."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import pytest_asyncio

from a11i_chassis.errors import UnavailableError
from a11i_storage.archive import Archive, ArchiveSettings, Plan, Selection, open_archive, replay_mark
from a11i_storage.archive.objects import objects
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.signals import Signal
from tests.contract.stored_spans import NOON_NS, S, batch, span
from tests.engines.seaweedfs import S3Server, running

HOUR = 3600 * S
ONE_ID, OTHER_ID = "1" * 32, "2" * 32
PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with running(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(params=["directory", "s3"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> ArchiveSettings:
    if request.param == "directory":
        return ArchiveSettings(url=f"file://{tmp_path}")
    server: S3Server = request.getfixturevalue("s3")
    return server.settings(uuid.uuid4().hex)


@pytest_asyncio.fixture
async def archive(settings: ArchiveSettings) -> AsyncIterator[Archive]:
    async with open_archive(settings) as opened:
        yield opened


def selection(**which: object) -> Selection:
    every = {
        "tenant_id": "tenant",
        "project_id": "",
        "signals": frozenset(Signal),
        "start_ns": NOON_NS - 24 * HOUR,
        "end_ns": NOON_NS + 24 * HOUR,
    }
    return Selection(**{**every, **which})  # type: ignore[arg-type]  # the selection's fields


def spans(*names: str, batch_id: str = ONE_ID, received_ns: int = NOON_NS, **columns: Any) -> SpanBatch:
    return batch(
        *(span("trace", name, name=name, **columns) for name in names), batch_id=batch_id, received_ns=received_ns
    )


async def plans(archive: Archive, which: Selection) -> list[Plan]:
    found = await archive.partitions(which)
    return [await archive.plan(one, which, lambda mark: False) for one in found]


async def everything(archive: Archive, which: Selection) -> list[SpanBatch]:
    """Return the batches of a selection, in order of time and of place in the batch."""
    found: list[SpanBatch] = []
    for plan in await plans(archive, which):
        assert not plan.unreadable
        for piece in plan.pieces:
            read = await archive.read(piece)
            assert read is not None
            found += read
    return sorted(found, key=lambda one: (one.received_time_ns, one.batch_id, one.first_item))


def names(batches: list[SpanBatch]) -> list[str]:
    return [str(name) for one in batches for name in one.columns["name"].to_pylist()]


async def test_what_is_put_is_read_again_row_by_row(archive: Archive) -> None:
    put = [
        spans("a", "b", attr_string=[("key", "value"), ("", "ä\n\U0001f600")], input_tokens=5, finish_reasons=["stop"]),
        replace(spans("c", batch_id=f"{OTHER_ID}-3-4"), first_item=3),
    ]
    await archive.put(put)
    assert await everything(archive, selection()) == put


async def test_rows_keep_the_key_that_their_request_came_with(archive: Archive) -> None:
    put = [replace(spans("a"), key_id="key-1"), replace(spans("b", batch_id=OTHER_ID), key_id="key-2")]
    await archive.put(put)
    assert {(*names([one]), one.key_id) for one in await everything(archive, selection())} == {
        ("a", "key-1"),
        ("b", "key-2"),
    }


async def test_hours_are_read_in_order_and_only_those_asked_for(archive: Archive) -> None:
    hours = [spans(f"hour {n}", batch_id=f"{n:032x}", received_ns=NOON_NS + n * HOUR) for n in (3, 0, 17, 1)]
    await archive.put(hours)
    assert names(await everything(archive, selection())) == ["hour 0", "hour 1", "hour 3", "hour 17"]
    some = selection(start_ns=NOON_NS + HOUR, end_ns=NOON_NS + 17 * HOUR)
    assert names(await everything(archive, some)) == ["hour 1", "hour 3"]
    assert await archive.partitions(selection(start_ns=NOON_NS + 4 * HOUR, end_ns=NOON_NS + 5 * HOUR)) == []


async def test_rows_of_other_tenants_projects_and_signals_are_not_read(archive: Archive) -> None:
    mine = spans("mine")
    await archive.put(
        [
            mine,
            replace(mine, tenant_id="tenant/../other"),
            replace(mine, tenant_id="tenant2"),
            replace(mine, project_id="a/b=c%"),
        ]
    )
    assert await everything(archive, selection(project_id="project")) == [mine]
    assert len(await everything(archive, selection())) == 2
    assert [one.project_id for one in await everything(archive, selection(project_id="a/b=c%"))] == ["a/b=c%"]
    assert [one.tenant_id for one in await everything(archive, selection(tenant_id="tenant/../other"))] == [
        "tenant/../other"
    ]
    assert await everything(archive, selection(signals=frozenset({Signal.LOGS}))) == []


async def test_a_redelivery_overwrites_and_an_overlap_counts_once(archive: Archive) -> None:
    one, other = spans("a", "b", "c"), spans("d", batch_id=OTHER_ID)
    await archive.put([one, other])
    await archive.put([other, one])
    (plan,) = await plans(archive, selection())
    assert [piece.rows for piece in plan.pieces] == [4]
    await archive.put([one.rows(1, 3)])
    await archive.put([one.rows(0, 2)])
    assert sorted(names(await everything(archive, selection()))) == ["a", "b", "c", "d"]
    assert sum(piece.rows for one_plan in await plans(archive, selection()) for piece in one_plan.pieces) == 4


async def test_of_versions_of_a_row_the_latest_counts(archive: Archive) -> None:
    job, old = uuid.uuid4(), spans("a", "b", "c", redaction_policy="standard/1")
    await archive.put([old])
    new = replace(
        spans("a", "b", "c", redaction_policy="standard/2").rows(1, 2), replay=replay_mark(job, 1, unchanged=False)
    )
    await archive.put([new])
    read = await everything(archive, selection())
    policies = [policy for one in read for policy in one.columns["redaction_policy"].to_pylist()]
    assert names(read) == ["a", "b", "c"]
    assert policies == ["standard/1", "standard/2", "standard/1"]
    assert {one.replay for one in read} == {""}


async def test_what_a_replay_took_from_the_archive_unchanged_is_not_kept_again(archive: Archive) -> None:
    await archive.put([replace(spans("a"), replay=replay_mark(uuid.uuid4(), 1, unchanged=True))])
    assert await archive.partitions(selection()) == []


async def test_columns_of_a_newer_minor_are_kept(archive: Archive) -> None:
    one, newer = spans("a"), spans("b", batch_id=OTHER_ID)
    newer = replace(newer, columns=newer.columns.append_column("added", pa.array(["new"])))
    await archive.put([one, newer])
    read = await everything(archive, selection())
    assert names(read) == ["a", "b"]
    assert read[1].columns["added"].to_pylist() == ["new"]
    assert SpanBatch.decode(read[1].encode()) == read[1]


async def test_an_object_that_is_damaged_is_named_and_holds_up_nothing(
    archive: Archive, settings: ArchiveSettings
) -> None:
    await archive.put([spans("a")])
    await archive.put([spans("b", batch_id=OTHER_ID)])
    (plan,) = await plans(archive, selection())
    prefix = plan.pieces[0].partition.prefix
    broken, whole = plan.pieces
    kept = objects(settings)
    with kept.open(f"{prefix}/{broken.name}") as file:
        data = bytearray(file.read())
    data[100:1000] = b"\0" * 900
    kept.put(f"{prefix}/{broken.name}", pa.py_buffer(bytes(data)))
    kept.put(f"{prefix}/{'0' * 32}.parquet", pa.py_buffer(b"no Parquet"))
    (plan,) = await plans(archive, selection())
    assert plan.unreadable == ["0" * 32 + ".parquet"]
    assert await archive.read(broken) is None
    assert len(await archive.read(whole) or []) == 1
    assert await archive.read(replace(whole, name="gone.parquet")) is None


async def test_others_can_read_a_directory_by_its_partitions(tmp_path: Path) -> None:
    async with open_archive(ArchiveSettings(url=f"file://{tmp_path}")) as archive:
        await archive.put([replace(spans("a", "b"), tenant_id="tenant-1")])
    table = pq.read_table(tmp_path / "v1")
    for column, value in {"tenant": "tenant-1", "signal": "spans", "batch_id": ONE_ID}.items():
        assert table.column(column).to_pylist() == [value] * 2
    assert table.column("item").to_pylist() == [0, 1]


async def test_while_s3_is_away_or_frozen_callers_are_told_soon(s3: S3Server) -> None:
    async with open_archive(s3.settings(uuid.uuid4().hex)) as archive:
        s3.pause()
        try:
            async with asyncio.timeout(PATIENCE_S):
                with pytest.raises(UnavailableError):
                    await archive.put([spans("a")])
            assert not archive.ready
        finally:
            s3.resume()
        await archive.put([spans("a")])
        s3.stop()
        with pytest.raises(UnavailableError):
            await archive.put([spans("b", batch_id=OTHER_ID)])
        await asyncio.to_thread(s3.start)
        await archive.put([spans("b", batch_id=OTHER_ID)])
        assert archive.ready
        assert names(await everything(archive, selection())) == ["a", "b"]
