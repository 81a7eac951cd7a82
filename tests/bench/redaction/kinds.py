"""The kinds of slots that templates can have, and values drawn for them."""

import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from tests.bench.redaction import contacts, lookalikes, national_ids, people, secret_keys
from tests.bench.redaction.aliases import alias
from tests.bench.redaction.labels import Drawn

Make = Callable[[random.Random], Drawn]


def _each(make: Callable[[random.Random, str], Drawn], names: Sequence[str]) -> list[Make]:
    return [partial(_swapped, make, name) for name in names]


def _swapped(make: Callable[[random.Random, str], Drawn], name: str, rng: random.Random) -> Drawn:
    return make(rng, name)


_PHONES: Final[list[Make]] = [partial(_swapped, contacts.phone, region) for region in contacts.REGIONS]


def _national_phone(region: str, rng: random.Random) -> Drawn:
    return contacts.phone(rng, region, national=True)


def _with_more(make: Make, rng: random.Random) -> Drawn:
    """Return a number with another name for it, and with more of its kind, as columns and lists have them."""
    number = make(rng)
    more = {piece: make(rng).value for piece in "bcd"}
    return Drawn(number.entity, number.value, number.kind, number.label,
                 {"alias": alias(number.entity, number.value), **more})  # fmt: skip


_NUMBERS: Final[list[Make]] = [
    *_each(national_ids.drawn, [*national_ids.IDS, *national_ids.MEDICAL]),
    contacts.routing,
    contacts.bank_account,
]

KINDS: Final[Mapping[str, Sequence[Make]]] = {
    "person": [people.person],
    "native": [people.native_person],
    **{f"native_{script}": [partial(_swapped, people.native_person, script)] for script in people.SCRIPTS},
    "city": [people.city],
    "org": [people.organisation],
    "address": [people.address],
    "mail": [contacts.mail],
    "phone": _PHONES,
    "phone_national": [partial(_national_phone, region) for region in contacts.REGIONS],
    "phone_us": [partial(_national_phone, "US")],
    "phone_gb": [partial(_national_phone, "GB")],
    "phone_de": [partial(_national_phone, "DE")],
    "phone_cn": [partial(_national_phone, "CN")],
    "phone_jp": [partial(_national_phone, "JP")],
    "phone_kr": [partial(_national_phone, "KR")],
    "phone_th": [partial(_national_phone, "TH")],
    "number": [partial(_with_more, make) for make in _NUMBERS],
    "ip": [contacts.ipv4, contacts.ipv6],
    "ipv4": [contacts.ipv4],
    "mac": [contacts.mac],
    "card": _each(contacts.card, contacts.CARDS),
    "iban": _each(contacts.iban, contacts.IBANS),
    "account": [contacts.bank_account],
    "routing": [contacts.routing],
    "wallet": list(contacts.WALLETS),
    "id": _each(national_ids.drawn, tuple(national_ids.IDS)),
    **{entity.lower(): _each(national_ids.drawn, [entity]) for entity in national_ids.IDS},
    "medical": _each(national_ids.drawn, tuple(national_ids.MEDICAL)),
    **{entity.lower(): _each(national_ids.drawn, [entity]) for entity in national_ids.MEDICAL},
    "vendor_key": _each(secret_keys.vendor_key, secret_keys.VENDORS),
    "near_miss": _each(secret_keys.near_miss, secret_keys.NEAR_MISSES),
    **{name: [make] for name, make in secret_keys.SECRETS.items()},
    "lookalike": _each(lookalikes.lookalike, lookalikes.LOOKALIKES),
    **{name: _each(lookalikes.lookalike, [name]) for name in lookalikes.LOOKALIKES},
}
"""By the name of the slot: what its values can be. They take turns, so that each is drawn."""


class Drawer:
    """Draws values, with a generator of its own."""

    def __init__(self, seed: str) -> None:
        self._rng = random.Random(seed)  # noqa: S311  (the same set in each run is the point)
        self._turns: dict[str, list[Make]] = {}

    def draw(self, kind: str) -> Drawn:
        """Return a value of the kind. Raises KeyError for a kind that there is not."""
        turns = self._turns.setdefault(kind, [])
        if not turns:
            # Each once, in an order of its own: else a template could meet the same variant in every round.
            turns.extend(self._rng.sample(KINDS[kind], len(KINDS[kind])))
        return turns.pop()(self._rng)
