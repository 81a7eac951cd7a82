"""The price tables that a repricing works with, from its first call to its last."""

from a11i_chassis.errors import A11iError, NotFoundError, UnavailableError
from a11i_storage.postgres import PriceTableStore
from a11i_storage.postgres.repricings import NewRepricing
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.pricing.book import lines_of
from a11i_tokenization.pricing.desk import LAST_VERSION
from a11i_tokenization.pricing.offers import Prices
from a11i_tokenization.pricing.own_lines import parse
from a11i_tokenization.pricing.own_prices import OwnPrices


class TablesGoneError(Exception):
    """The tables that a repricing began with cannot be had any more; the text says why."""


class RepricingTables:
    """Finds price tables by version."""

    def __init__(self, store: PriceTableStore, default: PriceBook) -> None:
        self._store = store
        self._default = default

    @property
    def default_tables(self) -> str:
        """The default tables of this version of the service."""
        return self._default.tables

    async def own_version(self, tenant_id: str, asked: int | None = None) -> int:
        """Return the version of the tenant's table that is asked for, else the one in force; 0: none of its own.

        Raises NotFoundError, UnavailableError.
        """
        if asked == 0:
            return 0
        found = await self._store.get(tenant_id, asked or 0) if (asked or 0) <= LAST_VERSION else None
        if asked and found is None:
            raise NotFoundError(f"the tenant has no version {asked} of prices; 0 means the default prices alone")
        return found.version if found else 0

    async def prices(self, order: NewRepricing) -> Prices:
        """Return the prices that an order is for. Raises TablesGoneError, UnavailableError."""
        if not order.own_version:
            return self._default
        stored = await self._store.get(order.tenant_id, order.own_version)
        if stored is None:
            raise TablesGoneError(f"version {order.own_version} of the tenant's prices is gone")
        try:
            lines = parse(lines_of(stored.lines), self._default.provider_id)
        except UnavailableError:
            raise
        except (A11iError, ValueError) as error:
            raise TablesGoneError(f"version {order.own_version} of the tenant's prices cannot be read here") from error
        return OwnPrices(order.tenant_id, stored.version, lines, self._default)


def price_version(order: NewRepricing) -> str:
    """Return the tables of an order, in words."""
    own = f", prices of {order.tenant_id}, version {order.own_version}" if order.own_version else ""
    return order.default_tables + own
