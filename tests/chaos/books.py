"""Holds the ledger against what was read back: it must balance, and name the same numbers."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Final

import grpc

from a11i.delivery.v1 import ledger_service_pb2 as pb
from a11i.delivery.v1 import ledger_service_pb2_grpc as rpc
from a11i.telemetry.v1.span_batch_pb2 import SIGNAL_SPANS
from tests.chaos.checker import Verdict
from tests.chaos.mesh import ChaosMesh
from tests.chaos.reading import RPC_TIMEOUT_S, asked

SETTLED_WITHIN_S: Final = 45.0
"""From the moment that the bus is empty: the auditor looks every second, and takes three for a batch to settle."""
_AS_IT_IS_AFTER_S: Final = 8.0
"""Books of spans that are lost never come right: they are done when nothing in them changed for so long."""
_POLL_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Books:
    """What the ledger says of the project's spans."""

    queued: int
    stored: int
    dead_lettered: int
    replayed: int
    in_flight: int
    balanced: bool
    """The auditor's verdict."""
    said: str
    """Its summary."""


def off(books: Books, verdict: Verdict) -> int:
    """Return by how many spans the ledger differs from what was sent and read back; 0 is right.

    More may be queued than was acknowledged, by what was stored and whose client did not hear so; never less.
    """
    return (
        books.in_flight
        + abs(books.queued + books.replayed - books.stored - books.dead_lettered)
        + abs(books.stored - verdict.stored)
        + abs(books.dead_lettered - books.replayed - verdict.dead_lettered)
        + max(0, verdict.acknowledged - books.queued)
        + max(0, books.queued - verdict.sent)
    )


async def settled_books(mesh: ChaosMesh, tenant_id: str, verdict: Verdict) -> Books:
    """Return the books once they are right, or as they are when they should have been; of lost spans, as they stay."""
    metadata = (("authorization", f"Bearer {mesh.mesh.variables['A11I_ADMIN_TOKEN']}"),)
    deadline = time.monotonic() + SETTLED_WITHIN_S
    last: tuple[float, Books | None] = (0.0, None)
    async with grpc.aio.insecure_channel(mesh.mesh.variables["A11I_DELIVERY"]) as channel:
        stub = rpc.LedgerServiceStub(channel)
        wanted = pb.GetLedgerRequest(tenant_id=tenant_id)
        while True:
            ledger = await asked(lambda: stub.GetLedger(wanted, metadata=metadata, timeout=RPC_TIMEOUT_S))
            audit = await asked(lambda: stub.GetAudit(pb.GetAuditRequest(), metadata=metadata, timeout=RPC_TIMEOUT_S))
            books = _books(ledger, audit)
            now = time.monotonic()
            if (books.balanced and not off(books, verdict)) or now > deadline:
                return books
            if books != last[1]:
                last = now, books
            elif verdict.lost and now - last[0] > _AS_IT_IS_AFTER_S:
                return books
            await asyncio.sleep(_POLL_S)


def _books(ledger: pb.GetLedgerResponse, audit: pb.GetAuditResponse) -> Books:
    spans = [account for account in ledger.accounts if account.signal == SIGNAL_SPANS]
    return Books(
        sum(account.queued_count for account in spans),
        sum(account.stored_count for account in spans),
        sum(account.dead_lettered_count for account in spans),
        sum(account.replayed_count for account in spans),
        sum(account.in_flight_count for account in spans),
        audit.verdict == pb.AUDIT_VERDICT_BALANCED,
        audit.summary,
    )
