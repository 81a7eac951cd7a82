"""What administrators do with tenants' price tables: store, read and list."""

import asyncio
from collections.abc import Sequence
from typing import Final

from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i_chassis.errors import InvalidArgumentError, NotFoundError
from a11i_storage.postgres.price_tables import NewPrices, PriceTableStore, StoredPrices
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.pricing.book import OwnPriceBook, json_of, lines_of
from a11i_tokenization.pricing.own_lines import parse

LAST_VERSION: Final = 2**31 - 1
"""The largest number that PostgreSQL's column holds."""


class PriceDesk:
    """Reads and writes of price tables. Every method raises UnavailableError while PostgreSQL is away."""

    def __init__(self, store: PriceTableStore, book: OwnPriceBook, default: PriceBook) -> None:
        self._store = store
        self._book = book
        self._default = default

    async def put(
        self, tenant_id: str, lines: Sequence[pb2.PriceLine], actor: str, expected_version: int | None
    ) -> pb2.PriceTable:
        """Store a table whole. Raises InvalidArgumentError (names line and field), ConflictError."""
        await asyncio.to_thread(parse, lines, self._default.provider_id, new=True)
        stored = await self._store.put(NewPrices(tenant_id, json_of(lines), actor), expected_version)
        await self._book.refresh()
        return _message(stored)

    async def get(self, tenant_id: str, version: int) -> pb2.PriceTable:
        """Return a version of a table, the last for 0. Raises NotFoundError."""
        stored = await self._store.get(tenant_id, version) if version <= LAST_VERSION else None
        if stored is None:
            raise NotFoundError(f"the tenant has no version {version} of prices" if version else "the tenant has none")
        return _message(stored)

    async def versions(self, tenant_id: str, size: int, page_token: str) -> tuple[list[pb2.PriceTable], str]:
        """Return versions without lines, the latest first, and the next page's token. Raises InvalidArgumentError."""
        if page_token and not (page_token.isascii() and page_token.isdecimal() and 0 < int(page_token[:20]) < 2**31):
            raise InvalidArgumentError("page_token is not one that this service gave", field="page_token")
        found = await self._store.versions(tenant_id, int(page_token or 0), size + 1)
        token = str(found[size - 1].version) if len(found) > size else ""
        return [_message(row) for row in found[:size]], token


def _message(row: StoredPrices) -> pb2.PriceTable:
    table = pb2.PriceTable(tenant_id=row.tenant_id, version=row.version, lines=lines_of(row.lines), actor=row.actor)
    table.create_time.FromDatetime(row.create_time)
    return table
