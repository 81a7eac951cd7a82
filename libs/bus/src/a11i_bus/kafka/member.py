"""A member of a Kafka group: which partitions it has, what is settled in each, and telling Kafka so."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import RecordsToDelete
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.structs import OffsetAndMetadata

from a11i_bus import topology
from a11i_bus.kafka.ledger import Ledger, LedgerDecodeError
from a11i_bus.kafka.link import KafkaLink
from a11i_bus.kafka.records import SeenIds, group_name, topic_name
from a11i_bus.settings import BusSettings
from a11i_bus.topology import Topic
from a11i_bus.window import Window
from a11i_chassis.errors import UnavailableError

_SESSION_RANGE_S: Final = (6.0, 30.0)
"""Time after which a member that is silent has died: Kafka's servers take no less than 6 s by default."""
_HEARTBEAT_S: Final = 0.5
"""Also how soon a member hears that another has joined."""
_HANDOVER_S: Final = 2.0
"""Longest time in which a member finishes what it holds before its partitions may go to another."""
_START_TIMEOUT_S: Final = 60.0
"""For joining a group: as long as others take to notice and to hand over."""
_STOP_TIMEOUT_S: Final = 5.0
_RETRY_S: Final = 0.25
_COMMIT_INTERVAL_S: Final = 0.25
"""Between commits of what nobody waits for: how often messages were delivered, and until when they wait."""
_DELETE_INTERVAL_S: Final = 1.0
"""Between deletions of what is settled."""
_FETCH_WAIT_MS: Final = 10
"""aiokafka asks a broker again only when its last answer is there, so this bounds how long a message waits for an
answer about other partitions."""
_FETCH_BYTES: Final = 16 * 1024**2
_PARTITION_FETCH_BYTES: Final = 2 * 1024**2
_SEEN_LIMIT: Final = 200_000
"""Ids remembered for a partition: some 30 MB."""
_ENDLESS_MS: Final = 2**31 - 1

_log = structlog.stdlib.get_logger(__name__)


class Share:
    """One partition, while this member has it."""

    def __init__(self, tp: TopicPartition, ledger: Ledger, committed: tuple[int, str]) -> None:
        self.tp = tp
        self.ledger = ledger
        self.seen = SeenIds(topology.DUPLICATE_WINDOW_S, _SEEN_LIMIT)
        self.lost = False
        """True when the partition has gone to another member: nothing can be settled any more."""
        self.cautious = True
        """True until something was settled. So long deliveries are counted in Kafka before they are handed out: a
        message that kills whoever works on it must not start from one again and again."""
        self.committed = committed
        """What Kafka holds."""
        self.committed_version = ledger.version
        self.deleted_before = 0
        self._committed_event = asyncio.Event()

    @property
    def dirty(self) -> bool:
        """True if the ledger says more than Kafka holds."""
        return self.ledger.version > self.committed_version

    def note(self, version: int, committed: tuple[int, str]) -> None:
        """Know that a commit of that version went through."""
        self.committed, self.committed_version = committed, version
        self.wake()

    def wake(self) -> None:
        """Let those who wait for a commit look again."""
        self._committed_event.set()
        self._committed_event = asyncio.Event()

    def lose(self) -> None:
        """Know that the partition has gone."""
        self.lost = True
        self.wake()

    async def wait(self) -> None:
        """Return when a commit went through or failed, or the partition is lost."""
        await self._committed_event.wait()


