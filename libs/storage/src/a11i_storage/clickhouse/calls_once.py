"""The rule by which each call of a trace counts once, as a part of the statements that add up calls."""

from functools import cache
from importlib import resources
from typing import Final

_IS_COUNTED: Final = (
    "(input_source IN ('counted', 'estimated') OR output_source IN ('counted', 'estimated'))"
    " AND input_source != 'reported' AND output_source != 'reported'"
)


@cache
def calls_once() -> dict[str, str]:
    """Return what stands in such statements: `$calls_once`, and `$is_counted`, whether no provider reported a span's
    tokens. `calls_once.sql` says what the expressions take and give."""
    text = (resources.files(__package__) / "calls_once.sql").read_text()
    steps = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    return {"calls_once": steps, "is_counted": f"({_IS_COUNTED})"}
