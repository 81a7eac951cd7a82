"""The ledger through the delivery service: entries off the bus, the audit, LedgerService."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args
from urllib.parse import urlsplit

import grpc
import pytest
import pytest_asyncio
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2

from a11i.delivery.v1 import ledger_service_pb2 as pb
from a11i.delivery.v1 import ledger_service_pb2_grpc as pb_grpc
from a11i.telemetry.v1 import ledger_entries_pb2
from a11i.telemetry.v1.span_batch_pb2 import Signal
from a11i_bus import Bus, Message, connect
from a11i_bus.ledger import Entry, ledger_book
from a11i_bus.topology import LEDGER, SPANS_RECEIVED
from a11i_chassis.app import serving
from a11i_delivery.app import build
from a11i_storage.clickhouse import migrate
from tests.engines import clickhouse, nats, postgres
from tests.grpc_errors import rich_status
from tests.service.delivery.delivery_kit import AS_ADMIN, Engines, eventually, settings

if TYPE_CHECKING:
    from a11i.delivery.v1.ledger_service_pb2_grpc import LedgerServiceAsyncStub

Outcome = ledger_entries_pb2.LedgerOutcome
QUEUED, STORED = Outcome.LEDGER_OUTCOME_QUEUED, Outcome.LEDGER_OUTCOME_STORED


@pytest.fixture(scope="module")
def clickhouse_server(data: Path) -> Iterator[clickhouse.ClickHouseServer]:
    with clickhouse.running(data / "clickhouse") as server:
        asyncio.run(migrate(server.settings))
        yield server


@pytest.fixture(scope="module")
def engines(
    nats_server: nats.NatsServer,
    postgres_server: postgres.PostgresServer,
    clickhouse_server: clickhouse.ClickHouseServer,
) -> Engines:
    url = clickhouse_server.settings.url.get_secret_value()
    return Engines(nats_server.url, postgres_server.dsn, url)


@dataclass(frozen=True, slots=True)
class Ledger:
    """A delivery service that serves, and a client of it for one tenant."""

    stub: "LedgerServiceAsyncStub"
    bus: Bus
    tenant: str

    def entry(self, outcome: Outcome.ValueType, batch_id: str, count: int = 10, age_s: float = 30) -> Entry:
        made = Entry(
            tenant_id=self.tenant, project_id="p", signal=Signal.SIGNAL_SPANS, batch_id=batch_id, outcome=outcome
        )
        made.item_count = count
        made.received_time.FromNanoseconds(time.time_ns() - int(age_s * 1e9))
        made.time.FromNanoseconds(time.time_ns() - int((age_s if outcome == QUEUED else 0) * 1e9))
        return made

    async def write(self, *entries: Entry) -> None:
        async with ledger_book(self.bus) as book:
            await book.commit(entries)

    async def account(self) -> pb.LedgerAccount | None:
        """Return the tenant's account, if it has one."""
        request = pb.GetLedgerRequest(tenant_id=self.tenant)
        accounts = (await self.stub.GetLedger(request, metadata=AS_ADMIN)).accounts
        return accounts[0] if accounts else None

    async def until(self, **counts: int) -> pb.LedgerAccount:
        """Return the tenant's account once it has these counts."""

        async def look() -> pb.LedgerAccount | None:
            found = await self.account()
            return found if found and all(getattr(found, name) == count for name, count in counts.items()) else None

        return await eventually(look)

    async def audit(self) -> pb.GetAuditResponse:
        return await self.stub.GetAudit(pb.GetAuditRequest(), metadata=AS_ADMIN)

    async def until_verdict(self, verdict: pb.AuditVerdict.ValueType) -> pb.GetAuditResponse:
        async def look() -> pb.GetAuditResponse | None:
            found = await self.audit()
            return found if found.verdict == verdict else None

        return await eventually(look)


