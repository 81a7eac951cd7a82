"""Values that stand beside or below a name such as `password` without a sign: in rows, under labels, in fences."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from a11i_redaction.detectors.assignments import SCANNED_NAMES
from a11i_redaction.detectors.budget import Budget
from a11i_redaction.detectors.secret_names import NAMES, TAIL

GATE: Final = rf"(?i)(?:{SCANNED_NAMES}){TAIL}(?:[ ]is)?[*`:\"']{{0,4}}(?:\t|[ ]{{2}}|[ ]*\r?\n)"
"""What the prefilter looks for: a name with something behind it that ends it."""
_ROW: Final = re.compile(
    r"[ \t>#*`\-+]{0,12}(?:[^\W\d_][\w'.]{0,19}[ ]){0,5}"
    rf"(?P<name>(?i:[\w.\-/:]{{0,60}}?(?:{NAMES}){TAIL}))(?:[ ]is)?[*`:\"']{{0,4}}"
    r"(?P<joint>\t[ \t]{0,8}|[ ]{2,40}"
    r"|[ \t]{0,8}(?:\r?\n[ \t>]{0,24}){1,3}(?:`{3}[a-z]{0,12}\r?\n[ \t]{0,24})?)"
    r"[*`\"']{0,3}(?P<value>[^\s`\"'\x1a]{4,})[*`\"']{0,3}[ \t]{0,8}(?=\r?\n|\Z)"
)
_LONGEST_LABEL: Final = 160
"""Characters of a line before the end of the name."""
_KEY: Final = re.compile(r"[\w.\-/]{1,60}:")
"""A name of something else in the place of a value."""


class Beside(NamedTuple):
    """A value that may be a secret."""

    start: int
    end: int
    name: str
    below: bool
    """Whether it stands on a line of its own, where less says that it belongs to the name."""


def beside(text: str, ends: Iterable[int], budget: Budget) -> Iterator[Beside]:
    """Yield what stands alone beside a name, or below it. `ends` are the prefilter's, rising: behind the names."""
    done = -1
    for end in ends:
        begin = text.rfind("\n", max(0, end - _LONGEST_LABEL), max(0, end - 1)) + 1
        if begin <= done:
            continue
        done = begin
        budget.step()
        row = _ROW.match(text, begin)
        if row is not None and not _KEY.fullmatch(row["value"]):
            yield Beside(*row.span("value"), row["name"], "\n" in row["joint"])
