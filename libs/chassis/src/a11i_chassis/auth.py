"""Whose call is it: API keys from metadata, verified by the auth service and remembered for a short while, and tokens
of services' settings."""

import asyncio
import base64
import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import grpc
import structlog
from pydantic import SecretStr

from a11i.auth.v1 import auth_service_pb2, auth_service_pb2_grpc
from a11i.errors.v1 import error_reason_pb2 as reasons
from a11i_chassis import metrics
from a11i_chassis.errors import PermissionDeniedError, UnauthenticatedError, UnavailableError
from a11i_chassis.grpc_types import Context
from a11i_chassis.ingest_policy import DEFAULT_INGEST_POLICY, IngestPolicy, from_message

_MAX_CACHE_TTL_S: Final = 30.0
"""A revoked key stops working, and a changed policy is followed, within this time, whatever the auth service says."""
_BAD_KEY_TTL_S: Final = 5.0
"""A bad key is asked about at most this often, so that a misconfigured client cannot flood the auth service."""
_MAX_GOOD_KEYS: Final = 10_000
"""About 3 MB; the least recently used key goes first."""
_MAX_BAD_KEYS: Final = 1_000
"""Bad keys are remembered apart, so that no flood of them makes a good one forgotten."""
_MAX_QUESTIONS: Final = 64
"""Keys asked about at once, so that a flood of invented keys does not become one of questions to the auth service."""
_MAX_KEY_CHARS: Final = 256
"""A key has 67; nothing longer is asked about."""

SCOPE_INGEST: Final = auth_service_pb2.SCOPE_INGEST
SCOPE_QUERY: Final = auth_service_pb2.SCOPE_QUERY


T = TypeVar("T")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a credential belongs to."""

    tenant_id: str
    project_id: str
    key_id: str
    scopes: frozenset[int]
    ingest_policy: IngestPolicy = DEFAULT_INGEST_POLICY
    """Of the project."""


_KEY_MISSING: Final = "no API key: send the header 'authorization: Bearer a11i_...', or 'x-api-key: a11i_...'"


def bearer_token(metadata: Iterable[tuple[str, str | bytes]] | None, *, missing: str = _KEY_MISSING) -> str:
    """Return the key from `authorization: Bearer KEY` or `x-api-key: KEY`.

    Some SDKs know Basic alone: the key is its password then. Raises UnauthenticatedError without a key, which says what
    is `missing`.
    """
    for name, value in metadata or ():
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        if name.lower() == "authorization":
            scheme, _, credential = text.strip().partition(" ")
            if scheme.lower() == "bearer":
                return credential.strip()
            if scheme.lower() == "basic":
                return _password(credential)
        if name.lower() == "x-api-key":
            return text.strip()
    raise UnauthenticatedError(missing, reason=reasons.ERROR_REASON_API_KEY_MISSING)


def _password(credential: str) -> str:
    try:
        user_and_password = base64.b64decode(credential, validate=True).decode()
    except ValueError:
        message = "the header 'authorization: Basic' holds no base64 text of user:password"
        raise UnauthenticatedError(message, reason=reasons.ERROR_REASON_API_KEY_MISSING) from None
    return user_and_password.partition(":")[2]


class TokenCheck:
    """Checks that a caller has a token of the service's settings, as administrators do."""

    def __init__(self, token: SecretStr | None, *, service: str, setting: str, name: str = "admin token") -> None:
        """`name` is what the token is called, `setting` the variable that sets it."""
        self._token = token.get_secret_value().encode() if token else b""
        self._service = service
        self._setting = setting
        self._name = name

    def __call__(self, context: Context) -> None:
        """Return if the caller shows the token. Raises UnauthenticatedError; always where none is set."""
        missing = f"no {self._name}: send the header 'authorization: Bearer TOKEN'"
        token = bearer_token(context.invocation_metadata(), missing=missing)
        if not self._token:
            raise UnauthenticatedError(f"this service has no {self._name}: set {self._setting}")
        if not hmac.compare_digest(token.encode(), self._token):
            raise UnauthenticatedError(f"the {self._name} is not the one of the {self._service} service's settings")


