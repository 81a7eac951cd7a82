"""Turns at something scarce, shared between tenants by cost."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class _Turn:
    cost: int
    begun: asyncio.Future[None]


@dataclass(slots=True)
class _Line:
    """The turns that one tenant waits for, first come first served."""

    next_start: int
    """Virtual time at which the line's first turn starts."""
    waiting: deque[_Turn] = field(default_factory=deque)


class FairQueue:
    """Gives out a number of slots to the tenants that wait for one, each the same cost in the long run.

    Start-time fair queueing (Goyal, Vin, Cheng: SIGCOMM 1996): the tenant goes first whose turns have cost the least
    since it began to wait, so a tenant with little to do waits for about one turn of each other one, however many they
    have in line. Turns over `large_cost` never take the last slot, so that small ones need not wait for several large
    ones to end. Turns that have begun cost `max_cost` together at most, but one alone may cost more. Who waits is
    bounded by who is admitted. For one event loop.
    """

    def __init__(self, slots: int, *, large_cost: int | None = None, max_cost: int | None = None) -> None:
        self._free = slots
        self._large_cost = large_cost
        self._max_cost = max_cost
        self._cost = 0
        self._large_free = max(1, slots - 1)
        self._lines: dict[str, _Line] = {}
        self._virtual_time = 0

    @asynccontextmanager
    async def turn(self, tenant_id: str, cost: int) -> AsyncIterator[None]:
        """Hold a slot for the time of the block, once it is the tenant's turn. `cost` is in a unit of the caller's."""
        turn = _Turn(cost, asyncio.get_running_loop().create_future())
        line = self._lines.get(tenant_id)
        if line is None:
            line = self._lines[tenant_id] = _Line(self._virtual_time)
        line.waiting.append(turn)
        self._begin_turns()
        try:
            await turn.begun
        except asyncio.CancelledError:
            if turn.begun.cancelled():
                self._leave(tenant_id, line, turn)
            else:
                # It had begun when the cancellation came.
                self._end(turn)
            raise
        try:
            yield
        finally:
            self._end(turn)

    def waiting(self) -> int:
        """Return the number of turns that have not begun."""
        return sum(len(line.waiting) for line in self._lines.values())

    def _begin_turns(self) -> None:
        while self._free and (tenant_id := self._next()) is not None:
            line = self._lines[tenant_id]
            turn = line.waiting[0]
            if not (turn.begun.cancelled() or self._can_bear(turn)):
                # Nobody goes before: a turn that costs much would wait for ever.
                break
            line.waiting.popleft()
            if not line.waiting:
                del self._lines[tenant_id]
            if turn.begun.cancelled():
                continue
            self._virtual_time = line.next_start
            line.next_start += turn.cost
            self._free -= 1
            self._cost += turn.cost
            self._large_free -= self._is_large(turn)
            turn.begun.set_result(None)

    def _next(self) -> str | None:
        """Return the tenant whose turn it is; None if nobody's can begin."""
        able = (
            tenant_id
            for tenant_id, line in self._lines.items()
            if self._large_free or not self._is_large(line.waiting[0])
        )
        return min(able, key=lambda tenant_id: self._lines[tenant_id].next_start, default=None)

    def _end(self, turn: _Turn) -> None:
        self._free += 1
        self._cost -= turn.cost
        self._large_free += self._is_large(turn)
        self._begin_turns()

    def _leave(self, tenant_id: str, line: _Line, turn: _Turn) -> None:
        """Take out a turn that was cancelled, unless it has been passed over already."""
        if turn in line.waiting:
            line.waiting.remove(turn)
            if not line.waiting:
                del self._lines[tenant_id]
            # It may have been a large turn that kept a small one behind it from beginning.
            self._begin_turns()

    def _can_bear(self, turn: _Turn) -> bool:
        return self._max_cost is None or not self._cost or self._cost + turn.cost <= self._max_cost

    def _is_large(self, turn: _Turn) -> bool:
        return self._large_cost is not None and turn.cost > self._large_cost
