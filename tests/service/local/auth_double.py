"""An auth service in memory: a real gRPC server of the chassis that makes tenants, projects and keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import grpc

from a11i.auth.v1 import auth_service_pb2 as pb
from a11i.auth.v1 import auth_service_pb2_grpc as rpc
from a11i_chassis.app import App, serving
from a11i_chassis.errors import A11iError, UnauthenticatedError
from a11i_chassis.settings import ServiceSettings

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
ADMIN_TOKEN = "-".join(("token", "of", "the", "double"))


@dataclass(slots=True)
class AuthDouble(rpc.AuthServiceServicer, rpc.AdminServiceServicer):
    """Counts what it made; `failure` makes every verification fail."""

    made: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    failure: A11iError | None = None

    async def VerifyApiKey(self, request: pb.VerifyApiKeyRequest, context: Context) -> pb.VerifyApiKeyResponse:
        if self.failure is not None:
            raise self.failure
        if request.api_key not in self.keys:
            raise UnauthenticatedError("the API key is not valid")
        return pb.VerifyApiKeyResponse()

    async def CreateTenant(self, request: pb.CreateTenantRequest, context: Context) -> pb.CreateTenantResponse:
        return pb.CreateTenantResponse(tenant_id=self._make("tenant", context.invocation_metadata()))

    async def CreateProject(self, request: pb.CreateProjectRequest, context: Context) -> pb.CreateProjectResponse:
        assert request.tenant_id in self.made
        return pb.CreateProjectResponse(project_id=self._make("project", context.invocation_metadata()))

    async def CreateApiKey(self, request: pb.CreateApiKeyRequest, context: Context) -> pb.CreateApiKeyResponse:
        if self.failure is not None:
            raise self.failure
        assert request.project_id in self.made
        key = self._make("key", context.invocation_metadata())
        self.keys.add(key)
        return pb.CreateApiKeyResponse(api_key=key, key_id=key)

    async def RevokeApiKey(self, request: pb.RevokeApiKeyRequest, context: Context) -> pb.RevokeApiKeyResponse:
        self.keys.discard(request.key_id)
        return pb.RevokeApiKeyResponse()

    async def GetIngestPolicy(self, request: pb.GetIngestPolicyRequest, context: Context) -> pb.GetIngestPolicyResponse:
        return pb.GetIngestPolicyResponse()

    async def PutIngestPolicy(self, request: pb.PutIngestPolicyRequest, context: Context) -> pb.PutIngestPolicyResponse:
        return pb.PutIngestPolicyResponse()

    def _make(self, kind: str, metadata: Iterable[tuple[str, str | bytes]] | None) -> str:
        if ("authorization", f"Bearer {ADMIN_TOKEN}") not in set(metadata or ()):
            raise UnauthenticatedError("not the admin")
        self.made.append(f"{kind}-{len(self.made)}")
        return self.made[-1]


@asynccontextmanager
async def running(double: AuthDouble) -> AsyncIterator[str]:
    """Serves it; gives host:port."""
    app = App(
        register=[
            lambda server: rpc.add_AuthServiceServicer_to_server(double, server),
            lambda server: rpc.add_AdminServiceServicer_to_server(double, server),
        ],
        services=["a11i.auth.v1.AuthService", "a11i.auth.v1.AdminService"],
    )
    async with serving("auth-double", ServiceSettings(), app) as server:
        yield server.address
