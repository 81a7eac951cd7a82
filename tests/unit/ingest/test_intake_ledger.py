"""What ingest enters in the ledger, and when."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pydantic import SecretStr

from a11i.errors.v1.error_reason_pb2 import ERROR_REASON_BUS_UNAVAILABLE
from a11i.telemetry.v1.ledger_entries_pb2 import LedgerEntries, LedgerOutcome
from a11i_bus import BusSettings, Message
from a11i_bus.ledger import Entry, ledger_book
from a11i_bus.memory import MemoryBroker, MemoryBus
from a11i_bus.topology import LEDGER, SPANS_RECEIVED
from a11i_chassis.auth import Principal
from a11i_chassis.errors import InvalidArgumentError, UnavailableError
from a11i_chassis.ingest_policy import IngestPolicy
from a11i_ingest.intake import Intake, Receipt
from a11i_ingest.kinds import KINDS
from a11i_ingest.pacing import Pace
from a11i_ingest.settings import IntakeSettings
from a11i_telemetry import received
from a11i_telemetry.otlp import BAD_SPAN_ID, BAD_TRACE_ID
from a11i_telemetry.signals import Signal

CALLER = Principal("tenant", "project", "key", frozenset())
HALF = Principal("tenant", "project", "key", frozenset(), IngestPolicy(sampling_ratio=0.5))
SPANS = KINDS[Signal.SPANS]
_MORE_KEPT = b"t" * 9 + b"\xff" * 7
_LESS_KEPT = b"t" * 9 + b"\x01" * 7


class OrderedBus(MemoryBus):
    """A bus that remembers the topics in the order of their messages, and refuses what it is told to."""

    def __init__(self, broker: MemoryBroker) -> None:
        super().__init__(broker)
        self.topics: list[str] = []
        self.refuses = ""
        self.stopped_at = ""
        self.reached = asyncio.Event()
        self.go = asyncio.Event()

    async def publish(self, topic: str, message: Message) -> None:
        if topic == self.stopped_at:
            self.reached.set()
            await self.go.wait()
        if topic == self.refuses:
            raise UnavailableError(f"topic {topic} is full", reason=ERROR_REASON_BUS_UNAVAILABLE, retry_delay_s=2.0)
        await super().publish(topic, message)
        self.topics.append(topic)


@pytest.fixture
def executor() -> Iterator[Executor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
def bus() -> OrderedBus:
    return OrderedBus(MemoryBroker(BusSettings(url=SecretStr("memory://"))))


@pytest.fixture
async def intake(bus: OrderedBus, executor: Executor) -> AsyncIterator[Intake]:
    async with taking(bus, executor) as made:
        yield made


@asynccontextmanager
async def taking(bus: OrderedBus, executor: Executor, settings: IntakeSettings | None = None) -> AsyncIterator[Intake]:
    clock = iter(range(1_700_000_000_000_000_000, 2**63, 1_000_000_000))
    async with ledger_book(bus) as ledger:
        yield Intake(
            bus,
            ledger,
            Pace(bus, 1024**3),
            executor,
            settings or IntakeSettings(),
            max_request_bytes=64 * 1024**2,
            now_ns=lambda: next(clock),
        )


def request_of(*trace_ids: bytes, chars: int = 1) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    scope_spans = request.resource_spans.add().scope_spans.add()
    for number, trace_id in enumerate(trace_ids, start=1):
        span = scope_spans.spans.add(trace_id=trace_id, span_id=number.to_bytes(8, "big"), name="chat")
        span.attributes.add(key="gen_ai.input.messages").value.string_value = "x" * chars
    return request


async def take(intake: Intake, body: bytes, caller: Principal = CALLER) -> Receipt:
    async with intake.receiving("otlp_grpc", caller, len(body)) as arrival:
        return await intake.take(arrival, SPANS, body, gzipped=False)


async def messages(bus: OrderedBus, topic: str, group: str) -> list[Message]:
    async with bus.subscribe(topic, group, max_unsettled=1_000) as subscription:
        return [one.message for one in await subscription.fetch(1_000, 0.0)]


async def entries(bus: OrderedBus) -> list[Entry]:
    pages = [LedgerEntries.FromString(one.payload) for one in await messages(bus, LEDGER, "delivery")]
    return [entry for page in pages for entry in page.entries]


def said(entries: list[Entry]) -> list[tuple[str, str, int]]:
    """Return what entries say, in short."""
    return [
        (LedgerOutcome.Name(one.outcome).removeprefix("LEDGER_OUTCOME_"), one.reason, one.item_count) for one in entries
    ]


async def test_every_part_is_entered_under_its_id_before_it_is_acknowledged(
    bus: OrderedBus, executor: Executor
) -> None:
    async with taking(bus, executor, IntakeSettings(part_bytes=10_000)) as intake:
        receipt = await take(intake, request_of(*[b"t" * 16] * 40, chars=1_000).SerializeToString())
        found = await entries(bus)
    parts = [received.decode(one.payload) for one in await messages(bus, SPANS_RECEIVED, "tokenization")]
    assert len(parts) > 3
    assert bus.topics == [SPANS_RECEIVED] * len(parts) + [LEDGER]
    assert {(one.batch_id, one.item_count) for one in found} == {
        (part.batch_id, part.columns.num_rows) for part in parts
    }
    assert {outcome for outcome, _, _ in said(found)} == {"QUEUED"}
    assert sum(one.item_count for one in found) == receipt.accepted == 40
    (whose,) = {(one.tenant_id, one.project_id, Signal(one.signal), one.replay, one.first_item) for one in found}
    assert whose == ("tenant", "project", Signal.SPANS, "", 0)
    assert {one.received_time.ToNanoseconds() for one in found} == {parts[0].received_time_ns}


async def test_what_is_rejected_is_entered_by_reason_and_so_are_the_issues_that_say_so(
    bus: OrderedBus, intake: Intake
) -> None:
    request = request_of(*[b"t" * 16] * 6)
    spans = request.resource_spans[0].scope_spans[0].spans
    spans[0].trace_id, spans[1].trace_id, spans[2].span_id = b"short", b"short too", b""
    receipt = await take(intake, request.SerializeToString())
    found = await entries(bus)
    assert said(found) == [
        ("QUEUED", "", 3),
        ("REJECTED", BAD_TRACE_ID, 2),
        ("REJECTED", BAD_SPAN_ID, 1),
        ("QUEUED", "", 2),
    ]
    assert (receipt.accepted, receipt.rejected) == (3, 3)
    assert [Signal(one.signal) for one in found] == [Signal.SPANS] * 3 + [Signal.ISSUES]
    assert len({one.batch_id for one in found}) == 3  # the part, the request, the issues
    assert {len(one.batch_id) for one in found} == {32}


async def test_what_sampling_leaves_out_is_entered(bus: OrderedBus, intake: Intake) -> None:
    await take(intake, request_of(_MORE_KEPT, _LESS_KEPT, _LESS_KEPT).SerializeToString(), HALF)
    await take(intake, request_of(_LESS_KEPT).SerializeToString(), HALF)
    assert said(await entries(bus)) == [("QUEUED", "", 1), ("SAMPLED_OUT", "", 2), ("SAMPLED_OUT", "", 1)]


async def test_a_request_sent_again_makes_the_same_entries(bus: OrderedBus, intake: Intake) -> None:
    body = request_of(b"short", _MORE_KEPT, _LESS_KEPT).SerializeToString()
    for _ in range(2):
        await take(intake, body, HALF)
    found = await entries(bus)
    half = len(found) // 2
    assert half == 4
    assert [one.batch_id for one in found[:half]] == [one.batch_id for one in found[half:]]
    assert said(found[:half]) == said(found[half:])
    other = Principal("tenant", "other", "key2", frozenset(), HALF.ingest_policy)
    await take(intake, body, other)
    assert not {one.batch_id for one in await entries(bus)} & {one.batch_id for one in found}


async def test_a_request_refused_whole_enters_the_issue_that_says_so_and_nothing_else(
    bus: OrderedBus, executor: Executor
) -> None:
    async with taking(bus, executor) as intake:
        with pytest.raises(InvalidArgumentError):
            await take(intake, b"no request")
    assert [(Signal(one.signal), one.item_count) for one in await entries(bus)] == [(Signal.ISSUES, 1)]


@pytest.mark.parametrize("topic", [SPANS_RECEIVED, LEDGER])
async def test_a_request_that_bus_or_ledger_does_not_take_is_to_be_sent_again(
    bus: OrderedBus, intake: Intake, topic: str
) -> None:
    body, bus.refuses = request_of(b"t" * 16).SerializeToString(), topic
    with pytest.raises(UnavailableError) as caught:
        await take(intake, body)
    assert (caught.value.reason, caught.value.retry_delay_s) == (ERROR_REASON_BUS_UNAVAILABLE, 2.0)
    assert await entries(bus) == []
    bus.refuses = ""
    assert await take(intake, body) == Receipt(1, 0, "")
    assert len(await messages(bus, SPANS_RECEIVED, "tokenization")) == 1
    assert said(await entries(bus)) == [("QUEUED", "", 1)]


async def test_a_death_between_bus_and_ledger_acknowledges_nothing(bus: OrderedBus, intake: Intake) -> None:
    body, bus.stopped_at = request_of(b"t" * 16).SerializeToString(), LEDGER
    async with asyncio.TaskGroup() as tasks:
        taken = tasks.create_task(take(intake, body))
        await bus.reached.wait()
        assert bus.topics == [SPANS_RECEIVED]
        assert not taken.done()
        taken.cancel()
    bus.go.set()


async def test_an_entry_bears_the_time_at_which_it_had_become_true(bus: OrderedBus, intake: Intake) -> None:
    bus.stopped_at = SPANS_RECEIVED
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(take(intake, request_of(b"t" * 16).SerializeToString()))
        await bus.reached.wait()
        waited_until = time.time_ns()
        bus.go.set()
    (found,) = await entries(bus)
    assert found.time.ToNanoseconds() >= waited_until
