"""Ingest on a real NATS server, for the tests of the OTLP checklist."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.engines import nats
from tests.service.ingest.ingest_harness import Harness, running_ingest


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[nats.NatsServer]:
    """A server for all tests, each of which has a tenant of its own there."""
    with nats.running(tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest.fixture
async def ingest(nats_server: nats.NatsServer) -> AsyncIterator[Harness]:
    """Ingest with the settings as they come, on a real bus."""
    async with running_ingest(bus_url=nats_server.url) as harness:
        yield harness
