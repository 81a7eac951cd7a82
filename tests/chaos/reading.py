"""Reads everything back, as a user would: traces through QueryService, dead letters through DeadLetterService."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, TypeVar

import grpc

from a11i.delivery.v1 import dead_letter_service_pb2 as letters_pb2
from a11i.delivery.v1 import dead_letter_service_pb2_grpc as letters_grpc
from a11i.query.v1 import query_service_pb2, query_service_pb2_grpc
from a11i_bus import connect
from a11i_bus.topology import TOPICS
from a11i_chassis.errors import TransientError
from tests.chaos.checker import Given, StoredSpan, StoredTrace
from tests.chaos.mesh import ChaosMesh
from tests.chaos.model import SpanKey

T = TypeVar("T")

RPC_TIMEOUT_S: Final = 10.0
READ_WITHIN_S: Final = 60.0
"""A service that is just starting again answers soon."""
_PAGE: Final = 200
_READERS: Final = 4
_AGE_S: Final = 3600
_POLL_S: Final = 0.2
_RETRY: Final = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED})


class NotQuietError(Exception):
    """Messages still wait on the bus: how many, by topic."""


async def wait_until_quiet(mesh: ChaosMesh, within_s: float) -> None:
    """Return once every message has passed, dead letters and ledger included. Raises NotQuietError."""
    deadline = time.monotonic() + within_s
    pairs = [(topic.name, topic.group) for topic in TOPICS]
    async with connect(mesh.bus_settings()) as bus:
        while True:
            try:
                waiting = {topic: count for topic, group in pairs if (count := await bus.pending(topic, group))}
            except TransientError as error:
                waiting = {str(error): 1}
            if not waiting:
                return
            if time.monotonic() > deadline:
                raise NotQuietError(str(waiting))
            await asyncio.sleep(_POLL_S)


async def stored_traces(mesh: ChaosMesh) -> list[StoredTrace]:
    """Return every trace of the project."""
    metadata = (("authorization", f"Bearer {mesh.mesh.variables['A11I_API_KEY']}"),)
    async with grpc.aio.insecure_channel(mesh.mesh.variables["A11I_QUERY"]) as channel:
        stub = query_service_pb2_grpc.QueryServiceStub(channel)

        async def page(token: str) -> tuple[list[str], str]:
            wanted = query_service_pb2.ListTracesRequest(page_size=_PAGE, page_token=token)
            wanted.start_time.FromSeconds(now - _AGE_S)
            wanted.end_time.FromSeconds(now + _AGE_S)
            answer = await asked(lambda: stub.ListTraces(wanted, metadata=metadata, timeout=RPC_TIMEOUT_S))
            return [trace.trace_id for trace in answer.traces], answer.next_page_token

        async def trace(trace_id: str) -> StoredTrace:
            async with turn:
                wanted = query_service_pb2.GetTraceRequest(trace_id=trace_id)
                answer = await asked(lambda: stub.GetTrace(wanted, metadata=metadata, timeout=RPC_TIMEOUT_S))
                return _trace(answer)

        now = int(time.time())
        turn = asyncio.Semaphore(_READERS)
        ids = [trace_id async for trace_id in _pages(page)]
        return await asyncio.gather(*(trace(trace_id) for trace_id in ids))


async def wait_until_replayed(mesh: ChaosMesh, tenant_id: str, within_s: float) -> None:
    """Return once every replay that was asked for is on the bus. Raises NotQuietError."""
    deadline = time.monotonic() + within_s
    while replaying := [one async for one in _letters(mesh, tenant_id, letters_pb2.DEAD_LETTER_STATE_REPLAYING)]:
        if time.monotonic() > deadline:
            raise NotQuietError(f"{len(replaying)} letters are not replayed")
        await asyncio.sleep(_POLL_S)


async def dead_letters(mesh: ChaosMesh, tenant_id: str) -> Given:
    """Return what is in the tenant's dead letters that wait for somebody's decision."""
    async with grpc.aio.insecure_channel(mesh.mesh.variables["A11I_DELIVERY"]) as channel:
        stub = letters_grpc.DeadLetterServiceStub(channel)
        metadata = _admin(mesh)

        async def show(letter_id: str) -> letters_pb2.GetDeadLetterResponse:
            view = letters_pb2.DEAD_LETTER_VIEW_REDACTED
            wanted = letters_pb2.GetDeadLetterRequest(tenant_id=tenant_id, dead_letter_id=letter_id, view=view)
            return await asked(lambda: stub.GetDeadLetter(wanted, metadata=metadata, timeout=RPC_TIMEOUT_S))

        keys: set[SpanKey] = set()
        unnamed = 0
        async for letter_id in _letters(mesh, tenant_id, letters_pb2.DEAD_LETTER_STATE_WAITING):
            letter = await show(letter_id)
            shown = [{field.name: field.value for field in item.fields} for item in letter.contents.items]
            named = {(item["trace_id"], item["span_id"]) for item in shown if item.get("span_id")}
            keys |= named
            unnamed += max(0, letter.dead_letter.item_count - len(named))
        return Given(frozenset(keys), unnamed)


async def _letters(mesh: ChaosMesh, tenant_id: str, state: letters_pb2.DeadLetterState.ValueType) -> AsyncIterator[str]:
    async with grpc.aio.insecure_channel(mesh.mesh.variables["A11I_DELIVERY"]) as channel:
        stub = letters_grpc.DeadLetterServiceStub(channel)

        async def page(token: str) -> tuple[list[str], str]:
            wanted = letters_pb2.ListDeadLettersRequest(
                tenant_id=tenant_id,
                filter=letters_pb2.DeadLetterFilter(state=state),
                page_size=_PAGE,
                page_token=token,
            )
            answer = await asked(lambda: stub.ListDeadLetters(wanted, metadata=_admin(mesh), timeout=RPC_TIMEOUT_S))
            return [letter.dead_letter_id for letter in answer.dead_letters], answer.next_page_token

        async for letter_id in _pages(page):
            yield letter_id


def _admin(mesh: ChaosMesh) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {mesh.mesh.variables['A11I_ADMIN_TOKEN']}"),)


async def _pages(page: Callable[[str], Awaitable[tuple[list[str], str]]]) -> AsyncIterator[str]:
    token = ""
    while True:
        found, token = await page(token)
        for one in found:
            yield one
        if not token:
            return


async def asked(call: Callable[[], Awaitable[T]]) -> T:
    """Return the answer, asking again while the service is away."""
    deadline = time.monotonic() + READ_WITHIN_S
    while True:
        try:
            return await call()
        except grpc.aio.AioRpcError as error:
            if error.code() not in _RETRY or time.monotonic() > deadline:
                raise
        await asyncio.sleep(_POLL_S)


def _trace(answer: query_service_pb2.GetTraceResponse) -> StoredTrace:
    summary = answer.summary
    spans = tuple(
        StoredSpan(
            (span.trace_id, span.span_id),
            span.gen_ai.usage.input_tokens,
            span.gen_ai.usage.output_tokens,
            span.gen_ai.cost.total_usd,
        )
        for span in answer.spans
    )
    return StoredTrace(
        summary.trace_id, spans, summary.span_count, summary.input_tokens, summary.output_tokens, summary.cost_usd
    )
