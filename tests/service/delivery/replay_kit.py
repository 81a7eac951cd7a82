"""The delivery service with an archive, and the bus behind it, as tests of replays see them."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from a11i.delivery.v1 import dead_letter_service_pb2 as points
from a11i.delivery.v1 import replay_service_pb2 as pb
from a11i.delivery.v1 import replay_service_pb2_grpc as pb_grpc
from a11i_bus import Bus, Message
from a11i_bus.ledger import LedgerBook, ledger_book
from a11i_bus.memory import MemoryBroker
from a11i_bus.settings import BusSettings
from a11i_bus.topology import SPANS_RECEIVED, SPANS_REDACTED, SPANS_TOKENIZED, topic
from a11i_chassis.app import App, serving
from a11i_chassis.errors import UnavailableError
from a11i_delivery.archive_replay import ArchiveReplayer
from a11i_delivery.replaying import replaying
from a11i_delivery.settings import ArchiveReplaySettings, DeliverySettings
from a11i_storage.archive import Archive, ArchiveSettings, open_archive
from a11i_storage.postgres import PostgresSettings, ReplayStore, open_replays
from a11i_telemetry.batch import SpanBatch
from tests.service.delivery.delivery_kit import ADMIN_TOKEN, AS_ADMIN, KEY, eventually

if TYPE_CHECKING:
    from a11i.delivery.v1.replay_service_pb2_grpc import ReplayServiceAsyncStub

TOPICS = {
    points.REPLAY_POINT_TOKENIZATION: SPANS_RECEIVED,
    points.REPLAY_POINT_REDACTION: SPANS_TOKENIZED,
    points.REPLAY_POINT_WRITER: SPANS_REDACTED,
}
QUICK = ArchiveReplaySettings(pause_s=0.02, interval_s=0.02, lease_s=2.0)


class Killed(BaseException):
    """Ends a replayer as a signal would: nothing of it gets a chance to clean up."""


@dataclass
class FlakyBus:
    """A bus that fails when it is told to, before or after it has taken what was published."""

    bus: Bus
    published: list[str] = field(default_factory=list)
    """Ids, repeated ones included."""
    asked: int = 0
    """How often somebody asked what waits."""
    kill_after: int | None = None
    away: bool = False

    @property
    def max_payload_bytes(self) -> int:
        return self.bus.max_payload_bytes

    async def publish(self, to: str, message: Message) -> None:
        if self.away:
            raise UnavailableError("the bus is away")
        await self.bus.publish(to, message)
        if to == "ledger":
            return
        self.published.append(message.id)
        if self.kill_after is not None and len(self.published) >= self.kill_after:
            self.kill_after = None
            raise Killed

    async def pending(self, name: str, group: str) -> int:
        self.asked += 1
        return await self.bus.pending(name, group)

    def subscribe(self, name: str, group: str, *, max_unsettled: int) -> Any:
        return self.bus.subscribe(name, group, max_unsettled=max_unsettled)

    async def ready(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Replays:
    """A service that serves, its archive and its bus, and a client of it for one tenant."""

    stub: "ReplayServiceAsyncStub"
    tenant: str
    archive: Archive
    bus: FlakyBus
    store: ReplayStore
    book: LedgerBook

    async def start(self, **fields: Any) -> pb.Replay:
        request = pb.StartReplayRequest(
            **{
                "tenant_id": self.tenant,
                "actor": "somebody",
                "point": points.REPLAY_POINT_WRITER,
                "start_time": datetime(2020, 1, 1, tzinfo=UTC),
                "end_time": datetime(2030, 1, 1, tzinfo=UTC),
                **fields,
            }
        )
        return (await self.stub.StartReplay(request, metadata=AS_ADMIN)).replay

    async def get(self, replay: pb.Replay) -> pb.Replay:
        request = pb.GetReplayRequest(tenant_id=self.tenant, replay_id=replay.replay_id)
        return (await self.stub.GetReplay(request, metadata=AS_ADMIN)).replay

    async def cancel(self, replay: pb.Replay) -> pb.Replay:
        request = pb.CancelReplayRequest(tenant_id=self.tenant, replay_id=replay.replay_id, actor="another")
        return (await self.stub.CancelReplay(request, metadata=AS_ADMIN)).replay

    async def ended(self, replay: pb.Replay) -> pb.Replay:
        """Return a replay once it has ended."""

        async def look() -> pb.Replay | None:
            found = await self.get(replay)
            return found if found.state != pb.REPLAY_STATE_RUNNING else None

        return await eventually(look)

    @asynccontextmanager
    async def carrying_out(self, settings: ArchiveReplaySettings = QUICK) -> AsyncIterator[None]:
        """Carry replays out for the time of the block."""
        stop = asyncio.Event()
        replayer = ArchiveReplayer(self.store, self.archive, self.bus, self.book, settings)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(replayer.run(stop))
            try:
                yield
            finally:
                stop.set()

    async def until_killed(self) -> None:
        """Carry replays out until the bus kills the replayer."""
        replayer = ArchiveReplayer(self.store, self.archive, self.bus, self.book, QUICK)
        with pytest.raises(BaseExceptionGroup) as ended:
            await replayer.run(asyncio.Event())
        assert ended.value.subgroup(Killed) is not None

    async def taken(self, name: str) -> list[SpanBatch]:
        """Return what is on a topic, and take it off."""
        found = []
        async with self.bus.bus.subscribe(name, topic(name).group, max_unsettled=500) as subscription:
            while deliveries := await subscription.fetch(100, 0.1):
                for delivery in deliveries:
                    found.append(SpanBatch.decode(delivery.message.payload))
                    await delivery.ack()
        return found


@asynccontextmanager
async def serving_replays(
    dsn: str, directory: Path, *, has_archive: bool = True, bus: Bus | None = None
) -> AsyncIterator[Replays]:
    """Run the service, without what carries replays out."""
    postgres = PostgresSettings.model_validate({"dsn": dsn})
    archive_settings = ArchiveSettings(url=f"file://{directory}")
    bus_settings = BusSettings.model_validate({"url": "memory://"})
    settings = DeliverySettings.model_validate(
        {
            "bus": bus_settings,
            "postgres": postgres,
            "clickhouse": {"url": "http://127.0.0.1:1/a11i"},
            "redaction": {"address": "127.0.0.1:1"},
            "dead_letter_key": KEY,
            "admin_token": ADMIN_TOKEN,
            "archive": archive_settings if has_archive else None,
        }
    )
    async with AsyncExitStack() as stack:
        flaky = FlakyBus(bus or MemoryBroker(bus_settings).bus())
        archive = await stack.enter_async_context(open_archive(archive_settings))
        store = await stack.enter_async_context(open_replays(postgres))
        book = await stack.enter_async_context(ledger_book(flaky))
        app = await stack.enter_async_context(replaying(App(register=[], services=[]), settings, flaky))
        idle = App(register=app.register, services=app.services)
        running = await stack.enter_async_context(serving("delivery", settings, idle))
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(running.address))
        stub = pb_grpc.ReplayServiceStub(channel)
        yield Replays(stub, str(uuid.uuid4()), archive, flaky, store, book)
