"""Engines and stores that contract tests share."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from a11i_storage.clickhouse import ClickHouseSpanReader, ClickHouseWriter, Scope, migrate, open_clickhouse
from tests.contract.span_store import Store
from tests.engines import clickhouse as engine


@pytest.fixture(scope="session")
def clickhouse_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[engine.ClickHouseServer]:
    """A migrated ClickHouse that the tests of a session share: nothing in it is theirs alone but their project."""
    with engine.running(tmp_path_factory.mktemp("clickhouse") / "data") as server:
        asyncio.run(migrate(server.settings))
        yield server


@pytest_asyncio.fixture
async def store(clickhouse_server: engine.ClickHouseServer, request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """The store, with a project that is the test's own."""
    async with open_clickhouse(clickhouse_server.settings) as clickhouse:
        scope = Scope("tenant", request.node.nodeid)
        yield Store(clickhouse, ClickHouseWriter(clickhouse), ClickHouseSpanReader(clickhouse), scope)
