"""What happens to a request, whichever way it came: accept, split, store on the bus and enter in the ledger, and only
then say so."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from a11i_bus import topology
from a11i_bus.ledger import LedgerBook, happened
from a11i_bus.limits import received_limit
from a11i_bus.port import Bus, Message
from a11i_chassis import metrics
from a11i_chassis.auth import Principal
from a11i_chassis.errors import A11iError, InvalidArgumentError, RateLimitedError, TooLargeError
from a11i_chassis.fairness import FairQueue
from a11i_ingest.accept import Accepted, Encoding, Rules, accept
from a11i_ingest.admission import Admission, Reservation
from a11i_ingest.buckets import RateLimits
from a11i_ingest.checks import Keeps
from a11i_ingest.compression import expected_size, gunzip, too_large
from a11i_ingest.expected import ExpectedSizes
from a11i_ingest.kinds import Kind
from a11i_ingest.pacing import Pace
from a11i_ingest.prepared import Outgoing, Prepared, prepare, prepare_issues
from a11i_ingest.refusals import Refusals
from a11i_ingest.sampling import keeper
from a11i_ingest.settings import IntakeSettings
from a11i_telemetry.findings import Findings, Outcome

T = TypeVar("T")

UNDECODABLE: Final = "request cannot be decoded"
REQUEST_TOO_LARGE: Final = "request is larger than the limit"

_INLINE_BYTES: Final = {Encoding.PROTOBUF: 64 * 1024, Encoding.JSON: 16 * 1024}
"""Requests up to this size are worked on where they are: it takes about as long as handing them to a thread would."""

_LARGE_BYTES: Final = 1024 * 1024
"""Requests over this size leave a thread to others: a usual one has 100 to 600 kB."""
_UNPACKING_WAIT_S: Final = 5.0
"""For room for what is in a gzip file: longer than for room to read one, as the reading would have been for nothing."""
_PUBLISHING_BYTES: Final = 3 * 1024 * 1024
"""On the way to the bus at once. Its connection is first come first served: what is on it is what others wait for."""
_ENVELOPE_BYTES: Final = 4096
"""What a batch's envelope takes at most besides the request in it."""
_MESSAGE_CHARS: Final = 1000
"""A response stays far below the 4 MiB that clients take."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a request's items."""

    accepted: int
    """Items that are durable now; those that head sampling left out are not in it."""
    rejected: int
    """Items that will not be stored."""
    message: str
    """What was not taken as it came and why, in English, for people; empty if all was."""


@dataclass(slots=True)
class Arrival:
    """A request that has a place: it may be read and taken."""

    door: str
    principal: Principal
    reservation: Reservation
    size_bytes: int = 0
    """Of the request after decompression, once that is known."""


