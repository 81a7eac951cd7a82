"""The query service's wiring."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from a11i_chassis.app import App
from a11i_chassis.auth import KeyVerifier
from a11i_chassis.grpc_client import open_channel
from a11i_query.service import QUERY_SERVICE, QueryServicer
from a11i_query.settings import QuerySettings
from a11i_storage.clickhouse import (
    ClickHouseRedactionReader,
    ClickHouseSignalReader,
    ClickHouseSpanReader,
    ClickHouseUsageReader,
    open_clickhouse,
)


@asynccontextmanager
async def build(settings: QuerySettings) -> AsyncIterator[App]:
    """Yield the service; it is ready while ClickHouse answers."""
    async with open_clickhouse(settings.clickhouse) as clickhouse, open_channel(settings.auth) as auth:
        servicer = QueryServicer(
            ClickHouseSpanReader(clickhouse),
            ClickHouseSignalReader(clickhouse),
            ClickHouseRedactionReader(clickhouse),
            ClickHouseUsageReader(clickhouse),
            KeyVerifier(auth, timeout_s=settings.auth.timeout_s),
            now_ns=time.time_ns,
        )
        yield App(register=[servicer.register], services=[QUERY_SERVICE], ready=clickhouse.ready)
