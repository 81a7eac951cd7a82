"""How much is read and worked on at once, and whose it is."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from a11i_chassis import metrics
from a11i_chassis.errors import OverloadedError

MAX_WAIT_S: Final = 2.0
"""For room. A fifth of the time after which exporters give a request up, so that they can still send again."""
SLOW_READ_S: Final = 1.0
"""A body that takes longer to come gives its room back while others wait for it."""
_SLOW_READ_GRAIN_S: Final = 0.25
"""How often slow bodies are looked for while somebody waits."""
_RETRY_DELAYS_S: Final = (1.0, 2.5, 1.5, 3.0, 2.0, 3.5)
"""Advised in turn, so that those who are refused together do not come back together. OTLP exporters give up on a hint
beyond what is left of their 10 s."""


@dataclass(slots=True, eq=False)
class _Waiter:
    size_bytes: int
    granted: asyncio.Future[bool]
    """False: refused."""


@dataclass(slots=True, eq=False)
class _Tenant:
    """What one tenant holds and waits for."""

    tenant_id: str
    held_bytes: int = 0
    held_requests: int = 0
    last_grant: int = 0
    waiting: deque[_Waiter] = field(default_factory=deque)
    reading: "dict[Reservation, None]" = field(default_factory=dict)
    """The oldest first."""


class Reservation:
    """Room for one request, until the block of `Admission.reserve` ends."""

    def __init__(self, admission: "Admission", tenant: _Tenant, size_bytes: int) -> None:
        self._admission = admission
        self.tenant = tenant
        self._deadline: asyncio.Timeout | None = None
        self._evicted = False
        self.size_bytes = size_bytes
        """Bytes that are held."""
        self.read_since_s = 0.0
        """Time of the event loop's clock."""

    def resize(self, size_bytes: int) -> None:
        """Hold `size_bytes` from now on. What is over the bound holds up those who wait, not this request."""
        self._admission.hold(self.tenant, size_bytes - self.size_bytes)
        self.size_bytes = size_bytes

    @asynccontextmanager
    async def reading(self, timeout_s: float) -> AsyncIterator[None]:
        """Read the body in the block.

        Raises TimeoutError after `timeout_s`, and OverloadedError before if the body is slow and others wait for room.
        """
        self.read_since_s = asyncio.get_running_loop().time()
        self.tenant.reading[self] = None
        try:
            async with asyncio.timeout(timeout_s) as self._deadline:
                yield
        except TimeoutError:
            if self._evicted:
                raise self._admission.refusal("slow_read", "others waited, and the request was slow to come") from None
            raise
        finally:
            del self.tenant.reading[self]

    def evict(self) -> None:
        """End the reading."""
        if self._deadline is not None and not self._deadline.expired():
            self._evicted = True
            self._deadline.reschedule(self.read_since_s)


