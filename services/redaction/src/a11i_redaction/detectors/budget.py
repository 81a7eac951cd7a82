"""The time that the detectors may take for one text."""

import time
from collections.abc import Callable
from typing import Final

_LOOKS: Final = 32
"""How many steps pass between two looks at the clock: a step takes 10 to 300 microseconds."""


class BudgetExceededError(Exception):
    """A text took longer, or has more for the language model, than it may. It holds no text."""


class Budget:
    """Counts the time between `begin` and `end` of each piece of work on one text, against one limit for all of them.

    A piece of work can be part of another one, whose `begin` and `end` then count.
    """

    __slots__ = ("_clock", "_deadline", "_depth", "_left_s", "_steps", "_wall", "_wall_deadline")

    def __init__(
        self,
        limit_s: float,
        clock: Callable[[], float] = time.thread_time,
        wall: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Take the limit in seconds. The clock is the thread's: a busy machine makes no text slow.

        The wall's clock is never slower and read in a fiftieth of the time: while there is time left by that, the
        thread's need not be looked at.
        """
        self._clock = clock
        self._wall = wall
        self._left_s = limit_s
        self._deadline = self._wall_deadline = 0.0
        self._depth = 0
        self._steps = 0

    def now(self) -> float:
        """Look at the clock, which can take as long as a step."""
        return self._clock()

    def begin(self, now: float | None = None) -> None:
        """Start to count, from `now` if the clock has just been looked at."""
        if self._depth == 0:
            self._deadline = (self._clock() if now is None else now) + self._left_s
            self._wall_deadline = self._wall() + self._left_s
        self._depth += 1

    def end(self) -> float | None:
        """Stop counting. Return what the clock says, if it was looked at.

        Raises BudgetExceededError if the time is over.
        """
        self._depth -= 1
        if self._depth:
            return None
        now = self._clock()
        self._left_s = self._deadline - now
        if self._left_s < 0:
            raise BudgetExceededError
        return now

    def charge(self, seconds: float) -> None:
        """Count time that passed outside of `begin` and `end`."""
        self._left_s -= seconds

    def spend(self) -> None:
        """Leave no time at all."""
        self._left_s = -1.0

    @property
    def over(self) -> bool:
        """Whether no time is left, while it is not counted."""
        return self._left_s < 0

    def step(self) -> None:
        """Go on with the next piece of work. Raises BudgetExceededError if the time is over, some steps later."""
        self._steps += 1
        if self._steps % _LOOKS == 0:
            self.check()

    def check(self) -> None:
        """Look at the clock, before a piece of work that can take long. Raises BudgetExceededError."""
        if self._wall() > self._wall_deadline:
            left = self._deadline - self._clock()
            if left < 0:
                raise BudgetExceededError
            self._wall_deadline = self._wall() + left
