"""Whichever door spans come in by: what is acknowledged is in the ledger, and nothing is while that is full."""

from contextlib import suppress
from typing import Any

import grpc
import pytest
from google.rpc import code_pb2

from a11i.ingest.v1 import ingest_service_pb2_grpc
from a11i.ingest.v1.ingest_service_pb2 import StreamSpansRequest
from a11i.telemetry.v1.ledger_entries_pb2 import LEDGER_OUTCOME_QUEUED, LEDGER_OUTCOME_REJECTED, LedgerEntries
from a11i_bus import Message
from a11i_bus.topology import LEDGER
from a11i_chassis.errors import UnavailableError
from a11i_telemetry.signals import Signal
from tests.service.ingest.http_client import send
from tests.service.ingest.ingest_harness import PROJECT, TENANT, Harness, request, running_ingest, status_of

_DOORS = pytest.mark.parametrize("door", ["grpc", "http", "stream"])
_LITTLE_BYTES = 1024**2
"""Capacity of a bus whose ledger is full soon."""


async def export(ingest: Harness, door: str, body: bytes) -> int:
    """Send a request; return the google.rpc.Code of the answer."""
    if door == "grpc":
        try:
            await ingest.export(body)
        except grpc.aio.AioRpcError as error:
            return int(status_of(error).code)
        return int(code_pb2.OK)
    if door == "http":
        answer = await send(ingest, body)
        return int(code_pb2.OK if answer.status == 200 else answer.error.code)
    stub: Any = ingest_service_pb2_grpc.IngestServiceStub(ingest.channel)
    call = stub.StreamSpans(metadata=ingest.metadata, timeout=30)
    await call.read()  # the window
    await call.write(StreamSpansRequest(sequence=1, otlp_traces=body))
    code: int = (await call.read()).error.code
    call.cancel()
    return code


async def entries(ingest: Harness) -> list[tuple[int, int, int]]:
    """Return signal, outcome and count of what is in the ledger."""
    async with ingest.bus.subscribe(LEDGER, "delivery", max_unsettled=100) as subscription:
        messages = [one.message for one in await subscription.fetch(100, 0.0)]
    found = [entry for message in messages for entry in LedgerEntries.FromString(message.payload).entries]
    assert {(entry.tenant_id, entry.project_id) for entry in found} == {(TENANT, PROJECT)}
    return [(entry.signal, entry.outcome, entry.item_count) for entry in found]


@_DOORS
async def test_what_is_acknowledged_is_in_the_ledger(door: str) -> None:
    async with running_ingest() as ingest:
        assert await export(ingest, door, request(1, 2, 0).SerializeToString()) == code_pb2.OK
        assert await entries(ingest) == [
            (Signal.SPANS, LEDGER_OUTCOME_QUEUED, 2),
            (Signal.SPANS, LEDGER_OUTCOME_REJECTED, 1),
            (Signal.ISSUES, LEDGER_OUTCOME_QUEUED, 1),
        ]


@_DOORS
async def test_while_the_ledger_is_full_clients_are_told_to_send_again(door: str) -> None:
    async with running_ingest(capacity_bytes=_LITTLE_BYTES) as ingest:
        await fill_ledger(ingest)
        body = request(1).SerializeToString()
        assert await export(ingest, door, body) == code_pb2.UNAVAILABLE
        async with ingest.bus.subscribe(LEDGER, "delivery", max_unsettled=1000) as subscription:
            for delivery in await subscription.fetch(1000, 0.0):
                await delivery.ack()
        assert await export(ingest, door, body) == code_pb2.OK
        assert await entries(ingest) == [(Signal.SPANS, LEDGER_OUTCOME_QUEUED, 1)]
        assert len(await ingest.stored()) == 1  # what was not acknowledged was there, and is known


async def fill_ledger(ingest: Harness) -> None:
    """Put something in the ledger until there is no room for more."""
    with suppress(UnavailableError):
        for number in range(1000):
            await ingest.bus.publish(LEDGER, Message(str(number), "key", bytes(100)))
        pytest.fail("the ledger has no bound")
