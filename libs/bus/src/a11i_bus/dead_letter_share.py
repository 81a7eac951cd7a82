"""Stops a stage that would give up too large a share of what it works on."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from a11i_bus.health import StageHealth, Trouble
from a11i_bus.settings import DeadLetterLimit

_WINDOW_S: Final = 60.0
_BUCKET_S: Final = 1.0
_ENOUGH_OF_OTHERS: Final = 10
"""Items of other tenants that show whether a tenant's failures are its own or the stage's."""

_log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class _Count:
    passed: int = 0
    failed: int = 0

    def add(self, other: "_Count", sign: int = 1) -> None:
        self.passed += sign * other.passed
        self.failed += sign * other.failed

    @property
    def items(self) -> int:
        return self.passed + self.failed

    @property
    def share(self) -> float:
        return self.failed / self.items if self.items else 0.0


@dataclass(slots=True)
class _Bucket:
    begun: float
    tenants: dict[str, _Count] = field(default_factory=dict)


class DeadLetterShare:
    """Counts items that a stage passed on and gave up in the last minute, and says when to stop.

    A defect of the stage, or of what it depends on, fails most items of all tenants: giving them up would empty the
    topic into the dead letters. One tenant whose items are all bad does not stop the work for the others, as long as
    those are there to show that the stage can.
    """

    def __init__(
        self, stage: str, limit: DeadLetterLimit, health: StageHealth, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._stage = stage
        self._limit = limit
        self._health = health
        self._now = now
        self._buckets: deque[_Bucket] = deque()
        self._tenants: dict[str, _Count] = {}
        self._probe_at: float | None = None

    @property
    def stopped(self) -> bool:
        """Whether the stage takes no work but, now and then, a probe."""
        return self._probe_at is not None

    def pause_s(self) -> float:
        """Return how long until the next batch may be taken: 0 unless the stage is stopped."""
        return max(0.0, self._probe_at - self._now()) if self._probe_at is not None else 0.0

    def passed(self, tenant_id: str, items: int) -> None:
        """Count items that the stage passed on. A stopped stage that passes a probe goes on."""
        if self._probe_at is not None and self._probe_at <= self._now():
            self._probe_at = None
            self._buckets.clear()
            self._tenants.clear()
            self._health.report(self._stage, Trouble.DEAD_LETTERS, there=False)
            _log.info("stage_resumed", stage=self._stage)
        self._add(tenant_id, _Count(passed=items))

    def allows(self, tenant_id: str, items: int) -> bool:
        """Return whether the stage may give up these items, and count them if so. If not, it is stopped."""
        if self._probe_at is not None:
            self._probe_at = max(self._probe_at, self._now() + self._limit.pause_s)
            return False
        self._add(tenant_id, _Count(failed=items))
        total = self._too_many()
        if total is None:
            return True
        self._probe_at = self._now() + self._limit.pause_s
        self._health.report(self._stage, Trouble.DEAD_LETTERS, there=True)
        _log.error(
            "stage_stopped",
            stage=self._stage,
            would_give_up=total.failed,
            of_items=total.items,
            in_s=_WINDOW_S,
            limit=self._limit.share,
            probe_in_s=self._limit.pause_s,
        )
        return False

    def _too_many(self) -> _Count | None:
        """Return the count of all tenants if too large a share of it failed, and not for one tenant alone."""
        total = _Count()
        for count in self._tenants.values():
            total.add(count)
        if total.items < self._limit.min_items or total.share <= self._limit.share:
            return None
        worst = max(self._tenants.values(), key=lambda count: count.failed)
        others = _Count(total.passed - worst.passed, total.failed - worst.failed)
        if others.items >= _ENOUGH_OF_OTHERS and others.share <= self._limit.share:
            return None
        return total

    def _add(self, tenant_id: str, count: _Count) -> None:
        now = self._now()
        while self._buckets and self._buckets[0].begun <= now - _WINDOW_S:
            for name, old in self._buckets.popleft().tenants.items():
                if old.items:
                    self._tenants[name].add(old, sign=-1)
                    if not self._tenants[name].items:
                        del self._tenants[name]
        if not self._buckets or self._buckets[-1].begun <= now - _BUCKET_S:
            self._buckets.append(_Bucket(now))
        self._buckets[-1].tenants.setdefault(tenant_id, _Count()).add(count)
        self._tenants.setdefault(tenant_id, _Count()).add(count)