class Intake:
    """Takes requests. For one event loop."""

    def __init__(
        self,
        bus: Bus,
        ledger: LedgerBook,
        pace: Pace,
        executor: Executor,
        settings: IntakeSettings,
        *,
        max_request_bytes: int,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._bus = bus
        self._ledger = ledger
        self._pace = pace
        self._executor = executor
        self._settings = settings
        self._admission = Admission(
            max_bytes=settings.max_bytes_in_flight, max_requests=settings.max_requests_in_flight
        )
        # Apart from what is being read: whoever holds room here never waits for room there, so that both go on.
        self._unpacking = Admission(
            max_bytes=settings.max_bytes_in_flight,
            max_requests=settings.max_requests_in_flight,
            max_wait_s=_UNPACKING_WAIT_S,
        )
        self._refusals = Refusals()
        self._expected = ExpectedSizes(max_request_bytes)
        self._working = FairQueue(settings.decode_threads, large_cost=_LARGE_BYTES)
        self._publishing = FairQueue(settings.publishes_in_flight, max_cost=_PUBLISHING_BYTES)
        self._rates = RateLimits(settings.rates.policy())
        self._now_ns = now_ns
        self.max_request_bytes = max_request_bytes
        """Largest request taken, after decompression."""

    @asynccontextmanager
    async def receiving(self, door: str, principal: Principal, size: int | None = None) -> AsyncIterator[Arrival]:
        """Hold a place for a request of `size` bytes, None if its sender does not say, while it is read and taken.

        `door` names the way in, for metrics. Raises OverloadedError if no place becomes free in time, RateLimitedError
        if the key sends too many requests, TooLargeError.
        """
        async with AsyncExitStack() as stack:
            with _counting_refusals(door):
                if size is not None and size > self.max_request_bytes:
                    raise too_large(self.max_request_bytes)
                self._rates.take(principal, requests=1)
                expected = self._expected.of(principal.key_id) if size is None else size
                reservation = await stack.enter_async_context(self._admission.reserve(principal.tenant_id, expected))
            yield Arrival(door, principal, reservation)

    async def take(
        self, arrival: Arrival, kind: Kind, body: bytes, *, gzipped: bool, encoding: Encoding = Encoding.PROTOBUF
    ) -> Receipt:
        """Store an Export...ServiceRequest of the kind durably, and return what became of its items.

        Raises, with nothing acknowledged: InvalidArgumentError (undecodable), TooLargeError, RateLimitedError,
        OverloadedError, and the bus's TransientErrors. What was refused for good is noted among the project's issues.
        """
        self._expected.learn(arrival.principal.key_id, len(body))
        arrival.reservation.resize(len(body))
        with _counting_refusals(arrival.door):
            async with self._room_for_data(arrival, body, gzipped=gzipped) as room:
                try:
                    prepared = await self._accept(arrival, kind, body, room, gzipped=gzipped, encoding=encoding)
                except (InvalidArgumentError, TooLargeError) as error:
                    await self._note_refusal(arrival, kind, body, error)
                    raise
                accepted = prepared.accepted
                try:
                    self._rates.take(arrival.principal, items=accepted.items + accepted.sampled_out)
                except RateLimitedError:
                    self._rates.give_back(arrival.principal, size_bytes=arrival.size_bytes)
                    raise
                # Entered after it is durable: what is refused until then has not come in.
                await self._publish_all(arrival, prepared.messages)
                await self._ledger.commit(happened(prepared.entries))
            await self._pace.hold()
        return _receipt(arrival.door, kind, accepted)

    async def gunzip(self, arrival: Arrival, body: bytes) -> bytes:
        """Return what is in a gzip file, bounded as `take` bounds it, for a door that needs to look into it first.

        Raises InvalidArgumentError and TooLargeError.
        """
        with _counting_refusals(arrival.door):
            async with self._working.turn(arrival.principal.tenant_id, len(body)):
                data = await self._run(gunzip, body, self.max_request_bytes)
                arrival.reservation.resize(len(data))
                return data

    @asynccontextmanager
    async def _room_for_data(self, arrival: Arrival, body: bytes, *, gzipped: bool) -> AsyncIterator[Reservation]:
        """Hold room for what is in a request. A gzip file may say less than it has: as many do as there are turns."""
        if not gzipped:
            yield arrival.reservation
            return
        size = expected_size(body, self.max_request_bytes)
        async with self._unpacking.reserve(arrival.principal.tenant_id, size) as reservation:
            yield reservation

    async def _accept(
        self, arrival: Arrival, kind: Kind, body: bytes, room: Reservation, *, gzipped: bool, encoding: Encoding
    ) -> Prepared:
        if len(body) > self.max_request_bytes:
            raise too_large(self.max_request_bytes)
        largest = received_limit(self._bus)
        # A part larger than aimed at must fit too.
        part_bytes = min(self._settings.part_bytes, largest // 2)
        rules = Rules(self._settings.limits, part_bytes, largest - _ENVELOPE_BYTES)
        keeps = keeper(kind, arrival.principal.ingest_policy)
        async with self._working.turn(arrival.principal.tenant_id, len(body)):
            if gzipped:
                body = await self._run(gunzip, body, self.max_request_bytes)
                room.resize(len(body))
            self._rates.take(arrival.principal, size_bytes=len(body))
            arrival.size_bytes = len(body)
            metrics.INGEST_BYTES.labels(arrival.door).inc(len(body))
            work = partial(self._prepare, arrival, kind, body, encoding, rules, keeps)
            return work() if len(body) <= _INLINE_BYTES[encoding] else await self._run(work)

    def _prepare(
        self, arrival: Arrival, kind: Kind, body: bytes, encoding: Encoding, rules: Rules, keeps: Keeps | None
    ) -> Prepared:
        """Return what became of a request, and what to write of it. May run in any thread."""
        accepted = accept(kind, body, encoding, rules, keeps)
        principal, now_ns = arrival.principal, self._now_ns()
        return prepare(accepted, kind, body, door=arrival.door, principal=principal, received_time_ns=now_ns)

    async def _note_refusal(self, arrival: Arrival, kind: Kind, body: bytes, error: A11iError) -> None:
        """Put a request that is refused for good among the project's issues, if the bus takes it now.

        Of many in a short time of one key the first is put there, and those after it with the next.
        """
        count = self._refusals.count(arrival.principal.key_id)
        if not count:
            return
        findings = Findings()
        reason = REQUEST_TOO_LARGE if isinstance(error, TooLargeError) else UNDECODABLE
        # SDKs often do not show what the answer says, so that this may be the only place to read it.
        findings.add(Outcome.REFUSED, reason, where=error.message, count=count)
        message, entry = prepare_issues(findings, kind, body, arrival.door, arrival.principal, self._now_ns())
        with suppress(A11iError):
            await self._publish(arrival, message)
            self._ledger.note(happened([entry]))

    async def _run(self, function: Callable[..., T], *args: object) -> T:
        """Return what the function returns, run in a thread.

        A cancellation waits for it: a thread cannot be stopped, and until it ends its turn and room are not free.
        """
        running = asyncio.get_running_loop().run_in_executor(self._executor, function, *args)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            raise
        finally:
            # An error refers to this frame, and the future to the error: what was decompressed would stay with them.
            del running

    async def _publish_all(self, arrival: Arrival, messages: Sequence[Outgoing]) -> None:
        """Return when all are durable. Raises the first error; what was stored by then is known by its id."""
        if len(messages) == 1:
            return await self._publish(arrival, messages[0])
        try:
            async with asyncio.TaskGroup() as group:
                for message in messages:
                    group.create_task(self._publish(arrival, message))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return None

    async def _publish(self, arrival: Arrival, outgoing: Outgoing) -> None:
        tenant_id = arrival.principal.tenant_id
        async with self._publishing.turn(tenant_id, outgoing.size):
            message = Message(id=outgoing.id, key=tenant_id, payload=outgoing.encode())
            await self._bus.publish(topology.SPANS_RECEIVED, message)
            self._pace.published(len(message.payload))


@contextmanager
def _counting_refusals(door: str) -> Iterator[None]:
    try:
        yield
    except A11iError as error:
        metrics.INGEST_REQUESTS.labels(door, error.reason_name.lower()).inc()
        raise


def _receipt(door: str, kind: Kind, accepted: Accepted) -> Receipt:
    findings, rejected = accepted.findings, accepted.findings.rejected
    signal = kind.signal.name.lower()
    metrics.INGEST_REQUESTS.labels(door, "ok").inc()
    metrics.INGEST_ITEMS.labels(signal, "accepted").inc(accepted.items)
    metrics.INGEST_ITEMS.labels(signal, "rejected").inc(rejected)
    metrics.INGEST_ITEMS.labels(signal, "sampled_out").inc(accepted.sampled_out)
    for finding in findings:
        metrics.INGEST_ISSUES.labels(signal, finding.outcome, finding.reason).inc(finding.count)
    return Receipt(accepted=accepted.items, rejected=rejected, message=_message(kind, accepted))


def _message(kind: Kind, accepted: Accepted) -> str:
    """Return what to tell the client of items that were not taken as they came."""
    findings = accepted.findings
    if not findings:
        return ""
    sent = accepted.items + findings.rejected + accepted.sampled_out
    reasons = "; ".join(
        f"{finding.count} {finding.outcome}: {finding.reason}" + (f" ({finding.where})" if finding.where else "")
        for finding in findings
    )
    total = f"{findings.rejected} of {sent} {kind.noun} rejected. " if findings.rejected else ""
    return f"{total}{reasons}"[:_MESSAGE_CHARS]
