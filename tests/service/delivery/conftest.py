"""Engines and services of the tests of delivery."""

import asyncio
import secrets
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from a11i_storage.postgres import PostgresSettings, migrate
from tests.engines import nats, postgres
from tests.service.delivery.delivery_kit import (
    Delivery,
    Engines,
    FakeRedaction,
    RedactionServer,
    serving_delivery,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the engines keep everything."""
    return tmp_path_factory.mktemp("delivery")


@pytest.fixture(scope="module")
def nats_server(data: Path) -> Iterator[nats.NatsServer]:
    with nats.running(data) as server:
        yield server


@pytest.fixture(scope="module")
def postgres_server(data: Path) -> Iterator[postgres.PostgresServer]:
    with postgres.running(data) as server:
        asyncio.run(migrate(PostgresSettings.model_validate({"dsn": server.dsn})))
        yield server


@pytest.fixture(scope="module")
def engines(nats_server: nats.NatsServer, postgres_server: postgres.PostgresServer) -> Engines:
    return Engines(nats_server.url, postgres_server.dsn)


@pytest.fixture
def secret() -> str:
    """What redaction would take out."""
    return f"canary-{secrets.token_hex(16)}"


@pytest.fixture
def redaction(secret: str) -> FakeRedaction:
    return FakeRedaction(secret)  # type: ignore[abstract]  # delivery calls none but Redact


@pytest_asyncio.fixture
async def redaction_server(redaction: FakeRedaction) -> AsyncIterator[RedactionServer]:
    server = RedactionServer(redaction)
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def delivery(engines: Engines, redaction_server: RedactionServer) -> AsyncIterator[Delivery]:
    """A service, and a tenant of the test's own."""
    async with serving_delivery(engines, redaction_server.address, str(uuid.uuid4())) as running:
        yield running
