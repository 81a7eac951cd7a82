"""The rule by which each call of a trace counts once, as parts of the statements that add up calls."""

from functools import cache
from importlib import resources


@cache
def calls_once() -> dict[str, str]:
    """Return what stands in such statements: `$span_usage`, of each row, and `$calls_once`, of their traces.

    The files of these names say what the expressions take and give.
    """
    return {name: _part(name) for name in ("span_usage", "calls_once")}


def _part(name: str) -> str:
    text = (resources.files(__package__) / f"{name}.sql").read_text()
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))
