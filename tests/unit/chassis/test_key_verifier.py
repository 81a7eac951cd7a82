"""What the verifier remembers of keys, and how much it asks."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from a11i.auth.v1 import auth_service_pb2 as pb
from a11i.auth.v1 import auth_service_pb2_grpc
from a11i.errors.v1 import error_reason_pb2 as reasons
from a11i_chassis.auth import SCOPE_INGEST, KeyVerifier, bearer_token
from a11i_chassis.errors import UnauthenticatedError, UnavailableError
from a11i_chassis.grpc_types import Context


class CountingAuth(auth_service_pb2_grpc.AuthServiceServicer):
    """Knows the keys that begin with "good", counts what it is asked, and answers while `open` is set."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failures = 0
        """Answers to come that say UNAVAILABLE."""
        self.open = asyncio.Event()
        self.open.set()

    async def VerifyApiKey(self, request: pb.VerifyApiKeyRequest, context: Context) -> pb.VerifyApiKeyResponse:
        self.asked.append(request.api_key)
        await self.open.wait()
        if self.failures:
            self.failures -= 1
            await context.abort(grpc.StatusCode.UNAVAILABLE, "the connection is closed")
        if not request.api_key.startswith("good"):
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "unknown key")
        return pb.VerifyApiKeyResponse(
            tenant_id="tenant", key_id="key", scopes=[SCOPE_INGEST], cache_ttl=Duration(seconds=30)
        )


@asynccontextmanager
async def _verifier() -> AsyncIterator[tuple[KeyVerifier, CountingAuth]]:
    auth, server = CountingAuth(), grpc.aio.server()
    auth_service_pb2_grpc.add_AuthServiceServicer_to_server(auth, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield KeyVerifier(channel, timeout_s=20, clock=lambda: 0.0), auth
    finally:
        await server.stop(None)


async def _refused(verifier: KeyVerifier, api_key: str) -> None:
    with pytest.raises(UnauthenticatedError):
        await verifier.verify(api_key, SCOPE_INGEST)


async def test_bad_keys_do_not_push_good_ones_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("a11i_chassis.auth._MAX_GOOD_KEYS", 4)
    monkeypatch.setattr("a11i_chassis.auth._MAX_BAD_KEYS", 2)
    async with _verifier() as (verifier, auth):
        await verifier.verify("good", SCOPE_INGEST)
        for number in range(10):
            await _refused(verifier, f"bad-{number}")
        await _refused(verifier, "bad-9")
        await verifier.verify("good", SCOPE_INGEST)
        assert auth.asked == ["good", *(f"bad-{number}" for number in range(10))]
        # Of the bad ones only the last two are remembered.
        await _refused(verifier, "bad-0")
        assert auth.asked[-1] == "bad-0"


async def test_a_flood_of_unknown_keys_asks_about_64_at_once_and_known_keys_go_on() -> None:
    async with _verifier() as (verifier, auth):
        await verifier.verify("good", SCOPE_INGEST)
        auth.open.clear()
        flood = [asyncio.create_task(verifier.verify(f"good-{number}", SCOPE_INGEST)) for number in range(100)]
        try:
            await asyncio.wait(flood, return_when=asyncio.FIRST_COMPLETED)
            assert (await verifier.verify("good", SCOPE_INGEST)).key_id == "key"
        finally:
            auth.open.set()
        answers = await asyncio.gather(*flood, return_exceptions=True)
        errors = [answer for answer in answers if isinstance(answer, UnavailableError)]
        assert len(errors) == 36
        assert {error.reason for error in errors} == {reasons.ERROR_REASON_AUTH_UNAVAILABLE}
        assert len(auth.asked) == 65
        # There is room again.
        await verifier.verify("good-99", SCOPE_INGEST)


async def test_calls_with_one_key_share_a_question() -> None:
    async with _verifier() as (verifier, auth):
        await asyncio.gather(*(verifier.verify("good", SCOPE_INGEST) for _ in range(100)))
        assert auth.asked == ["good"]


@pytest.mark.parametrize("api_key", ["g\0od", "gööd", "good\udcff", "good" * 100])
async def test_what_can_be_no_key_is_refused_without_a_question(api_key: str) -> None:
    async with _verifier() as (verifier, auth):
        await _refused(verifier, api_key)
        assert auth.asked == []


async def test_a_question_that_fails_is_asked_once_more_and_then_given_up() -> None:
    async with _verifier() as (verifier, auth):
        auth.failures = 1
        assert (await verifier.verify("good", SCOPE_INGEST)).tenant_id == "tenant"
        auth.failures = 2
        with pytest.raises(UnavailableError):
            await verifier.verify("good-2", SCOPE_INGEST)
        assert auth.asked == ["good", "good", "good-2", "good-2"]


@pytest.mark.parametrize(
    "header",
    [
        ("authorization", "Bearer the-key"),
        ("Authorization", "bearer  the-key "),
        ("x-api-key", "the-key"),
        ("authorization", "Basic " + base64.b64encode(b"public:the-key").decode()),
    ],
)
def test_a_key_is_found_in_each_way_to_send_it(header: tuple[str, str]) -> None:
    assert bearer_token([("other", "x"), header]) == "the-key"


@pytest.mark.parametrize("header", [("authorization", "the-key"), ("authorization", "Basic !"), ("other", "x")])
def test_what_holds_no_key_is_refused(header: tuple[str, str]) -> None:
    with pytest.raises(UnauthenticatedError):
        bearer_token([header])
