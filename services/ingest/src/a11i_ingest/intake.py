"""What happens to a request, whichever way it came: decode, split, store on the bus, and only then say so."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TypeVar

from a11i_bus import topology
from a11i_bus.limits import received_limit
from a11i_bus.port import Bus, Message
from a11i_chassis import metrics
from a11i_chassis.auth import Principal
from a11i_chassis.errors import A11iError
from a11i_ingest.admission import Admission
from a11i_ingest.compression import gunzip, too_large
from a11i_ingest.parts import Limits, Prepared, prepare
from a11i_ingest.settings import IntakeSettings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a request's spans."""

    accepted: int
    """Spans that are durable now."""
    rejected: int
    """Spans that will not be stored."""
    message: str
    """Why spans were rejected, in English, for people; empty if none were."""


class Intake:
    """Takes requests. For one event loop."""

    def __init__(
        self,
        bus: Bus,
        executor: Executor,
        settings: IntakeSettings,
        *,
        max_request_bytes: int,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._bus = bus
        self._executor = executor
        self._part_bytes = settings.part_bytes
        self._admission = Admission(
            max_bytes=settings.max_bytes_in_flight, max_requests=settings.max_requests_in_flight
        )
        self._publishing = asyncio.Semaphore(settings.publishes_in_flight)
        self._now_ns = now_ns
        self.max_request_bytes = max_request_bytes
        """Largest request taken, after decompression."""

    @contextmanager
    def receiving(self, door: str) -> Iterator[None]:
        """Hold a place for a request that is read and taken in the block. Raises OverloadedError without one left."""
        with ExitStack() as stack:
            with _counting_refusals(door):
                stack.enter_context(self._admission.request())
            yield

    async def take(self, door: str, principal: Principal, body: bytes, *, gzipped: bool) -> Receipt:
        """Store a serialized ExportTraceServiceRequest durably, and return what became of its spans.

        `door` names the way in, for metrics. Raises, with nothing acknowledged: InvalidArgumentError (undecodable),
        TooLargeError, OverloadedError, and the bus's TransientErrors.
        """
        with _counting_refusals(door):
            payload = await self._gunzip(body) if gzipped else body
            receipt = await self._store(door, principal, payload)
        metrics.INGEST_REQUESTS.labels(door, "ok").inc()
        return receipt

    async def gunzip(self, door: str, body: bytes) -> bytes:
        """Return what is in a gzip file, bounded as `take` bounds it, for a door that needs to look into it first.

        Raises InvalidArgumentError, TooLargeError and OverloadedError.
        """
        with _counting_refusals(door):
            return await self._gunzip(body)

    async def _gunzip(self, body: bytes) -> bytes:
        with self._admission.admit(len(body)):
            return await self._work(gunzip, body, self.max_request_bytes)

    async def _store(self, door: str, principal: Principal, payload: bytes) -> Receipt:
        if len(payload) > self.max_request_bytes:
            raise too_large(self.max_request_bytes)
        metrics.INGEST_BYTES.labels(door).inc(len(payload))
        largest = received_limit(self._bus)
        # A part larger than aimed at must fit too.
        limits = Limits(min(self._part_bytes, largest // 2), largest)
        with self._admission.admit(len(payload)):
            prepared = await self._work(
                prepare, principal.tenant_id, principal.project_id, payload, self._now_ns(), limits
            )
            await self._publish_all(prepared.messages)
        return _receipt(prepared)

    async def _work(self, function: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, function, *args)

    async def _publish_all(self, messages: Sequence[Message]) -> None:
        """Return when all are durable. Raises the first error; what was stored by then is known by its id."""
        if len(messages) == 1:
            await self._publish(messages[0])
            return
        try:
            async with asyncio.TaskGroup() as group:
                for message in messages:
                    group.create_task(self._publish(message))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _publish(self, message: Message) -> None:
        async with self._publishing:
            await self._bus.publish(topology.SPANS_RECEIVED, message)


@contextmanager
def _counting_refusals(door: str) -> Iterator[None]:
    try:
        yield
    except A11iError as error:
        metrics.INGEST_REQUESTS.labels(door, error.reason_name.lower()).inc()
        raise


def _receipt(prepared: Prepared) -> Receipt:
    rejected = sum(prepared.rejected.values())
    metrics.INGEST_SPANS.labels("accepted").inc(prepared.accepted)
    metrics.INGEST_SPANS.labels("rejected").inc(rejected)
    for reason, count in prepared.rejected.items():
        metrics.INGEST_REJECTED.labels(reason).inc(count)
    message = ""
    if rejected:
        reasons = "; ".join(f"{count}: {reason}" for reason, count in prepared.rejected.items())
        message = f"{rejected} of {rejected + prepared.accepted} spans rejected ({reasons})"
    return Receipt(accepted=prepared.accepted, rejected=rejected, message=message)
