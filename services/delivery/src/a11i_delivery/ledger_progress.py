"""How far the ledger's intake has come."""

import time
from collections.abc import Callable


class LedgerProgress:
    """What the intake tells the auditor. Times are nanoseconds since the epoch."""

    def __init__(self, *, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._begun_ns = now_ns()
        self._caught_up_ns = 0
        self._reached_ns = 0

    def caught_up(self, time_ns: int) -> None:
        """Say that all that was published by then is stored."""
        self._caught_up_ns = max(self._caught_up_ns, time_ns)

    def took(self, oldest_ns: int) -> None:
        """Say of when the oldest entry is that was stored just now."""
        self._reached_ns = oldest_ns

    def lag_s(self, now_ns: int) -> float:
        """Return by how much the store is behind what happens, in seconds, as far as this process can tell.

        Before it stored anything that is how long it has been there.
        """
        return max(0, now_ns - (self._came_to_ns or self._begun_ns)) / 1e9

    def known_ns(self, now_ns: int, *, longest_wait_s: float) -> int:
        """Return a time by which everything that was published is stored; 0: nobody can say.

        `longest_wait_s`: a message waits no longer that a process died with, if the intake is not behind. While several
        processes share the topic none of them ever holds all that waits.
        """
        if not self._came_to_ns:
            return 0
        return max(self._caught_up_ns, now_ns - int((longest_wait_s + self.lag_s(now_ns)) * 1e9))

    @property
    def _came_to_ns(self) -> int:
        """The time of what was stored last; 0: nothing was so far."""
        return max(self._caught_up_ns, self._reached_ns)