class Admission:
    """Bounds the requests that are read and worked on and their bytes, and shares the room between tenants.

    A tenant may hold half of it, however few others there are, so that who comes next finds some at once. Where there
    is none, requests wait in a line for each tenant, first come first served, and what becomes free goes to the tenant
    that holds the least. As many wait at most as may be in flight; beyond, the longest line loses its last one.
    For one event loop.
    """

    def __init__(
        self, *, max_bytes: int, max_requests: int, max_wait_s: float = MAX_WAIT_S, slow_read_s: float = SLOW_READ_S
    ) -> None:
        self._max_bytes = max_bytes
        self._max_requests = max_requests
        self._tenant_max_bytes = max_bytes // 2
        self._tenant_max_requests = max(1, max_requests // 2)
        self._max_wait_s = max_wait_s
        self._slow_read_s = slow_read_s
        self._bytes = self._requests = self._waiting = 0
        self._grants = self._refusals = 0
        self._tenants: dict[str, _Tenant] = {}
        self._slow_read_timer: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def reserve(self, tenant_id: str, size_bytes: int) -> AsyncIterator[Reservation]:
        """Hold room for a request of up to `size_bytes` for the time of the block.

        One that is larger than all room is let in alone. Raises OverloadedError if there is none within `max_wait_s`.
        """
        reservation = await self._wait(tenant_id, min(size_bytes, self._max_bytes))
        try:
            yield reservation
        finally:
            self._release(reservation)

    def hold(self, tenant: _Tenant, size_bytes: int) -> None:
        """Let a tenant hold more bytes than it does, or less if `size_bytes` is below 0."""
        self._account(tenant, size_bytes, 0)
        if size_bytes < 0:
            self._grant()

    def refusal(self, limit: str, because: str) -> OverloadedError:
        """Return the error for a request that is refused for now, and count it by what it met."""
        metrics.INGEST_REFUSED.labels(limit).inc()
        self._refusals += 1
        delay_s = _RETRY_DELAYS_S[self._refusals % len(_RETRY_DELAYS_S)]
        return OverloadedError(f"ingest is busy and took nothing ({because}); send again", retry_delay_s=delay_s)

    async def _wait(self, tenant_id: str, size_bytes: int) -> Reservation:
        loop = asyncio.get_running_loop()
        tenant = self._tenants.setdefault(tenant_id, _Tenant(tenant_id))
        waiter = _Waiter(size_bytes, loop.create_future())
        tenant.waiting.append(waiter)
        self._count_waiting(1)
        self._grant()
        if self._waiting > self._max_requests:
            self._refuse_last_of_longest_line()
        if waiter.granted.done():
            if not waiter.granted.result():
                raise self.refusal("waiting", "too many requests wait")
            return Reservation(self, tenant, size_bytes)
        self._watch_slow_reads()
        timer = loop.call_later(self._max_wait_s, self._give_up, tenant, waiter)
        try:
            granted = await waiter.granted
        except asyncio.CancelledError:
            self._give_up(tenant, waiter)
            if not waiter.granted.cancelled() and waiter.granted.result():
                # It had been granted when the cancellation came.
                self._release(Reservation(self, tenant, size_bytes))
            raise
        finally:
            timer.cancel()
        if not granted:
            raise self.refusal("room", f"no room became free in {self._max_wait_s:g} seconds")
        return Reservation(self, tenant, size_bytes)

    def _grant(self) -> None:
        """Let in who waits, as far as there is room."""
        while self._waiting and (tenant := self._next()) is not None:
            waiter = tenant.waiting[0]
            if not self._has_room(waiter):
                # Nobody goes before: a large request would wait for ever.
                break
            tenant.waiting.popleft()
            self._count_waiting(-1)
            if waiter.granted.done():
                self._forget_if_gone(tenant)
                continue
            self._grants += 1
            tenant.last_grant = self._grants
            self._account(tenant, waiter.size_bytes, 1)
            waiter.granted.set_result(True)

    def _next(self) -> _Tenant | None:
        """Return the tenant that goes next: of those that may hold more, the one that holds the least."""
        able = (tenant for tenant in self._tenants.values() if tenant.waiting and self._may_hold_more(tenant))
        return min(able, key=lambda tenant: (tenant.held_bytes, tenant.last_grant), default=None)

    def _may_hold_more(self, tenant: _Tenant) -> bool:
        """Return whether the tenant's own share has room for its next request."""
        if not tenant.held_requests:
            return True
        wanted = tenant.held_bytes + tenant.waiting[0].size_bytes
        return tenant.held_requests < self._tenant_max_requests and wanted <= self._tenant_max_bytes

    def _has_room(self, waiter: _Waiter) -> bool:
        if not self._requests:
            return True
        return self._requests < self._max_requests and self._bytes + waiter.size_bytes <= self._max_bytes

    def _release(self, reservation: Reservation) -> None:
        self._account(reservation.tenant, -reservation.size_bytes, -1)
        self._forget_if_gone(reservation.tenant)
        self._grant()

    def _account(self, tenant: _Tenant, size_bytes: int, requests: int) -> None:
        tenant.held_bytes += size_bytes
        tenant.held_requests += requests
        self._bytes += size_bytes
        self._requests += requests
        metrics.INGEST_BYTES_IN_FLIGHT.inc(size_bytes)
        metrics.INGEST_REQUESTS_IN_FLIGHT.inc(requests)

    def _count_waiting(self, change: int) -> None:
        self._waiting += change
        metrics.INGEST_REQUESTS_WAITING.inc(change)

    def _give_up(self, tenant: _Tenant, waiter: _Waiter) -> None:
        """Take a waiter out of its line, if it is still there, and refuse it."""
        if waiter in tenant.waiting:
            tenant.waiting.remove(waiter)
            self._count_waiting(-1)
            self._forget_if_gone(tenant)
            # It may have been a large request that kept another behind it from having room.
            self._grant()
        if not waiter.granted.done():
            waiter.granted.set_result(False)

    def _refuse_last_of_longest_line(self) -> None:
        tenant = max(self._tenants.values(), key=lambda tenant: len(tenant.waiting))
        self._give_up(tenant, tenant.waiting[-1])

    def _forget_if_gone(self, tenant: _Tenant) -> None:
        if not tenant.held_requests and not tenant.waiting:
            self._tenants.pop(tenant.tenant_id, None)

    def _watch_slow_reads(self) -> None:
        if self._slow_read_timer is None:
            loop = asyncio.get_running_loop()
            self._slow_read_timer = loop.call_later(_SLOW_READ_GRAIN_S, self._end_slow_reads)

    def _end_slow_reads(self) -> None:
        """Make slow bodies give their room back, the slowest first, as many as there are requests that wait for it."""
        self._slow_read_timer = None
        if not self._waiting:
            return
        slow_before_s = asyncio.get_running_loop().time() - self._slow_read_s
        reading = [
            read for tenant in self._in_the_way() for read in tenant.reading if read.read_since_s < slow_before_s
        ]
        for read in sorted(reading, key=lambda read: read.read_since_s)[: self._waiting]:
            read.evict()
        self._watch_slow_reads()

    def _in_the_way(self) -> Iterator[_Tenant]:
        """Yield the tenants for whose room somebody waits: they themselves, or if all room is taken those with most."""
        tenants = self._tenants.values()
        all_taken = any(tenant.waiting and self._may_hold_more(tenant) for tenant in tenants)
        for tenant in tenants:
            holds_most = tenant.held_bytes * len(tenants) >= self._bytes
            if (tenant.waiting and not self._may_hold_more(tenant)) or (all_taken and holds_most):
                yield tenant
