"""What the service keeps in PostgreSQL, if its settings name one: tenants' prices, and what else `desks` has."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from a11i_storage.postgres import PriceTableStore
from a11i_storage.postgres.connection import Database, open_database
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.pricing.book import OwnPriceBook
from a11i_tokenization.pricing.desk import PriceDesk
from a11i_tokenization.settings import TokenizationSettings


@dataclass(frozen=True, slots=True)
class Kept:
    """PostgreSQL, and tenants' prices in it."""

    database: Database
    tables: PriceTableStore
    default: PriceBook
    """The prices of whoever has none of their own."""
    book: OwnPriceBook
    desk: PriceDesk


@asynccontextmanager
async def open_kept(settings: TokenizationSettings) -> AsyncIterator[Kept | None]:
    """Yield what is kept in PostgreSQL; None if the settings name none. It connects when it is first asked."""
    if settings.postgres is None:
        yield None
        return
    async with open_database(settings.postgres) as database:
        tables, default = PriceTableStore(database), PriceBook()
        book = OwnPriceBook(tables, default)
        yield Kept(database, tables, default, book, PriceDesk(tables, book, default))
