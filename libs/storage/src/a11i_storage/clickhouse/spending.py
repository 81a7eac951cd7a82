"""What a tenant's calls cost in a time, for budgets."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from a11i_storage.clickhouse.call_costs import statement
from a11i_storage.clickhouse.calls_once import calls_once
from a11i_storage.clickhouse.connection import ClickHouse

_AT_ONCE: Final = 100
"""Questions of one statement, so that it stays within the memory that a query may use."""
MOST_GROUPS: Final = 65_536


@dataclass(frozen=True, slots=True)
class SpendingQuestion:
    """Which calls to add up; what is empty fits all of them."""

    start_ns: int
    """Calls that began then or later."""
    end_ns: int
    """Calls that began before."""
    project_id: str = ""
    key_id: str = ""
    user_id: str = ""
    model: str = ""
    """With `*` for any characters, compared without case."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What they cost."""

    usd: Decimal = Decimal(0)
    unpriced_calls: int = 0


Sums = dict[int, Spent]
"""What was spent, by groups of traces; groups in which nothing was are left out."""


class ClickHouseSpending:
    """Adds up costs. Safe for concurrent tasks. Every method raises UnavailableError, TooLargeError.

    Traces are in groups by a hash of their ids, and of groups there are `of`, a power of 2: what is new touches few of
    them, and what counts of a trace follows from the trace alone.
    """

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse

    async def spent(self, tenant_id: str, questions: Sequence[SpendingQuestion]) -> list[Spent]:
        """Return the answers in the order of the questions, from all calls."""
        return [total(sums) for sums in await self.sums(tenant_id, questions, of=1)]

    async def sums(
        self, tenant_id: str, questions: Sequence[SpendingQuestion], groups: Collection[int] | None = None, *, of: int
    ) -> list[Sums]:
        """Return the answers in the order of the questions, of these groups alone if any are named.

        Which spans of a trace are looked at follows from all the questions: those in their `window`.
        """
        answers: list[Sums] = [{} for _ in questions]
        if not questions or (groups is not None and not groups):
            return answers
        sql = statement("spent").substitute(calls_once(), group=_group(of), only=_only(groups, of))
        start_ns, end_ns = window(questions)
        of_all = {"tenant_id": tenant_id, "start_ns": start_ns, "end_ns": end_ns}
        for first in range(0, len(questions), _AT_ONCE):
            parameters = {**of_all, **_bound(questions[first : first + _AT_ONCE])}
            table = await self._clickhouse.query(sql, parameters)
            for row in table.to_pylist():
                answers[first + row["question"]][row["trace_group"]] = Spent(row["spent"], row["unpriced"])
        return answers

    async def touched(self, tenant_id: str, since_ns: int, *, of: int) -> frozenset[int]:
        """Return the groups of the traces of which something was stored since a time, by the writers' clocks.

        Copies of repriced calls are not among it, nor is what was deleted.
        """
        sql = statement("touched_groups").substitute(group=_group(of))
        table = await self._clickhouse.query(sql, {"tenant_id": tenant_id, "since_ns": since_ns})
        return frozenset(row["trace_group"] for row in table.to_pylist())


def window(questions: Collection[SpendingQuestion]) -> tuple[int, int]:
    """Return from when to when spans are looked at, and shortly before: the same for all that is asked at once."""
    return min(question.start_ns for question in questions), max(question.end_ns for question in questions)


def _bound(questions: Sequence[SpendingQuestion]) -> dict[str, object]:
    projects = {question.project_id for question in questions}
    return {
        "only_projects": [] if "" in projects else sorted(projects),
        "starts": [question.start_ns for question in questions],
        "ends": [question.end_ns for question in questions],
        "projects": [question.project_id for question in questions],
        "keys": [question.key_id for question in questions],
        "users": [question.user_id for question in questions],
        "models": ["".join(_like(question.model.lower())) for question in questions],
    }


def _group(of: int) -> str:
    """Return the expression of a trace's group."""
    if not (0 < of <= MOST_GROUPS and of.bit_count() == 1):
        raise ValueError(f"{of} is no number of groups")
    return f"toUInt32(bitAnd(sipHash64(trace_id), {of - 1:d}))"


def _only(groups: Collection[int] | None, of: int) -> str:
    """Return the clause that chooses groups; None: all."""
    numbers = ", ".join(f"{group:d}" for group in sorted(groups or ()))
    return "" if groups is None else f"PREWHERE {_group(of)} IN ({numbers})"


def total(sums: Sums) -> Spent:
    """Return what was spent in all groups."""
    usd, unpriced = Decimal(0), 0
    for spent in sums.values():
        usd += spent.usd
        unpriced += spent.unpriced_calls
    return Spent(usd, unpriced)


def _like(pattern: str) -> Iterator[str]:
    for character in pattern:
        if character == "*":
            yield "%"
        else:
            yield f"\\{character}" if character in "%_\\" else character
