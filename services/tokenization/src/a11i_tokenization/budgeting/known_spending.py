"""What is spent, from what was known at the look before and what is new since.

Sums are kept by groups of a tenant's traces. A look works out anew those groups of which a trace has something new:
late, corrected or sent again, it is stored anew. All of them it works out at first, once in a while, at the turn of
a period and for a new budget, when repricings may have written, as their copies count as stored when the originals
were, and when so much is new that there is no gain.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from a11i_storage.clickhouse import ClickHouseSpending, SpendingQuestion, Spent, Sums
from a11i_storage.clickhouse.spending import total, window
from a11i_storage.postgres import RepricingStore
from a11i_tokenization.settings import BudgetSettings

_S: Final = 1_000_000_000
_FEW_QUESTIONS: Final = 16
_MANY_GROUPS: Final = 4_096
"""In a month of a million traces there are 250 in each of them."""
_FEW_GROUPS: Final = 256
"""Of a tenant with many budgets, as each has a sum in each group."""
_MOST_SUMS: Final = 400_000
"""Of all tenants, about 100 MB. For tenants beyond each look is at all calls."""


class Spending(Protocol):
    """Something that knows what is spent."""

    async def spent(self, tenant_id: str, questions: Sequence[SpendingQuestion]) -> list[Spent]:
        """Return the answers in the order of the questions. Raises UnavailableError, TooLargeError."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A tenant's sums."""

    full_ns: int
    """When all were worked out."""
    time_ns: int
    """What was stored until then is in them, but for what was late."""
    of: int
    """Groups."""
    sums: Mapping[SpendingQuestion, Sums]

    @property
    def size(self) -> int:
        return sum(len(sums) for sums in self.sums.values())

    def serves(self, asked: Sequence[SpendingQuestion]) -> bool:
        """Return whether the sums are what would be worked out for these questions, asked together."""
        known = all(question in self.sums for question in asked)
        return known and window(asked) == window(self.sums.keys()) and self.of == _groups(asked)


class KnownSpending:
    """Knows what is spent, as ClickHouseSpending works it out, for one caller at a time."""

    def __init__(
        self,
        spending: ClickHouseSpending,
        repricings: RepricingStore,
        settings: BudgetSettings,
        *,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """`clock_ns` is compared with the times at which spans are stored."""
        self._spending = spending
        self._repricings = repricings
        self._late_ns = int(settings.late_s * _S)
        self._full_ns = int(settings.full_s * _S)
        self._clock_ns = clock_ns
        self._tenants: dict[str, _Known] = {}

    async def spent(self, tenant_id: str, questions: Sequence[SpendingQuestion]) -> list[Spent]:
        """Return the answers in the order of the questions. Raises UnavailableError, TooLargeError.

        What is asked for is remembered, and nothing else of the tenant is.
        """
        now_ns = self._clock_ns()
        asked = list(dict.fromkeys(questions))
        # Forgotten until all is known again: a look that fails in between leaves nothing half done.
        before = self._tenants.pop(tenant_id, None)
        groups = await self._touched(tenant_id, before, asked, now_ns)
        if before is None or groups is None:
            self._forget_old(now_ns)
            of = _groups(asked)
            sums = await self._spending.sums(tenant_id, asked, of=of)
            known = _Known(now_ns, now_ns, of, dict(zip(asked, sums, strict=True)))
        else:
            sums = await self._spending.sums(tenant_id, asked, groups, of=before.of)
            renewed = {
                question: {group: spent for group, spent in before.sums[question].items() if group not in groups} | new
                for question, new in zip(asked, sums, strict=True)
            }
            known = _Known(before.full_ns, now_ns, before.of, renewed)
        if known.size + sum(other.size for other in self._tenants.values()) <= _MOST_SUMS:
            self._tenants[tenant_id] = known
        return [total(known.sums[question]) for question in questions]

    async def _touched(
        self, tenant_id: str, before: _Known | None, asked: Sequence[SpendingQuestion], now_ns: int
    ) -> frozenset[int] | None:
        """Return the groups that have something new; None: all are to be worked out."""
        if before is None or not before.serves(asked) or now_ns >= before.full_ns + self._full_ns:
            return None
        since_ns = before.time_ns - self._late_ns
        if await self._repricings.wrote_since(tenant_id, datetime.fromtimestamp(since_ns / _S, UTC)):
            return None
        touched = await self._spending.touched(tenant_id, since_ns, of=before.of)
        return touched if len(touched) <= before.of // 2 else None

    def _forget_old(self, now_ns: int) -> None:
        """Forget tenants that have no budgets any more."""
        self._tenants = {
            tenant_id: known for tenant_id, known in self._tenants.items() if now_ns < known.time_ns + self._full_ns
        }


def _groups(questions: Sequence[SpendingQuestion]) -> int:
    return _MANY_GROUPS if len(questions) <= _FEW_QUESTIONS else _FEW_GROUPS
