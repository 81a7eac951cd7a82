"""Work that one process at a time does: it holds a lease on it, and says with each step that it still does."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from a11i_chassis.errors import TransientError
from a11i_chassis.waiting import Stopping, stopped_within

T = TypeVar("T")


class LeaseLostError(Exception):
    """Somebody ended the work, or another process took it over."""


@dataclass(frozen=True, slots=True)
class LeaseTimes:
    """How long a lease lasts, and how long its holder waits."""

    lease_s: float
    """After so many seconds without a word of the holder's, another process takes the work over."""
    pause_s: float
    """Between tries of what cannot be done now."""


class Lease:
    """A lease on a piece of work, held on for as long as its steps take."""

    def __init__(
        self,
        renew: Callable[[], Awaitable[bool]],
        times: LeaseTimes,
        stop: asyncio.Event,
        waits: Callable[[TransientError], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`renew` says that the lease goes on, and is told whether it does. `waits` hears why a step is tried again."""
        self._renew = renew
        self._times = times
        self._stop = stop
        self._waits = waits
        self._clock = clock
        self._held_at = clock()

    async def insist(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return what a call does, however long it takes, and once what it needs is there.

        Raises LeaseLostError and Stopping, and what the call raises but TransientError.
        """
        while True:
            try:
                return await self._meanwhile_held(call())
            except TransientError as error:
                self._waits(error)
                await self.pause()

    async def pause(self) -> None:
        """Wait before another try. Raises LeaseLostError and Stopping."""
        if await stopped_within(self._stop, self._times.pause_s):
            raise Stopping
        await self.hold()

    async def hold(self, *, always: bool = False) -> None:
        """Hold the lease on if it was long ago that it was, or `always`. Raises LeaseLostError and Stopping."""
        if self._stop.is_set():
            raise Stopping
        if always or self._clock() - self._held_at > self._times.lease_s / 4:
            await self.note(self._renew())

    async def note(self, step: Awaitable[bool]) -> None:
        """Do a step that is done for the lease's holder alone, and holds it on: it says whether it was.

        Raises LeaseLostError where it was not, Stopping after it was, and what the step raises.
        """
        asked_at = self._clock()
        if not await step:
            raise LeaseLostError
        self._held_at = asked_at
        if self._stop.is_set():
            raise Stopping

    async def _meanwhile_held(self, call: Coroutine[Any, Any, T]) -> T:
        task = asyncio.ensure_future(call)
        try:
            while not (await asyncio.wait({task}, timeout=self._times.pause_s))[0]:
                await self.hold()
            return task.result()
        finally:
            task.cancel()
            await asyncio.wait({task})


async def work_off(
    claim: Callable[[uuid.UUID], Awaitable[T | None]],
    carry_out: Callable[[T, uuid.UUID], Awaitable[None]],
    stop: asyncio.Event,
    interval_s: float,
    *,
    waits: Callable[[TransientError], None],
    failed: Callable[[Exception, T | None], None],
) -> None:
    """Claim work and carry it out, piece after piece, until `stop` is set; without any, look again after a time.

    Both are told the owner's id. `waits` hears why nothing can be claimed or noted now, `failed` of a defect at a
    piece: that must not end the others, and the piece is tried again when its lease has run out.
    """
    owner = uuid.uuid4()
    while not stop.is_set():
        claimed = None
        try:
            claimed = await claim(owner)
            if claimed is not None:
                await carry_out(claimed, owner)
                continue
        except TransientError as error:
            waits(error)
        except Exception as error:
            failed(error, claimed)
            owner = uuid.uuid4()
        await stopped_within(stop, interval_s)
