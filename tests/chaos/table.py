"""The table at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.chaos.books import off
from tests.chaos.trial import Outcome

_HEAD = (
    *("seed", "sent", "acked", "stored", "dead", "lost", "dup", "phantom", "wrong", "tokens", "USD", "ledger"),
    *("s", "verdict"),
)


def report(outcomes: Sequence[Outcome]) -> str:
    """Return both tables: what was done, and what came of it."""
    return f"{actions(outcomes)}\n\n{table(outcomes)}"


def table(outcomes: Sequence[Outcome]) -> str:
    """Return a line for each seed."""
    rows = [_HEAD, *(_row(outcome) for outcome in outcomes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def actions(outcomes: Sequence[Outcome]) -> str:
    """Return each action, with how many seeds it came to what it is for in, and how many it did not."""
    done = Counter(name for outcome in outcomes for name in outcome.deeds.done)
    missed = Counter(name for outcome in outcomes for name in outcome.deeds.missed)
    names = sorted(done.keys() | missed.keys())
    width = max((len(name) for name in names), default=0)
    return "\n".join(
        f"{name.ljust(width)}  {done[name]:>3} done" + (f", {missed[name]} missed" if missed[name] else "")
        for name in names
    )


def _row(outcome: Outcome) -> tuple[str, ...]:
    verdict = outcome.verdict
    numbers = (
        *(outcome.seed, verdict.sent, verdict.acknowledged, verdict.stored, verdict.dead_lettered),
        *(len(verdict.lost), verdict.duplicated, len(verdict.phantom), len(verdict.wrong), verdict.token_difference),
    )
    return (
        *map(str, numbers),
        f"{verdict.cost_difference_usd:.6f}",
        str(off(outcome.books, verdict)),
        f"{outcome.took_s:.0f}",
        _word(outcome),
    )


def _word(outcome: Outcome) -> str:
    if outcome.clean:
        return "ok"
    if outcome.stuck:
        return f"stuck: {outcome.stuck}"
    return "FAILED" if outcome.books.balanced else f"FAILED; ledger: {outcome.books.said}"
