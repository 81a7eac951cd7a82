"""Model names as spans carry them, read in ever plainer ways until a table of prices or windows knows one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

MAX_NAME_CHARS: Final = 256
"""No name of a model is longer, an ARN's or a path's included; a longer one is not worth matching against a table."""

_DATE: Final = re.compile(
    r"(?:[-@_]20\d\d-?\d\d-?\d\d"  # -2024-08-06, -20240806, @20240806
    r"|-\d{4}"  # -0613
    r"|-v\d+(?::\d+)?"  # Bedrock's -v2:0
    r"|[-:@](?:latest|default))$"
)
_ARN: Final = re.compile(r"arn:aws[a-z-]*:[a-z]+:[a-z0-9-]*:\d*:(?P<kind>[a-z-]+)/(?P<name>.+)")
_PATH: Final = re.compile(r"(?:projects/[^/]+/locations/[^/]+/)?publishers/(?P<publisher>[^/]+)/models/(?P<name>[^/]+)")
_REGION: Final = re.compile(r"(?:us|eu|apac|jp|au|ca|sa|me|af|us-gov|global)\.(?=[a-z0-9]+\.)")
_FINE_TUNED: Final = (
    re.compile(r"ft:(?P<base>[^:]+)(?::.*)?"),  # OpenAI's and Mistral's.
    re.compile(r"(?P<base>.+)\.ft-[0-9a-f]+(?:-.*)?"),  # Azure's deployments.
    re.compile(r"(?P<base>[a-z0-9.-]+):ft-.+"),  # OpenAI's first ones.
)
_ROUTE: Final = re.compile(r":(?:nitro|floor|exacto|thinking|beta)$")
"""How OpenRouter is to choose. Not `:free` and `:online`, which change the price."""
_SAME_MODEL: Final = re.compile(r":(?:free|online)$")
_BATCH: Final = ":batch"
_COMPACT: Final = re.compile(r"-(20\d\d)(\d\d)(\d\d)$")
"""A date as proxies write it where the vendor has dashes."""
_MAX_PREFIXES: Final = 5
"""Gateways behind gateways write four."""
_MAX_DATES: Final = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a model's name."""

    name: str
    """The model, in lower case."""
    hint: str = ""
    """What was taken off before a slash, which may be a provider's name."""
    tier: str = ""
    """The tier of service that the name says; empty if it says none."""
    how: tuple[str, ...] = ()
    """How it was read, in words of `steps.STEPS`."""
    steps: tuple[str, ...] = ()
    """The same in sentences that quote the name."""

    def plainer(self, name: str, word: str, step: str, **changes: str) -> "Reading":
        """Return a reading that goes one step on from this one."""
        how = self.how if word in self.how else (*self.how, word)
        return replace(self, name=name, how=how, steps=(*self.steps, step), **changes)


def readings(model: str) -> Iterator[Reading]:
    """Yield readings of `model`, the name as written first, then the plainer the later, without repetition."""
    name = model.strip().lower()
    if not name or len(name) > MAX_NAME_CHARS:
        return
    seen: set[str] = set()
    for unwrapped in _unwrapped(Reading(name)):
        for reading in _plainer(unwrapped):
            if reading.name not in seen:
                seen.add(reading.name)
                yield reading


def models_of(model: str) -> Iterator[Reading]:
    """Yield readings of the model itself, whatever it costs: of `readings`, then those without OpenRouter's `:free`
    or `:online`.
    """
    yield from readings(model)
    name = model.strip().lower()
    if variant := _SAME_MODEL.search(name):
        yield from readings(name[: variant.start()])


def _unwrapped(reading: Reading) -> Iterator[Reading]:
    """Yield the name and what is left as prefixes are taken off."""
    yield reading
    name = reading.name
    if arn := _ARN.fullmatch(name):
        if arn["kind"] in ("foundation-model", "inference-profile"):
            yield reading.plainer(arn["name"], "arn", f"took {arn['name']} out of the ARN", hint="bedrock")
        return
    if path := _PATH.fullmatch(name):
        yield reading.plainer(path["name"], "path", f"took {path['name']} out of the path", hint="vertex_ai")
        return
    prefix, slash, rest = name.partition("/")
    for _ in range(_MAX_PREFIXES):
        if not slash or not rest:
            return
        reading = reading.plainer(rest, "prefix", f"took off the prefix {prefix}/", hint=prefix)
        yield reading
        prefix, slash, rest = rest.partition("/")


def _plainer(reading: Reading) -> Iterator[Reading]:
    yield reading
    if reading.name.endswith(_BATCH):
        name = reading.name.removesuffix(_BATCH)
        reading = reading.plainer(name, "batch", f"took off {_BATCH}, which names the tier", tier="batch")
        yield reading
    if route := _ROUTE.search(reading.name):
        reading = reading.plainer(reading.name[: route.start()], "route", f"took off the router's suffix {route[0]}")
        yield reading
    for pattern in _FINE_TUNED:
        if tuned := pattern.fullmatch(reading.name):
            base = tuned["base"]
            # Some tables have a price of their own for fine-tuned models, by this name.
            yield reading.plainer(f"ft:{base}", "fine-tune", f"took {base}, which the model is tuned from")
            reading = reading.plainer(base, "fine-tune", f"took {base}, which the model is tuned from")
            yield reading
            break
    yield from _undated(reading)
    if region := _REGION.match(reading.name):
        reading = reading.plainer(reading.name[region.end() :], "region", f"took off the region {region[0]}")
        yield reading
        yield from _undated(reading)


def _undated(reading: Reading) -> Iterator[Reading]:
    for _ in range(_MAX_DATES):
        date = _DATE.search(reading.name)
        if date is None or not date.start():
            return
        if compact := _COMPACT.search(reading.name):
            dashed = f"{reading.name[: compact.start()]}-{'-'.join(compact.groups())}"
            yield reading.plainer(dashed, "date", f"wrote the date of {compact[0]} with dashes")
        reading = reading.plainer(reading.name[: date.start()], "date", f"took off {date[0]}")
        yield reading
