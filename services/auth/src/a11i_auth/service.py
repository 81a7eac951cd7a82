"""The gRPC side of the auth service."""

import re
import uuid
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

import structlog
from google.protobuf.timestamp_pb2 import Timestamp

from a11i.auth.v1 import auth_service_pb2 as pb
from a11i.auth.v1 import auth_service_pb2_grpc
from a11i_auth.keys import is_key_id, mac, new_key
from a11i_auth.policies import check_policy
from a11i_auth.verification import utc_now, verify_key
from a11i_chassis import ingest_policy, metrics
from a11i_chassis.auth import TokenCheck
from a11i_chassis.errors import InvalidArgumentError, NotFoundError, TransientError, UnauthenticatedError
from a11i_chassis.grpc_types import Context
from a11i_storage.postgres import Catalog

_log = structlog.get_logger()

_SLUG: Final = re.compile(r"[a-z][a-z0-9-]{2,39}")
_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f\x7f]")
"""PostgreSQL's text holds no NUL, and no line of a page holds the others."""
_MAX_DISPLAY_NAME: Final = 200
"""Characters; what fits a line of a page."""


class AuthServicer(auth_service_pb2_grpc.AuthServiceServicer):
    """AuthService: who does a key belong to?"""

    def __init__(self, catalog: Catalog, pepper: str) -> None:
        self._catalog = catalog
        self._pepper = pepper

    async def VerifyApiKey(self, request: pb.VerifyApiKeyRequest, context: Context) -> pb.VerifyApiKeyResponse:
        """Return the key's tenant, project and scopes."""
        try:
            verified = await verify_key(request.api_key, self._catalog.find_api_key, pepper=self._pepper)
        except UnauthenticatedError:
            metrics.AUTH_VERIFICATIONS.labels("bad").inc()
            raise
        except TransientError:
            metrics.AUTH_VERIFICATIONS.labels("unavailable").inc()
            raise
        metrics.AUTH_VERIFICATIONS.labels("good").inc()
        key = verified.key
        response = pb.VerifyApiKeyResponse(
            tenant_id=key.tenant_id,
            project_id=key.project_id,
            key_id=key.key_id,
            scopes=[pb.Scope.ValueType(scope) for scope in key.scopes],
            ingest_policy=ingest_policy.to_message(key.ingest_policy),
        )
        response.cache_ttl.FromTimedelta(verified.cache_ttl)
        return response


class AdminServicer(auth_service_pb2_grpc.AdminServiceServicer):
    """AdminService: tenants, projects, keys and policies, for whoever shows the admin token."""

    def __init__(self, catalog: Catalog, pepper: str, check_caller: TokenCheck) -> None:
        self._catalog = catalog
        self._pepper = pepper
        self._check_caller = check_caller

    async def CreateTenant(self, request: pb.CreateTenantRequest, context: Context) -> pb.CreateTenantResponse:
        """Make a tenant."""
        self._check_caller(context)
        slug, display_name = _names(request.slug, request.display_name)
        return pb.CreateTenantResponse(tenant_id=await self._catalog.create_tenant(slug, display_name))

    async def CreateProject(self, request: pb.CreateProjectRequest, context: Context) -> pb.CreateProjectResponse:
        """Make a project."""
        self._check_caller(context)
        tenant_id = _uuid(request.tenant_id, "tenant_id")
        slug, display_name = _names(request.slug, request.display_name)
        project_id = await self._catalog.create_project(tenant_id, slug, display_name)
        return pb.CreateProjectResponse(project_id=project_id)

    async def CreateApiKey(self, request: pb.CreateApiKeyRequest, context: Context) -> pb.CreateApiKeyResponse:
        """Make a key and show it, once."""
        self._check_caller(context)
        project_id = _uuid(request.project_id, "project_id")
        scopes = sorted(set(request.scopes)) or [pb.SCOPE_INGEST, pb.SCOPE_QUERY]
        if not set(scopes) <= {pb.SCOPE_INGEST, pb.SCOPE_QUERY}:
            message = "a scope is not one of SCOPE_INGEST and SCOPE_QUERY"
            raise InvalidArgumentError(message, field="scopes")
        expire_time = None
        if request.HasField("expire_time"):
            expire_time = _time(request.expire_time, "expire_time")
            if expire_time <= utc_now():
                message = "the key would have expired already; leave expire_time unset for a key without an end"
                raise InvalidArgumentError(message, field="expire_time")
        api_key, parts = new_key()
        await self._catalog.create_api_key(
            key_id=parts.key_id,
            project_id=project_id,
            display_name=_display_name(request.display_name),
            secret_mac=mac(parts.secret, self._pepper),
            scopes=scopes,
            expire_time=expire_time,
        )
        return pb.CreateApiKeyResponse(api_key=api_key, key_id=parts.key_id)

    async def RevokeApiKey(self, request: pb.RevokeApiKeyRequest, context: Context) -> pb.RevokeApiKeyResponse:
        """End a key."""
        self._check_caller(context)
        if not is_key_id(request.key_id):
            message = "there is no API key of that id"
            raise NotFoundError(message)
        await self._catalog.revoke_api_key(request.key_id)
        return pb.RevokeApiKeyResponse()

    async def GetIngestPolicy(self, request: pb.GetIngestPolicyRequest, context: Context) -> pb.GetIngestPolicyResponse:
        """Return a project's policy."""
        self._check_caller(context)
        stored = await self._catalog.ingest_policies.get(_uuid(request.project_id, "project_id"))
        response = pb.GetIngestPolicyResponse(ingest_policy=ingest_policy.to_message(stored.policy))
        if stored.updated_time is not None:
            response.update_time.FromDatetime(stored.updated_time)
        return response

    async def PutIngestPolicy(self, request: pb.PutIngestPolicyRequest, context: Context) -> pb.PutIngestPolicyResponse:
        """Replace a project's policy."""
        self._check_caller(context)
        project_id = _uuid(request.project_id, "project_id")
        policy = check_policy(ingest_policy.from_message(request.ingest_policy))
        updated_time = await self._catalog.ingest_policies.put(project_id, policy)
        _log.info("ingest_policy_put", project_id=project_id, **asdict(policy))
        response = pb.PutIngestPolicyResponse(ingest_policy=ingest_policy.to_message(policy))
        response.update_time.FromDatetime(updated_time)
        return response


def _names(slug: str, display_name: str) -> tuple[str, str]:
    if not _SLUG.fullmatch(slug):
        message = "a slug has 3 to 40 of a-z, 0-9 and '-', and begins with a letter"
        raise InvalidArgumentError(message, field="slug")
    return slug, _display_name(display_name) or slug


def _display_name(text: str) -> str:
    if len(text) > _MAX_DISPLAY_NAME:
        message = f"a display name has at most {_MAX_DISPLAY_NAME} characters"
        raise InvalidArgumentError(message, field="display_name")
    if _CONTROL_CHARACTER.search(text):
        message = "a display name has no control characters"
        raise InvalidArgumentError(message, field="display_name")
    return text


def _time(timestamp: Timestamp, field: str) -> datetime:
    try:
        return timestamp.ToDatetime(UTC)
    except (ValueError, OverflowError):
        message = "not a time of the years 1 to 9999"
        raise InvalidArgumentError(message, field=field) from None


def _uuid(text: str, field: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        message = "not a UUID"
        raise InvalidArgumentError(message, field=field) from None
