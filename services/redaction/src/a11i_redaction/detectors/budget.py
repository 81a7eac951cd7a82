"""The time that the detectors may take for one text."""

import time
from collections.abc import Callable
from typing import Final

_LOOKS: Final = 32
"""How many steps pass between two looks at the clock: a step takes 10 to 300 microseconds."""


class BudgetExceededError(Exception):
    """A text took longer, or has more for the language model, than it may. It holds no text."""


class Budget:
    """Counts the time between `begin` and `end` of each look at one text, against one limit for all of them."""

    __slots__ = ("_clock", "_deadline", "_left_s", "_steps")

    def __init__(self, limit_s: float, clock: Callable[[], float] = time.thread_time) -> None:
        """Take the limit in seconds. The clock is the thread's: a busy machine makes no text slow."""
        self._clock = clock
        self._left_s = limit_s
        self._deadline = 0.0
        self._steps = 0

    def begin(self) -> None:
        """Start to count."""
        self._deadline = self._clock() + self._left_s

    def end(self) -> None:
        """Stop counting. Raises BudgetExceededError if the time is over."""
        self._left_s = self._deadline - self._clock()
        if self._left_s < 0:
            raise BudgetExceededError

    def step(self) -> None:
        """Go on with the next piece of work. Raises BudgetExceededError if the time is over, some steps later."""
        self._steps += 1
        if self._steps % _LOOKS == 0:
            self.check()

    def check(self) -> None:
        """Look at the clock, before a piece of work that can take long. Raises BudgetExceededError."""
        if self._clock() > self._deadline:
            raise BudgetExceededError