class Member(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """A membership, kept up by a task of its own, `keep`."""

    def __init__(self, link: KafkaLink, topic: Topic, settings: BusSettings, window: Window) -> None:
        self.shares: dict[TopicPartition, Share] = {}
        self.assigned = asyncio.Event()
        """Set while the partitions are settled: after a member joined or left, until another does."""
        self._link = link
        self._topic = topic
        self._name = topic_name(link.endpoint.namespace, topic.name)
        self._group = group_name(link.endpoint.namespace, topic.name, topic.group)
        self._settings = settings
        self._window = window
        self._consumer: AIOKafkaConsumer | None = None
        self._committing = asyncio.Lock()
        self._wanted = asyncio.Event()
        self._closing = asyncio.Event()
        self._failed = False
        self._delete_at = 0.0

    @property
    def consumer(self) -> AIOKafkaConsumer | None:
        """The consumer, while partitions are assigned to it."""
        return self._consumer if self.assigned.is_set() else None

    def fail(self, error: Exception) -> None:
        """Have the group joined anew: the consumer is of no more use."""
        _log.warning("bus_member_failed", topic=self._topic.name, error=f"{type(error).__name__}: {error}")
        self._failed = True
        self._wanted.set()

    async def flush(self, shares: Sequence[Share], timeout_s: float) -> None:
        """Return when Kafka holds what the ledgers say now, or the partition is lost.

        Raises UnavailableError if Kafka does not take it.
        """
        waiting = {share: share.ledger.version for share in shares}
        try:
            async with asyncio.timeout(timeout_s):
                for share, version in waiting.items():
                    while share.committed_version < version and not share.lost:
                        _ = self._link.clients  # raises while the bus is away
                        self._wanted.set()
                        await share.wait()
        except TimeoutError as error:
            raise UnavailableError("the bus did not take what was settled in time") from error

    async def keep(self) -> None:
        """Be a member until `close`."""
        while not self._closing.is_set():
            await self._link.wait_until_up(_RETRY_S)
            if not self._link.up:
                continue
            consumer = self._new_consumer()
            try:
                async with asyncio.timeout(_START_TIMEOUT_S):
                    await consumer.start()
                await self._serve()
            except Exception as error:  # whatever it is, without a member nothing would ever be delivered
                _log.warning("bus_member_failed", topic=self._topic.name, error=f"{type(error).__name__}: {error}")
            finally:
                await self._leave(consumer)
            with suppress(TimeoutError):
                async with asyncio.timeout(_RETRY_S):
                    await self._closing.wait()

    def close(self) -> None:
        """End `keep`."""
        self._closing.set()
        self._wanted.set()

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Finish what is held, as far as that is quick, and commit."""
        self.assigned.clear()
        deadline = time.monotonic() + min(_HANDOVER_S, self._settings.ack_wait_s / 2)
        while self._window.room() < self._window.size and time.monotonic() < deadline and not self._closing.is_set():
            await self._window.wait_for_release(deadline - time.monotonic())
        with suppress(UnavailableError):
            await self._commit()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Learn what is settled in the partitions. Those that nobody else had meanwhile go on as they were."""
        for tp in set(self.shares) - assigned:
            self.shares.pop(tp).lose()
        while (consumer := self._consumer) and assigned and not self._closing.is_set() and not self._failed:
            try:
                await self._take_up(consumer, assigned)
                break
            except UnavailableError:
                await asyncio.sleep(_RETRY_S)  # without knowing what is settled nothing can be handed out
        self.assigned.set()

    async def _take_up(self, consumer: AIOKafkaConsumer, assigned: set[TopicPartition]) -> None:
        async with self._link.call(self._settings.publish_timeout_s) as clients:
            offsets = await clients.admin.list_consumer_group_offsets(self._group, partitions=list(assigned))
            begins = await clients.reader.beginning_offsets(list(assigned))
        for tp in assigned:
            known = offsets.get(tp)
            committed = (known.offset, known.metadata) if known and known.offset >= 0 else (begins[tp], "")
            share = self.shares.get(tp)
            if share is None or share.committed != committed:
                if share is not None:
                    share.lose()
                self.shares[tp] = share = Share(tp, self._decode(committed, begins[tp]), committed)
            consumer.seek(tp, max(share.ledger.frontier, begins[tp]))

    def _decode(self, committed: tuple[int, str], begin: int) -> Ledger:
        try:
            return Ledger.decode(*committed)
        except LedgerDecodeError as error:
            # Delivering twice what was settled is safe; leaving out what was not would lose it.
            _log.error("bus_group_state_unreadable", topic=self._topic.name, error=str(error))
            return Ledger(max(begin, committed[0]))

    def _new_consumer(self) -> AIOKafkaConsumer:
        low, high = _SESSION_RANGE_S
        session_ms = int(min(max(low, self._settings.ack_wait_s), high) * 1000)
        consumer = AIOKafkaConsumer(
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=_FETCH_WAIT_MS,
            fetch_max_bytes=_FETCH_BYTES,
            max_partition_fetch_bytes=_PARTITION_FETCH_BYTES,
            session_timeout_ms=session_ms,
            heartbeat_interval_ms=int(_HEARTBEAT_S * 1000),
            # Whoever joins waits as long for one that has died.
            rebalance_timeout_ms=session_ms,
            # A member whose window is full need not ask for more; that it lives its heartbeats say.
            max_poll_interval_ms=_ENDLESS_MS,
            partition_assignment_strategy=(_own_assignor(),),
            **self._link.endpoint.client_options,
        )
        self._failed = False
        self._consumer = consumer
        consumer.subscribe([self._name], listener=self)
        return consumer

    async def _serve(self) -> None:
        """Commit and delete, at intervals and when someone waits for it, until the consumer fails or is to leave."""
        while not self._closing.is_set() and not self._failed:
            with suppress(TimeoutError):
                async with asyncio.timeout(_COMMIT_INTERVAL_S):
                    await self._wanted.wait()
            self._wanted.clear()
            if not self.assigned.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(_COMMIT_INTERVAL_S):
                        await self.assigned.wait()
                continue
            with suppress(UnavailableError):
                await self._commit()
                await self._delete()

    async def _commit(self) -> None:
        """Tell Kafka what is settled. Raises UnavailableError."""
        async with self._committing:
            dirty = [share for share in self.shares.values() if share.dirty and not share.lost]
            if not dirty or self._consumer is None:
                return
            versions = [share.ledger.version for share in dirty]
            states = [share.ledger.encode() for share in dirty]
            offsets = {share.tp: OffsetAndMetadata(*state) for share, state in zip(dirty, states, strict=True)}
            try:
                async with self._link.call(self._settings.publish_timeout_s):
                    await self._consumer.commit(offsets)
            except UnavailableError:
                for share in dirty:
                    share.wake()
                raise
            for share, version, state in zip(dirty, versions, states, strict=True):
                share.note(version, state)

    async def _delete(self) -> None:
        """Delete what is settled: text that nobody has redacted is not to stay."""
        if time.monotonic() < self._delete_at:
            return
        self._delete_at = time.monotonic() + _DELETE_INTERVAL_S
        due = [share for share in self.shares.values() if share.committed[0] > share.deleted_before]
        if not due:
            return
        before = {share.tp: RecordsToDelete(share.committed[0]) for share in due}
        async with self._link.call(self._settings.publish_timeout_s) as clients:
            await clients.admin.delete_records(before)
        for share in due:
            share.deleted_before = before[share.tp].before_offset

    async def _leave(self, consumer: AIOKafkaConsumer) -> None:
        """Give the partitions to the others at once, and with them what is held here."""
        with suppress(UnavailableError):
            await self._commit()
            self._delete_at = 0.0
            await self._delete()
        self.assigned.clear()
        self._consumer = None
        for share in self.shares.values():
            share.lose()
        self.shares.clear()
        try:
            async with asyncio.timeout(_STOP_TIMEOUT_S):
                await consumer.stop()
        except TimeoutError:
            _log.warning("bus_member_left_late", topic=self._topic.name)
        except Exception as error:  # whatever fails in this must not keep the member from joining again
            _log.warning("bus_close_failed", error=f"{type(error).__name__}: {error}")


def _own_assignor() -> type[StickyPartitionAssignor]:
    """Return an assignor that remembers the partitions of one member: aiokafka keeps them in the class."""
    return type(
        "MemberAssignor",
        (StickyPartitionAssignor,),
        {"member_assignment": None, "generation": StickyPartitionAssignor.DEFAULT_GENERATION_ID},
    )
