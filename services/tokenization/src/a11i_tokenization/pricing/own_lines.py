"""A tenant's price table as it is sent and stored, checked line by line: it is taken whole or refused whole."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i_chassis.errors import InvalidArgumentError
from a11i_tokenization.pricing.currencies import CURRENCIES
from a11i_tokenization.pricing.rates import FEES, SORTS, Rates
from a11i_tokenization.pricing.readings import MAX_NAME_CHARS
from a11i_tokenization.pricing.tiers import STANDARD, TIERS

MAX_LINES: Final = 1_000
_MAX_PROVIDER_CHARS: Final = 100
_MAX_NOTE_CHARS: Final = 200
_DECIMAL: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,18})?", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)
_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f\x7f]")
_MILLION: Final = 1_000_000
_LAST_SECOND: Final = 2**63 // 10**9 - 1
"""The last that nanoseconds of 64 bits hold, in the year 2262."""


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """A line, ready for use."""

    number: int
    """1, 2, ..."""
    model: str
    """What names must match, in lower case; `*` stands for any characters."""
    provider: str
    """The table's id of a provider, or a name in lower case; empty for any."""
    from_ns: int | None
    until_ns: int | None
    tier: str
    """One of TIERS, or STANDARD; empty for any."""
    rates: Rates | None
    """What a call costs, in US dollars, the discount taken off; None: what the default says."""
    discount: str
    """Percent; empty for none."""
    currency: str
    """Empty for US dollars."""
    usd_per_unit: str
    has_fee: bool = False
    """Whether the line has a rate for the call itself: one of 0 says that it costs nothing beside tokens and pieces."""

    @property
    def factor(self) -> Decimal:
        """What is left of a rate when the discount is taken off."""
        return _factor(self.discount)

    def holds_at(self, time_ns: int) -> bool:
        """Return whether the line holds for calls that began then."""
        return (self.from_ns is None or self.from_ns <= time_ns) and (self.until_ns is None or time_ns < self.until_ns)


def parse(
    lines: Sequence[pb2.PriceLine], provider_id: Callable[[str], str], *, new: bool = False
) -> tuple[OwnPrice, ...]:
    """Return the lines of a table. Raises InvalidArgumentError that names the first line at fault, and its field.

    A `new` table may have no line that says neither rates nor a discount, most likely by mistake, and no currency that
    is none. Stored ones had such lines: they keep the default's rates.
    """
    if len(lines) > MAX_LINES:
        raise InvalidArgumentError(f"{len(lines)} lines; {MAX_LINES} at most", field="lines")
    return tuple(_Line(number, line, new).parsed(provider_id) for number, line in enumerate(lines, 1))


class _Line:
    """One line, being checked."""

    def __init__(self, number: int, line: pb2.PriceLine, new: bool) -> None:
        self._number = number
        self._line = line
        self._new = new

    def parsed(self, provider_id: Callable[[str], str]) -> OwnPrice:
        line = self._line
        if not line.model.strip():
            raise self._refused("name a model, or * for all", "model")
        self._short(line.model, MAX_NAME_CHARS, "model")
        self._short(line.provider, _MAX_PROVIDER_CHARS, "provider")
        self._short(line.note, _MAX_NOTE_CHARS, "note")
        tier = line.service_tier.strip().lower()
        if tier and tier not in (*TIERS, STANDARD):
            raise self._refused(f"a tier is one of {', '.join((*TIERS, STANDARD))}, or empty for any", "service_tier")
        from_ns, until_ns = self._time("valid_from"), self._time("valid_until")
        if from_ns is not None and until_ns is not None and until_ns <= from_ns:
            raise self._refused("it ends before it begins", "valid_until")
        if self._new and not line.rates and not line.discount_percent:
            raise self._refused("give rates or a discount_percent; 0 keeps the default's rates", "rates")
        discount = self._discount()
        return OwnPrice(
            number=self._number,
            model=line.model.strip().lower(),
            provider=provider_id(line.provider) if line.provider.strip() else "",
            from_ns=from_ns,
            until_ns=until_ns,
            tier=tier,
            rates=self._rates(discount, self._usd_per_unit()),
            discount=discount,
            currency="" if line.currency == "USD" else line.currency,
            usd_per_unit=line.usd_per_unit,
            has_fee="call" in line.rates,
        )

    def _rates(self, discount: str, usd_per_unit: Decimal) -> Rates | None:
        given: Mapping[str, str] = self._line.rates
        if not given:
            return None
        usd: dict[str, Decimal | None] = {}
        for sort, text in given.items():
            field = f"rates[{sort[:64]}]"
            if sort not in SORTS:
                raise self._refused(f"a sort is one of {', '.join(SORTS)}", field)
            unit = 1 if sort in FEES else _MILLION
            usd[sort] = self._decimal(text, field) * usd_per_unit * _factor(discount) / unit
            try:
                Rates.of({sort: usd[sort]})
            except ValueError as error:
                raise self._refused(str(error), field) from None
        if "input" not in usd:
            raise self._refused("a table with rates needs one for input, 0 if it is free", "rates[input]")
        return Rates.of(usd)

    def _usd_per_unit(self) -> Decimal:
        line = self._line
        if not line.currency or line.currency == "USD":
            if line.usd_per_unit and self._decimal(line.usd_per_unit, "usd_per_unit") != 1:
                raise self._refused("a US dollar is one; name the currency", "usd_per_unit")
            return Decimal(1)
        if not _CURRENCY.fullmatch(line.currency):
            raise self._refused("a currency has three capitals, such as EUR", "currency")
        if self._new and line.currency not in CURRENCIES:
            raise self._refused(f"ISO 4217 has no currency {line.currency} to bill in", "currency")
        if not line.rates:
            raise self._refused("without rates of its own a line has no currency", "currency")
        usd = self._decimal(line.usd_per_unit, "usd_per_unit")
        if not usd:
            raise self._refused(f"say what one {line.currency} is in US dollars", "usd_per_unit")
        return usd

    def _discount(self) -> str:
        text = self._line.discount_percent
        if not text:
            return ""
        percent = self._decimal(text, "discount_percent")
        if percent > 100:
            raise self._refused("more than 100 percent cannot be taken off", "discount_percent")
        return f"{percent.normalize():f}" if percent else ""

    def _decimal(self, text: str, field: str) -> Decimal:
        if not _DECIMAL.fullmatch(text):
            raise self._refused("write a decimal such as 2.50, with 12 and 18 digits at most", field)
        return Decimal(text)

    def _time(self, field: str) -> int | None:
        if not self._line.HasField(field):  # type: ignore[arg-type]  # one of its two times
            return None
        time: Timestamp = getattr(self._line, field)
        if not 0 <= time.seconds <= _LAST_SECOND or not 0 <= time.nanos < 10**9:
            raise self._refused("a time lies between 1970 and 2262", field)
        return time.seconds * 10**9 + time.nanos

    def _short(self, text: str, most: int, field: str) -> None:
        if len(text) > most or _CONTROL_CHARACTER.search(text):
            raise self._refused(f"at most {most} characters, no control characters", field)

    def _refused(self, why: str, field: str) -> InvalidArgumentError:
        where = f"lines[{self._number - 1}].{field}"
        return InvalidArgumentError(f"line {self._number}, {field}: {why}; nothing is stored", field=where)


def _factor(discount: str) -> Decimal:
    return 1 - Decimal(discount) / 100 if discount else Decimal(1)
