"""The prices of all tenants, as stored in PostgreSQL and kept up to date: read from memory, changed within seconds.

While PostgreSQL is away the last known ones serve. While none was ever known nobody has prices, and batches wait.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog
from google.protobuf import json_format

from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i_chassis.errors import A11iError, UnavailableError
from a11i_storage.postgres.listening import follow
from a11i_storage.postgres.price_tables import PriceTableStore, StoredPrices
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.pricing.offers import Prices
from a11i_tokenization.pricing.own_lines import parse
from a11i_tokenization.pricing.own_prices import OwnPrices

_log = structlog.stdlib.get_logger(__name__)


class PricesByTenant(Protocol):
    """Something that knows what calls cost each tenant."""

    def of(self, tenant_id: str) -> Prices:
        """Return the tenant's prices, from memory. Raises UnavailableError where they are not known yet."""


@dataclass(frozen=True, slots=True)
class _Known:
    """All that is known at one time."""

    last_id: int
    tables: Mapping[str, OwnPrices | None]
    """By tenant; None if this version of the service cannot read the table."""


class OwnPriceBook:
    """Knows the prices of every tenant. Read by any thread."""

    def __init__(self, store: PriceTableStore, default: PriceBook) -> None:
        self._store = store
        self._default = default
        self._known: _Known | None = None
        self._turn = asyncio.Lock()

    @property
    def loaded(self) -> bool:
        """Whether prices are known."""
        return self._known is not None

    def of(self, tenant_id: str) -> Prices:
        """Return the tenant's prices, from memory. Raises UnavailableError where they are not known yet."""
        known = self._known
        if known is None:
            raise UnavailableError("the prices are not known yet: PostgreSQL could not be asked")
        if tenant_id not in known.tables:
            return self._default
        table = known.tables[tenant_id]
        if table is None:
            raise UnavailableError("this version of the service cannot read the tenant's price table")
        return table

    async def follow(self, stop: asyncio.Event) -> None:
        """Keep up with PostgreSQL until `stop` is set, whatever it answers meanwhile."""

        def away(reason: str) -> None:
            _log.warning("price_tables_unknown", reason=reason, serving_last=self.loaded)

        await follow(self._store.listening, self.refresh, stop, away)

    async def refresh(self) -> None:
        """Read what changed since the last time. Raises UnavailableError."""
        async with self._turn:  # Who reads later must not be overtaken.
            await self._refresh()

    async def _refresh(self) -> None:
        before = self._known or _Known(0, {})
        stored = await self._store.changed_since(before.last_id)
        if stored or self._known is None:
            read = await asyncio.to_thread(lambda: {row.tenant_id: self._read(row) for row in stored})
            last_id = max((row.id for row in stored), default=before.last_id)
            self._known = _Known(last_id, {**before.tables, **read})
            _log.info("price_tables_known", tables=len(self._known.tables), changed=len(read))

    def _read(self, row: StoredPrices) -> OwnPrices | None:
        try:
            lines = parse(lines_of(row.lines), self._default.provider_id)
        except (A11iError, json_format.ParseError) as error:
            field = getattr(error, "field", "")
            _log.error("price_table_unreadable", tenant_id=row.tenant_id, version=row.version, field=field)
            return None
        return OwnPrices(row.tenant_id, row.version, lines, self._default)


def lines_of(stored: str) -> list[pb2.PriceLine]:
    """Return a table's lines as they are stored. Raises json_format.ParseError."""
    return [json_format.ParseDict(line, pb2.PriceLine()) for line in json.loads(stored)]


def json_of(lines: Sequence[pb2.PriceLine]) -> str:
    """Return lines as they are stored: JSON with the contract's names of fields."""
    return json.dumps([json_format.MessageToDict(line, preserving_proto_field_name=True) for line in lines])
