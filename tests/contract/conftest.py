"""Engines and stores that contract tests share."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from a11i_storage.clickhouse import ClickHouseSpanReader, ClickHouseWriter, Scope, migrate, open_clickhouse
from tests.contract.bus_harness import Harness, KafkaHarness, MemoryHarness, NatsHarness
from tests.contract.span_store import Store
from tests.engines import clickhouse as engine
from tests.engines.kafka import KafkaServer, require_kafka


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


@pytest.fixture(scope="session")
def _kafka_servers() -> Iterator[list[KafkaServer]]:
    """The server that tests share, once one has asked for it."""
    servers: list[KafkaServer] = []
    yield servers
    for server in servers:
        server.stop()


@pytest.fixture
def kafka_server(_kafka_servers: list[KafkaServer], tmp_path_factory: pytest.TempPathFactory) -> KafkaServer:
    """A Kafka that is up, which the tests of a session share: starting one takes seconds."""
    require_kafka()
    if not _kafka_servers:
        _kafka_servers.append(KafkaServer(tmp_path_factory.mktemp("kafka")))
    if not _kafka_servers[0].up:
        _kafka_servers[0].start()
    return _kafka_servers[0]


@pytest.fixture(params=["memory", "nats", "kafka"])
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    """A bus server of each kind."""
    if request.param == "kafka":
        yield KafkaHarness(request.getfixturevalue("kafka_server"))
        return
    server: Harness = MemoryHarness() if request.param == "memory" else NatsHarness(tmp_path)
    server.start()
    yield server
    server.stop()