class _Memory(Generic[T]):
    """What is known of keys, by their digest, each for a time; the least recently used goes first."""

    def __init__(self, size: int, clock: Callable[[], float]) -> None:
        self._size = size
        self._clock = clock
        self._kept: OrderedDict[bytes, tuple[T, float]] = OrderedDict()

    def find(self, digest: bytes) -> T | None:
        kept = self._kept.get(digest)
        if kept is None or kept[1] <= self._clock():
            return None
        self._kept.move_to_end(digest)
        return kept[0]

    def keep(self, digest: bytes, *, value: T, ttl_s: float) -> None:
        self._kept[digest] = (value, self._clock() + ttl_s)
        self._kept.move_to_end(digest)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)


class KeyVerifier:
    """Verifies API keys through AuthService.

    A good answer is kept for as long as the auth service allows, 30 seconds at most from when it was given; a bad one
    for 5 seconds. While auth is down, keys go on that are still remembered. At most 64 keys are asked about at once.
    """

    def __init__(
        self, channel: grpc.aio.Channel, *, timeout_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stub = auth_service_pb2_grpc.AuthServiceStub(channel)
        self._timeout_s = timeout_s
        self._good: _Memory[Principal] = _Memory(_MAX_GOOD_KEYS, clock)
        self._bad: _Memory[bool] = _Memory(_MAX_BAD_KEYS, clock)
        self._asking: dict[bytes, asyncio.Task[Principal | None]] = {}

    async def verify(self, api_key: str, scope: int) -> Principal:
        """Return the key's owner.

        Raises UnauthenticatedError (bad key), PermissionDeniedError (the key lacks `scope`), UnavailableError (auth
        cannot be asked, so the key is neither good nor bad).
        """
        principal = await self._principal(api_key)
        if principal is None:
            message = "the API key is not valid"
            raise UnauthenticatedError(message)
        if scope not in principal.scopes:
            name = auth_service_pb2.Scope.Name(scope).removeprefix("SCOPE_").lower()  # type: ignore[arg-type]  # an enum's number
            message = f"the API key {principal.key_id} lacks the scope {name}"
            raise PermissionDeniedError(message)
        return principal

    async def _principal(self, api_key: str) -> Principal | None:
        """Return the key's owner; None if the key is bad."""
        if len(api_key) > _MAX_KEY_CHARS or not (api_key.isascii() and api_key.isprintable()):
            return None
        # Remembered by digest: the keys themselves are not kept in memory for longer than a call.
        digest = hashlib.sha256(api_key.encode()).digest()
        principal = self._good.find(digest)
        if principal is not None or self._bad.find(digest):
            metrics.KEY_CACHE.labels("hit").inc()
            return principal
        metrics.KEY_CACHE.labels("miss").inc()
        return await self._ask_once(digest, api_key)

    async def _ask_once(self, digest: bytes, api_key: str) -> Principal | None:
        """Ask auth; calls that come meanwhile with the same key wait for the same answer."""
        task = self._asking.get(digest)
        if task is None:
            if len(self._asking) >= _MAX_QUESTIONS:
                raise _cannot_ask()
            task = asyncio.create_task(self._ask(digest, api_key))
            self._asking[digest] = task
            task.add_done_callback(lambda _: self._asking.pop(digest, None))
        return await asyncio.shield(task)

    async def _ask(self, digest: bytes, api_key: str) -> Principal | None:
        request = auth_service_pb2.VerifyApiKeyRequest(api_key=api_key)
        try:
            answer = await self._answer(request)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAUTHENTICATED:
                _log.warning("auth_unavailable", code=error.code().name, detail=error.details())
                raise _cannot_ask() from None
            self._bad.keep(digest, value=True, ttl_s=_BAD_KEY_TTL_S)
            return None
        principal = Principal(
            tenant_id=answer.tenant_id,
            project_id=answer.project_id,
            key_id=answer.key_id,
            scopes=frozenset(answer.scopes),
            ingest_policy=from_message(answer.ingest_policy),
        )
        ttl_s = min(answer.cache_ttl.ToTimedelta().total_seconds(), _MAX_CACHE_TTL_S)
        self._good.keep(digest, value=principal, ttl_s=ttl_s)
        return principal

    async def _answer(self, request: auth_service_pb2.VerifyApiKeyRequest) -> auth_service_pb2.VerifyApiKeyResponse:
        """Ask, and once more if that fails: a connection that has just been closed is replaced by the next call."""
        try:
            return await self._stub.VerifyApiKey(request, timeout=self._timeout_s)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
        return await self._stub.VerifyApiKey(request, timeout=self._timeout_s)


def _cannot_ask() -> UnavailableError:
    message = "the API key cannot be verified now; try again"
    return UnavailableError(message, reason=reasons.ERROR_REASON_AUTH_UNAVAILABLE)
