"""What a call's names lead to: rates that hold for some time, and the basis that a span keeps of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from a11i_tokenization.pricing.rates import TieredRates

if TYPE_CHECKING:
    from a11i_tokenization.pricing.sheet import Sheet


@dataclass(frozen=True, slots=True)
class CallNames:
    """What a span says about who was called; what it does not say is empty."""

    provider: str
    response_model: str
    request_model: str
    service_tier: str
    sold: str = ""
    """Kinds of pieces that the call used, as `sold_units` has them; empty for none."""


@dataclass(frozen=True, slots=True)
class OwnLine:
    """A line of a tenant's table, as a basis keeps it."""

    tenant_id: str
    version: int
    line: int
    """1, 2, ..."""
    discount: str = ""
    """Percent, a decimal; empty for none."""
    currency: str = ""
    """Empty for US dollars."""
    usd_per_unit: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a model costs at a time."""

    table: str
    """Name and version of the table that the rates are of."""
    priced_as: str
    """The model, as the table names it."""
    rates: TieredRates
    how: tuple[str, ...] = ()
    """How the name was read and the rates were found, in words of `steps.STEPS`."""
    tier: str = ""
    """The provider's tier of service that the rates are for; empty for its standard one."""
    supplement: str = ""
    """A second table that a part of the rates follows from; empty for none."""
    own: OwnLine | None = None
    """The tenant's line that made or changed the rates."""

    @property
    def version(self) -> str:
        """All tables that the cost follows from."""
        own = f"{self.own.tenant_id}/{self.own.version}" if self.own else ""
        return ", ".join(dict.fromkeys(name for name in (self.table, self.supplement, own) if name))


@dataclass(frozen=True, slots=True)
class Offer:
    """What a model costs, whenever. Between two of its times nothing changes."""

    quote_at: Callable[[int], Quote | None]
    """Gives the quote for a call that began at this time, nanoseconds since the epoch; None: the cost is not known."""
    dates_ns: tuple[int, ...] = ()
    """Times from which another quote may hold, ascending."""
    hours_ns: tuple[int, ...] = ()
    """Times of the day (UTC), likewise."""


class Prices(Protocol):
    """Something that knows what calls cost."""

    def offer(self, call: CallNames) -> Offer | None:
        """Return what the call's model costs; None if no table knows the model."""

    def sheet(self) -> "Sheet":
        """Return the rates of calls seen so far, for whole columns."""
