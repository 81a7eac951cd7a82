"""What a tenant's calls cost in a time, for budgets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from a11i_storage.clickhouse.call_costs import statement
from a11i_storage.clickhouse.calls_once import calls_once
from a11i_storage.clickhouse.connection import ClickHouse

_AT_ONCE: Final = 100
"""Questions of one statement, so that it stays within the memory that a query may use."""


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


class ClickHouseSpending:
    """Adds up costs. Safe for concurrent tasks."""

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse

    async def spent(self, tenant_id: str, questions: Sequence[SpendingQuestion]) -> list[Spent]:
        """Return the answers in the order of the questions. Raises UnavailableError, TooLargeError."""
        answers: list[Spent] = []
        for first in range(0, len(questions), _AT_ONCE):
            answers += await self._spent(tenant_id, questions[first : first + _AT_ONCE])
        return answers

    async def _spent(self, tenant_id: str, questions: Sequence[SpendingQuestion]) -> list[Spent]:
        projects = {question.project_id for question in questions}
        parameters: dict[str, object] = {
            "tenant_id": tenant_id,
            "only_projects": [] if "" in projects else sorted(projects),
            "start_ns": min(question.start_ns for question in questions),
            "end_ns": max(question.end_ns for question in questions),
            "starts": [question.start_ns for question in questions],
            "ends": [question.end_ns for question in questions],
            "projects": [question.project_id for question in questions],
            "keys": [question.key_id for question in questions],
            "users": [question.user_id for question in questions],
            "models": ["".join(_like(question.model.lower())) for question in questions],
        }
        table = await self._clickhouse.query(statement("spent").substitute(calls_once()), parameters)
        answers = [Spent()] * len(questions)
        for row in table.to_pylist():
            answers[row["question"]] = Spent(row["spent"], row["unpriced"])
        return answers


def _like(pattern: str) -> Iterator[str]:
    for character in pattern:
        if character == "*":
            yield "%"
        else:
            yield f"\\{character}" if character in "%_\\" else character
