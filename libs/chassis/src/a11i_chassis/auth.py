"""Whose call is it: API keys from metadata, verified by the auth service and remembered for a short while."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import grpc

from a11i.auth.v1 import auth_service_pb2, auth_service_pb2_grpc
from a11i.errors.v1 import error_reason_pb2 as reasons
from a11i_chassis import metrics
from a11i_chassis.errors import PermissionDeniedError, UnauthenticatedError, UnavailableError

_MAX_CACHE_TTL_S: Final = 30.0
"""A revoked key stops working within this time, whatever the auth service says."""
_BAD_KEY_TTL_S: Final = 5.0
"""A bad key is asked about at most this often, so that a misconfigured client cannot flood the auth service."""
_MAX_CACHED_KEYS: Final = 10_000
"""About 3 MB; the least recently used key goes first."""

SCOPE_INGEST: Final = auth_service_pb2.SCOPE_INGEST
SCOPE_QUERY: Final = auth_service_pb2.SCOPE_QUERY


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a credential belongs to."""

    tenant_id: str
    project_id: str
    key_id: str
    scopes: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Known:
    principal: Principal | None
    until_s: float


def bearer_token(metadata: Iterable[tuple[str, str | bytes]] | None) -> str:
    """Return the key from `authorization: Bearer KEY` or `x-api-key: KEY`; raise UnauthenticatedError without one."""
    for name, value in metadata or ():
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        if name.lower() == "authorization" and text[:7].lower() == "bearer ":
            return text[7:].strip()
        if name.lower() == "x-api-key":
            return text.strip()
    message = "no API key: send the metadata 'authorization: Bearer a11i_...'"
    raise UnauthenticatedError(message, reason=reasons.ERROR_REASON_API_KEY_MISSING)


class KeyVerifier:
    """Verifies API keys through AuthService.

    A good answer is kept for as long as the auth service allows, 30 seconds at most from when it was given; a bad one
    for 5 seconds. While auth is down, keys go on that are still remembered.
    """

    def __init__(
        self, channel: grpc.aio.Channel, *, timeout_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stub = auth_service_pb2_grpc.AuthServiceStub(channel)
        self._timeout_s = timeout_s
        self._clock = clock
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._asking: dict[bytes, asyncio.Task[Principal | None]] = {}

    async def verify(self, api_key: str, scope: int) -> Principal:
        """Return the key's owner.

        Raises UnauthenticatedError (bad key), PermissionDeniedError (the key lacks `scope`), UnavailableError (auth
        cannot be asked, so the key is neither good nor bad).
        """
        # Remembered by digest: the keys themselves are not kept in memory for longer than a call.
        digest = hashlib.sha256(api_key.encode()).digest()
        known = self._known.get(digest)
        if known is not None and known.until_s > self._clock():
            metrics.KEY_CACHE.labels("hit").inc()
            self._known.move_to_end(digest)
            principal = known.principal
        else:
            metrics.KEY_CACHE.labels("miss").inc()
            principal = await self._ask_once(digest, api_key)
        if principal is None:
            message = "the API key is not valid"
            raise UnauthenticatedError(message)
        if scope not in principal.scopes:
            name = auth_service_pb2.Scope.Name(scope).removeprefix("SCOPE_").lower()  # type: ignore[arg-type]  # an enum's number
            message = f"the API key {principal.key_id} lacks the scope {name}"
            raise PermissionDeniedError(message)
        return principal

    async def _ask_once(self, digest: bytes, api_key: str) -> Principal | None:
        """Ask auth; calls that come meanwhile with the same key wait for the same answer."""
        task = self._asking.get(digest)
        if task is None:
            task = asyncio.create_task(self._ask(digest, api_key))
            self._asking[digest] = task
            task.add_done_callback(lambda _: self._asking.pop(digest, None))
        return await asyncio.shield(task)

    async def _ask(self, digest: bytes, api_key: str) -> Principal | None:
        request = auth_service_pb2.VerifyApiKeyRequest(api_key=api_key)
        try:
            answer = await self._stub.VerifyApiKey(request, timeout=self._timeout_s)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAUTHENTICATED:
                message = "the API key cannot be verified now; try again"
                raise UnavailableError(message, reason=reasons.ERROR_REASON_AUTH_UNAVAILABLE) from None
            self._remember(digest, None, _BAD_KEY_TTL_S)
            return None
        principal = Principal(answer.tenant_id, answer.project_id, answer.key_id, frozenset(answer.scopes))
        ttl_s = min(answer.cache_ttl.ToTimedelta().total_seconds(), _MAX_CACHE_TTL_S)
        self._remember(digest, principal, ttl_s)
        return principal

    def _remember(self, digest: bytes, principal: Principal | None, ttl_s: float) -> None:
        self._known[digest] = _Known(principal, self._clock() + ttl_s)
        self._known.move_to_end(digest)
        while len(self._known) > _MAX_CACHED_KEYS:
            self._known.popitem(last=False)
