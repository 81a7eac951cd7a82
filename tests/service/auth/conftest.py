"""The auth service on a real PostgreSQL."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc
import pytest

from a11i.auth.v1 import auth_service_pb2_grpc
from a11i_auth.app import build
from a11i_auth.settings import AuthSettings
from a11i_chassis.app import serving
from a11i_storage.postgres import PostgresSettings, migrate
from tests.engines import postgres

PEPPER = "pepper-of-the-tests-" + "0" * 20
ADMIN_TOKEN = "admin-token-of-the-tests-" + "0" * 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.PostgresServer]:
    with postgres.running(tmp_path_factory.mktemp("catalog")) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Stubs:
    """Clients of a running auth service."""

    address: str
    channel: grpc.aio.Channel
    auth: "auth_service_pb2_grpc.AuthServiceAsyncStub"
    admin: "auth_service_pb2_grpc.AdminServiceAsyncStub"


@asynccontextmanager
async def serving_auth(dsn: str) -> AsyncIterator[Stubs]:
    settings = AuthSettings.model_validate(
        {"postgres": {"dsn": dsn, "query_timeout_s": 2}, "pepper": PEPPER, "admin_token": ADMIN_TOKEN}
    )
    async with (
        build(settings) as app,
        serving("auth", settings, app) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        yield Stubs(
            running.address,
            channel,
            auth_service_pb2_grpc.AuthServiceStub(channel),
            auth_service_pb2_grpc.AdminServiceStub(channel),
        )


@pytest.fixture
async def stubs(server: postgres.PostgresServer) -> AsyncIterator[Stubs]:
    await migrate(PostgresSettings.model_validate({"dsn": server.dsn}))
    async with serving_auth(server.dsn) as running:
        yield running
