"""The labelled set: cases made of the templates of one part, the same in each run."""

from collections.abc import Iterable, Sequence
from typing import Final

from tests.bench.redaction import kept, templates_labels, templates_machine, templates_numbers, templates_prose
from tests.bench.redaction.disguises import DISGUISES, WRAPS
from tests.bench.redaction.kinds import KINDS, Drawer
from tests.bench.redaction.labels import Case, Part, Template, render

OPEN: Final[Sequence[Template]] = (*templates_prose.TEMPLATES, *templates_machine.TEMPLATES)
"""Templates to work with: every other one is for development, the rest to check that the work was not for them alone.
"""
FURTHER: Final[Sequence[Template]] = (*templates_numbers.TEMPLATES, *templates_labels.TEMPLATES)
"""More for development alone."""
DRAWS: Final = 3
"""How often each template is filled."""
_TEMPLATES_A_TEXT: Final = 9
_TURNS: Final = {
    "vendor_key": 1,
    "near_miss": 1,
    "id": 3,
    "number": 6,
    "phone": 1,
    "lookalike": 2,
    "card": 2,
    "iban": 2,
}
"""Kinds of which every variant is drawn so often in each part: their templates are filled again until it is so."""


def templates_of(part: Part) -> list[Template]:
    """Return the templates of a part."""
    if part is Part.FINAL:
        return list(kept.TEMPLATES)
    return [*OPEN[::2], *FURTHER] if part is Part.DEVELOPMENT else list(OPEN[1::2])


def cases(part: Part, draws: int = DRAWS) -> list[Case]:
    """Return the cases of a part."""
    drawer = Drawer(f"{part.value}/1")
    templates = templates_of(part)
    made = [render(template, drawer.draw, DISGUISES, WRAPS) for _ in range(draws) for template in templates]
    for kind, rounds in _TURNS.items():
        made.extend(_more(kind, rounds * len(KINDS[kind]), templates, made, drawer))
    return made


def _more(kind: str, wanted: int, templates: Iterable[Template], made: Iterable[Case], drawer: Drawer) -> list[Case]:
    """Return more cases of the templates that draw the kind, until so many cases draw it."""
    users = [template for template in templates if kind in template.kinds]
    missing = wanted - sum(kind in case.template.kinds for case in made) if users else 0
    return [render(users[number % len(users)], drawer.draw, DISGUISES, WRAPS) for number in range(missing)]


def dense_texts(seed: str, count: int) -> list[str]:
    """Return texts of about a kilobyte that are dense in values, no two of them the same."""
    drawer = Drawer(seed)
    plain = [template for template in OPEN if not template.wrap]
    lines = [
        render(plain[number % len(plain)], drawer.draw, DISGUISES, WRAPS).text
        for number in range(count * _TEMPLATES_A_TEXT)
    ]
    starts = range(0, len(lines), _TEMPLATES_A_TEXT)
    return ["\n\n".join(lines[start : start + _TEMPLATES_A_TEXT]) for start in starts]
