"""The query service in process, on a real store, with an auth service that knows the keys of the tests."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.protobuf.duration_pb2 import Duration

from a11i.auth.v1 import auth_service_pb2, auth_service_pb2_grpc
from a11i.query.v1 import query_service_pb2_grpc
from a11i_chassis.app import serving
from a11i_query.app import build
from a11i_query.settings import QuerySettings
from a11i_storage.clickhouse import ClickHouseWriter, Scope, migrate, open_clickhouse
from tests.contract.stored_spans import batch
from tests.engines import clickhouse as engine

QUERY, INGEST = auth_service_pb2.SCOPE_QUERY, auth_service_pb2.SCOPE_INGEST


class FakeAuth(auth_service_pb2_grpc.AuthServiceServicer):
    """Knows keys of the form tenant/project/right; says UNAVAILABLE while `down`."""

    def __init__(self) -> None:
        self.down = False

    async def VerifyApiKey(self, request: Any, context: Any) -> auth_service_pb2.VerifyApiKeyResponse:
        """Answer as the auth service does."""
        if self.down:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "down")
        tenant, _, rest = request.api_key.partition("/")
        project, _, right = rest.rpartition("/")
        if not (tenant and project):
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "no")
        return auth_service_pb2.VerifyApiKeyResponse(
            tenant_id=tenant,
            project_id=project,
            key_id="key",
            scopes=[QUERY] if right == "query" else [INGEST],
            cache_ttl=Duration(seconds=30),
        )


@dataclass(frozen=True, slots=True)
class Caller:
    """The query service as one project's client sees it."""

    address: str
    stub: "query_service_pb2_grpc.QueryServiceAsyncStub"
    auth: FakeAuth
    writer: ClickHouseWriter
    scope: Scope

    @property
    def metadata(self) -> list[tuple[str, str]]:
        """The credential of the scope."""
        return [("authorization", f"Bearer {self.scope.tenant_id}/{self.scope.project_id}/query")]

    async def put(self, *spans: dict[str, Any], **options: Any) -> None:
        """Store spans in the scope."""
        await self.writer.insert([batch(*spans, **{"scope": self.scope, **options})])


@pytest.fixture(scope="module")
def clickhouse_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[engine.ClickHouseServer]:
    with engine.running(tmp_path_factory.mktemp("clickhouse") / "data") as server:
        asyncio.run(migrate(server.settings))
        yield server


@asynccontextmanager
async def fake_auth() -> AsyncIterator[tuple[FakeAuth, str]]:
    """Serve a FakeAuth; yields it and its address."""
    servicer, server = FakeAuth(), grpc.aio.server()
    auth_service_pb2_grpc.add_AuthServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield servicer, f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


@pytest_asyncio.fixture
async def caller(clickhouse_server: engine.ClickHouseServer, request: pytest.FixtureRequest) -> AsyncIterator[Caller]:
    """A client of a running query service, in a project of the test's own."""
    async with fake_auth() as (auth, auth_address), open_clickhouse(clickhouse_server.settings) as clickhouse:
        values = {"clickhouse": clickhouse_server.settings.model_dump(), "auth": {"address": auth_address}}
        settings = QuerySettings.model_validate(values)
        async with (
            build(settings) as app,
            serving("query", settings, app) as running,
            grpc.aio.insecure_channel(running.address) as channel,
        ):
            stub = query_service_pb2_grpc.QueryServiceStub(channel)
            scope = Scope("tenant", request.node.name.replace("/", "-"))
            yield Caller(running.address, stub, auth, ClickHouseWriter(clickhouse), scope)