@asynccontextmanager
async def serving_ledger(engines: Engines) -> AsyncIterator[Ledger]:
    chosen = settings(engines, "127.0.0.1:1")
    async with (
        connect(engines.bus) as bus,
        build(chosen) as app,
        serving("delivery", chosen, app) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        yield Ledger(pb_grpc.LedgerServiceStub(channel), bus, str(uuid.uuid4()))


@pytest_asyncio.fixture
async def ledger(engines: Engines) -> AsyncIterator[Ledger]:
    async with serving_ledger(engines) as running:
        yield running


async def settle(bus: Bus, topic: str, group: str) -> None:
    """Take the only message off a topic."""
    async with bus.subscribe(topic, group, max_unsettled=1) as subscription:
        (delivery,) = await subscription.fetch(1, 10)
        await delivery.ack()


async def test_what_services_write_is_in_the_books_within_seconds(ledger: Ledger) -> None:
    await ledger.write(ledger.entry(QUEUED, "a"), ledger.entry(STORED, "a", 8))
    account = await ledger.until(received_count=10, queued_count=10, stored_count=8, in_flight_count=2)
    assert (account.tenant_id, account.project_id, account.tokenized_count) == (ledger.tenant, "p", 8)
    await ledger.write(ledger.entry(STORED, "a"))
    await ledger.until(queued_count=10, stored_count=10, in_flight_count=0)
    await ledger.until_verdict(pb.AUDIT_VERDICT_BALANCED)


async def test_a_message_that_vanishes_is_a_drift_until_its_rows_are_stored_whatever_is_on_the_bus(
    ledger: Ledger,
) -> None:
    await ledger.bus.publish(SPANS_RECEIVED, Message("lost", ledger.tenant, b"raw"))
    await ledger.write(ledger.entry(QUEUED, "lost"))
    await ledger.until(in_flight_count=10)

    async def on_the_bus() -> bool:
        audit = await ledger.audit()
        waiting = {one.topic: one.messages for one in audit.backlogs if one.messages}
        return waiting == {SPANS_RECEIVED: 1} and audit.verdict == pb.AUDIT_VERDICT_BALANCED

    await eventually(on_the_bus)
    await settle(ledger.bus, SPANS_RECEIVED, "tokenization")  # as a stage does that publishes nothing
    drift = await ledger.until_verdict(pb.AUDIT_VERDICT_DRIFT)
    assert (drift.missing_batches, drift.phantom_items, drift.open_batches) == (1, 0, 1)
    assert "1 batch that was acknowledged" in drift.summary
    request = pb.ListOpenBatchesRequest(tenant_id=ledger.tenant, min_silent_s=1)
    (suspect,) = (await ledger.stub.ListOpenBatches(request, metadata=AS_ADMIN)).batches
    assert (suspect.batch_id, suspect.in_flight_count, suspect.last_outcome) == ("lost", 10, QUEUED)

    await ledger.bus.publish(SPANS_RECEIVED, Message("younger", ledger.tenant, b"raw"))

    async def audited_again() -> pb.GetAuditResponse | None:
        found = await ledger.audit()
        return found if found.audit_time.ToNanoseconds() > drift.audit_time.ToNanoseconds() + 2 * 10**9 else None

    later = await eventually(audited_again)
    assert (later.verdict, later.missing_batches, later.since_time) == (drift.verdict, 1, drift.since_time)

    await ledger.write(ledger.entry(STORED, "lost"))
    balanced = await ledger.until_verdict(pb.AUDIT_VERDICT_BALANCED)
    assert balanced.missing_batches == 0
    await settle(ledger.bus, SPANS_RECEIVED, "tokenization")
    assert balanced.since_time.ToNanoseconds() > drift.since_time.ToNanoseconds()


async def test_what_came_far_is_not_looked_for_where_it_came_from(ledger: Ledger) -> None:
    """A message on an early topic does not stand for a batch that is past it."""
    await ledger.bus.publish(SPANS_RECEIVED, Message("other", ledger.tenant, b"raw"))
    redacted = ledger.entry(Outcome.LEDGER_OUTCOME_REDACTED, "far")
    redacted.time.CopyFrom(redacted.received_time)
    await ledger.write(ledger.entry(QUEUED, "far"), redacted)
    assert (await ledger.until_verdict(pb.AUDIT_VERDICT_DRIFT)).missing_batches == 1
    await ledger.write(ledger.entry(STORED, "far"))
    await ledger.until_verdict(pb.AUDIT_VERDICT_BALANCED)
    await settle(ledger.bus, SPANS_RECEIVED, "tokenization")


async def test_an_unreadable_message_of_the_ledger_holds_up_nobody(ledger: Ledger) -> None:
    await ledger.bus.publish(LEDGER, Message(uuid.uuid4().hex, "x", b"\xff" * 9))
    await ledger.write(ledger.entry(QUEUED, "a"), ledger.entry(STORED, "a"))
    await ledger.until(stored_count=10)


async def test_while_clickhouse_is_away_nothing_can_be_told_and_nothing_is_lost(
    ledger: Ledger, clickhouse_server: clickhouse.ClickHouseServer
) -> None:
    begun_ns = time.time_ns()

    async def this_process_audits() -> bool:
        found = await ledger.audit()
        return found.audit_time.ToNanoseconds() > begun_ns and found.verdict == pb.AUDIT_VERDICT_BALANCED

    await eventually(this_process_audits)
    clickhouse_server.stop()
    try:
        await ledger.write(ledger.entry(QUEUED, "a"), ledger.entry(STORED, "a"))
        assert "cannot tell" in (await ledger.until_verdict(pb.AUDIT_VERDICT_UNKNOWN)).summary
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ledger.account()
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    finally:
        clickhouse_server.start()
    await ledger.until(stored_count=10)
    await ledger.until_verdict(pb.AUDIT_VERDICT_BALANCED)


async def test_a_clickhouse_that_refuses_the_log_in_is_something_that_is_away(
    engines: Engines, clickhouse_server: clickhouse.ClickHouseServer
) -> None:
    """It is the operator's to put right; what does not need it goes on meanwhile."""
    right = urlsplit(clickhouse_server.settings.url.get_secret_value())
    wrong = right._replace(netloc=f"nobody:nothing@{right.hostname}:{right.port}").geturl()
    async with serving_ledger(replace(engines, clickhouse_url=wrong)) as ledger:

        async def told() -> pb.GetAuditResponse | None:
            with suppress(grpc.aio.AioRpcError):  # until the first audit ClickHouse is asked for the last one
                return await ledger.audit()
            return None

        first = await eventually(told)
        assert (first.verdict, first.summary[:11]) == (pb.AUDIT_VERDICT_UNKNOWN, "cannot tell")

        async def audited_again() -> bool:
            return (await ledger.audit()).audit_time.ToNanoseconds() > first.audit_time.ToNanoseconds()

        await eventually(audited_again)


async def test_one_of_several_processes_audits_and_another_takes_over(engines: Engines) -> None:
    async with serving_ledger(engines) as one:
        await one.until_verdict(pb.AUDIT_VERDICT_BALANCED)
        async with serving_ledger(engines) as other:
            await other.write(other.entry(QUEUED, "a"), other.entry(STORED, "a"))
            await other.until(stored_count=10)
            found = await other.until_verdict(pb.AUDIT_VERDICT_BALANCED)
            assert abs(found.audit_time.ToNanoseconds() - time.time_ns()) < 10e9
    async with serving_ledger(engines) as third:
        await third.until_verdict(pb.AUDIT_VERDICT_BALANCED)


Request = pb.GetLedgerRequest | pb.ListOpenBatchesRequest | pb.GetAuditRequest


async def call(ledger: Ledger, request: Request, metadata: tuple[tuple[str, str], ...] = AS_ADMIN) -> object:
    """Call the method that the request is of."""
    method = getattr(ledger.stub, type(request).__name__.removesuffix("Request"))
    return await method(request, metadata=metadata)


async def test_nobody_without_the_admin_token_is_answered(ledger: Ledger) -> None:
    for kind in get_args(Request):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(ledger, kind(), (("authorization", "Bearer nonsense"),))
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_what_is_wrong_with_a_request_is_named(ledger: Ledger) -> None:
    wrong: list[tuple[Request, str]] = [
        (pb.GetLedgerRequest(tenant_id="t" * 201), "tenant_id"),
        (pb.GetLedgerRequest(project_id="a\0"), "project_id"),
        (pb.GetLedgerRequest(start_time=Timestamp(seconds=-1)), "start_time"),
        (pb.GetLedgerRequest(end_time=Timestamp(seconds=2**40)), "end_time"),
        (pb.GetLedgerRequest(start_time=Timestamp(seconds=9), end_time=Timestamp(seconds=9)), "start_time"),
        (pb.ListOpenBatchesRequest(min_silent_s=-1), "min_silent_s"),
        (pb.ListOpenBatchesRequest(min_silent_s=float("nan")), "min_silent_s"),
        (pb.ListOpenBatchesRequest(page_size=-1), "page_size"),
    ]
    for request, field in wrong:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(ledger, request)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        details = error_details_pb2.BadRequest()
        assert any(detail.Unpack(details) for detail in rich_status(caught.value).details)
        assert details.field_violations[0].field == field
        assert field in (caught.value.details() or ""), "clients that read no details must know, too"
