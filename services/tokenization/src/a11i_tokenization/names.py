"""Model names as gateways, clouds and fine-tuning services write them, down to the vendor's plain name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MAX_NAME_CHARS: Final = 256
"""No vendor's model name is longer; a longer one is no name, and not worth matching against a table."""

_SUFFIX: Final = re.compile(
    r"(?:[-@_]20\d\d-?\d\d-?\d\d"  # -2024-08-06, -20240806, @20240806
    r"|-\d{4}"  # -0613
    r"|-v\d+(?::\d+)?"  # Bedrock's -v2:0
    r"|[-:]latest)$"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reading of a model's name."""

    name: str
    """The model, in lower case."""
    provider_hint: str = ""
    """A prefix that was taken off the name (`bedrock` of `bedrock/...`), which may be a provider's name."""


def candidates(model: str) -> Iterator[Candidate]:
    """Yield readings of `model`, the name as written first, then the plainer the later, without repetition.

    Taken off are prefixes up to a slash (`openrouter/openai/gpt-4o`), what fine-tuning adds (`ft:gpt-4o:acme::id`)
    and dates and versions at the end.
    """
    name = model.strip().lower()
    if not name or len(name) > MAX_NAME_CHARS:
        return
    seen: set[str] = set()
    for candidate in _unprefixed(name):
        for reading in _plainer(candidate.name):
            if reading not in seen:
                seen.add(reading)
                yield Candidate(reading, candidate.provider_hint)


def _unprefixed(name: str) -> Iterator[Candidate]:
    hint = ""
    while True:
        yield Candidate(name, hint)
        prefix, slash, rest = name.partition("/")
        if not slash or not rest:
            return
        hint, name = prefix, rest


def _plainer(name: str) -> Iterator[str]:
    yield name
    if name.startswith("ft:"):
        name = name.split(":")[1]
        yield name
    while (shorter := _SUFFIX.sub("", name)) != name:
        name = shorter
        yield name
