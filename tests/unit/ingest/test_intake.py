"""What becomes of a request, on a bus in memory and on one that is not there."""

import gzip
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from pydantic import SecretStr

from a11i_bus import Bus, BusSettings, Delivery, connect
from a11i_bus.ledger import LedgerBook, ledger_book
from a11i_bus.topology import SPANS_RECEIVED
from a11i_chassis import metrics
from a11i_chassis.auth import Principal
from a11i_chassis.errors import InvalidArgumentError, RateLimitedError, TooLargeError, UnavailableError
from a11i_chassis.ingest_policy import IngestPolicy
from a11i_ingest.intake import Intake, Receipt
from a11i_ingest.kinds import KINDS
from a11i_ingest.pacing import SLOW_FROM, Pace
from a11i_ingest.settings import IntakeSettings
from a11i_telemetry import received
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.signals import Signal

CAPACITY_BYTES = 1024**3
CALLER = Principal("tenant", "project", "key", frozenset())
SPANS = KINDS[Signal.SPANS]


@pytest.fixture
def executor() -> Iterator[Executor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
async def bus() -> AsyncIterator[Bus]:
    async with connect(BusSettings(url=SecretStr("memory://"))) as connected:
        yield connected


@pytest.fixture
async def ledger(bus: Bus) -> AsyncIterator[LedgerBook]:
    async with ledger_book(bus) as book:
        yield book


@pytest.fixture
def intake(bus: Bus, ledger: LedgerBook, executor: Executor) -> Intake:
    return Intake(bus, ledger, Pace(bus, CAPACITY_BYTES), executor, IntakeSettings(), max_request_bytes=64 * 1024**2)


def request_of(*chars: int) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    scope_spans = request.resource_spans.add().scope_spans.add()
    for number, length in enumerate(chars, start=1):
        span = scope_spans.spans.add(trace_id=b"t" * 16, span_id=number.to_bytes(8, "big"), name="chat")
        span.attributes.add(key="gen_ai.input.messages").value.string_value = "x" * length
    return request


async def take(intake: Intake, body: bytes, *, caller: Principal = CALLER, gzipped: bool = False) -> Receipt:
    async with intake.receiving("otlp_grpc", caller, len(body)) as arrival:
        return await intake.take(arrival, SPANS, body, gzipped=gzipped)


async def published(bus: Bus) -> list[SpanBatch]:
    return [received.decode(one.message.payload) for one in await deliveries(bus)]


async def deliveries(bus: Bus) -> list[Delivery]:
    async with bus.subscribe(SPANS_RECEIVED, "tokenization", max_unsettled=100) as subscription:
        return list(await subscription.fetch(100, 0.2))


def of(batches: list[SpanBatch], signal: Signal) -> list[SpanBatch]:
    return [batch for batch in batches if batch.signal is signal]


async def test_what_is_acknowledged_is_on_the_bus_with_its_owner(bus: Bus, intake: Intake) -> None:
    assert await take(intake, request_of(5, 6).SerializeToString()) == Receipt(2, 0, "")
    (batch,) = await published(bus)
    assert (batch.tenant_id, batch.project_id, batch.signal) == ("tenant", "project", Signal.SPANS)
    assert batch.key_id == CALLER.key_id != ""
    assert batch.columns["name"].to_pylist() == ["chat", "chat"]


async def test_a_large_request_is_stored_in_parts_that_hold_every_span(bus: Bus, intake: Intake) -> None:
    receipt = await take(intake, gzip.compress(request_of(*[50_000] * 40).SerializeToString()), gzipped=True)
    batches = await published(bus)
    assert len(batches) > 2
    assert receipt.accepted == sum(batch.columns.num_rows for batch in batches) == 40


async def test_equal_log_records_of_one_request_are_stored_each_though_they_make_equal_parts(
    bus: Bus, ledger: LedgerBook, executor: Executor
) -> None:
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.extend([LogRecord(time_unix_nano=5)] * 3_000)
    intake = Intake(
        bus,
        ledger,
        Pace(bus, CAPACITY_BYTES),
        executor,
        IntakeSettings(part_bytes=10_000),
        max_request_bytes=64 * 1024**2,
    )
    body = request.SerializeToString()
    for _ in range(2):  # sent again, they are known
        async with intake.receiving("otlp_grpc", CALLER, len(body)) as arrival:
            await intake.take(arrival, KINDS[Signal.LOGS], body, gzipped=False)
    payloads = [one.message.payload for one in await deliveries(bus)]
    assert sum(received.decode(payload).columns.num_rows for payload in payloads) == 3_000


async def test_the_same_request_is_stored_once_for_a_project_and_once_for_another(bus: Bus, intake: Intake) -> None:
    body = request_of(5).SerializeToString()
    other = Principal("tenant", "other", "key2", frozenset())
    for caller in (CALLER, CALLER, other):
        await take(intake, body, caller=caller)
    assert sorted(batch.project_id for batch in await published(bus)) == ["other", "project"]


async def test_what_is_not_taken_as_it_came_is_told_and_recorded(bus: Bus, intake: Intake) -> None:
    request = request_of(5, 6, 7)
    spans = request.resource_spans[0].scope_spans[0].spans
    spans[0].trace_id = b"short"
    spans[1].name = "n" * (2 * 1024 * 1024)
    receipt = await take(intake, request.SerializeToString())
    assert (receipt.accepted, receipt.rejected) == (2, 1)
    assert receipt.message == (
        "1 of 3 spans rejected. 1 rejected: trace id is not 16 bytes or is all zero; "
        "1 truncated: value is longer than the limit (name)"
    )
    (issues,) = of(await published(bus), Signal.ISSUES)
    rows = issues.columns.to_pylist()
    assert [(row["signal"], row["outcome"], row["count"], row["key_id"], row["door"]) for row in rows] == [
        ("spans", "rejected", 1, "key", "otlp_grpc"),
        ("spans", "truncated", 1, "key", "otlp_grpc"),
    ]
    assert (rows[0]["example_trace_id"], rows[0]["example_span_id"]) == ("", (spans[0].span_id).hex())
    assert rows[1]["example_where"] == "name"


async def test_a_request_that_is_refused_for_good_is_recorded_once(bus: Bus, intake: Intake) -> None:
    for _ in range(2):
        with pytest.raises(InvalidArgumentError):
            await take(intake, b"no request")
    with pytest.raises(InvalidArgumentError):
        await take(intake, b"no gzip", gzipped=True)
    issues = of(await published(bus), Signal.ISSUES)
    assert [batch.columns["outcome"].to_pylist() for batch in issues] == [["refused"]]
    assert "protobuf encoding is broken" in issues[0].columns["example_where"][0].as_py()


async def test_a_request_over_the_limit_is_refused_before_it_is_read(
    bus: Bus, ledger: LedgerBook, executor: Executor
) -> None:
    intake = Intake(bus, ledger, Pace(bus, CAPACITY_BYTES), executor, IntakeSettings(), max_request_bytes=1000)
    with pytest.raises(TooLargeError):
        async with intake.receiving("otlp_http", CALLER, 1001):
            pytest.fail("the request was let in")


async def test_head_sampling_and_rates_are_those_of_the_project(bus: Bus, intake: Intake) -> None:
    nothing = Principal("tenant", "project", "k1", frozenset(), IngestPolicy(sampling_ratio=0.0))
    assert await take(intake, request_of(5).SerializeToString(), caller=nothing) == Receipt(0, 0, "")
    slow = Principal("tenant", "project", "k2", frozenset(), IngestPolicy(spans_per_second=1, span_burst=1))
    await take(intake, request_of(1).SerializeToString(), caller=slow)
    with pytest.raises(RateLimitedError):
        await take(intake, request_of(2).SerializeToString(), caller=slow)
    assert len(await published(bus)) == 1


async def test_no_span_is_refused_for_good_while_the_limit_of_the_bus_is_unknown(executor: Executor) -> None:
    nowhere = BusSettings(url=SecretStr("nats://127.0.0.1:1"), connect_wait_s=0.0)
    async with connect(nowhere) as bus, ledger_book(bus) as ledger:
        intake = Intake(
            bus, ledger, Pace(bus, CAPACITY_BYTES), executor, IntakeSettings(), max_request_bytes=64 * 1024**2
        )
        with pytest.raises(UnavailableError):
            await take(intake, request_of(2_000_000).SerializeToString())


async def test_what_is_published_fills_the_bus_and_the_answer_is_held_back_for_it(
    bus: Bus, ledger: LedgerBook, executor: Executor
) -> None:
    pace = Pace(bus, capacity_bytes=100_000)
    intake = Intake(bus, ledger, pace, executor, IntakeSettings(), max_request_bytes=64 * 1024**2)
    slowed = metrics.INGEST_SLOWED_SECONDS._value.get()
    await take(intake, request_of(1_000).SerializeToString())
    assert 0 < pace.fill < SLOW_FROM
    assert metrics.INGEST_SLOWED_SECONDS._value.get() == slowed
    await take(intake, request_of(60_000).SerializeToString())
    for _ in range(20):  # as if others waited too
        pace.published(1_200)
    await take(intake, request_of(1_000, 1_000).SerializeToString())
    assert metrics.INGEST_SLOWED_SECONDS._value.get() - slowed == pytest.approx(pace.delay_s, abs=0.05)
    assert pace.delay_s > 0
