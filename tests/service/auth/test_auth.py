"""The auth service as its callers see it, on a real PostgreSQL."""

import secrets
import string
import uuid
import zlib
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2

from a11i.auth.v1 import auth_service_pb2 as pb
from a11i_chassis.auth import SCOPE_INGEST, SCOPE_QUERY, KeyVerifier
from a11i_chassis.errors import PermissionDeniedError, UnauthenticatedError, UnavailableError
from tests.engines import postgres
from tests.grpc_errors import rich_status
from tests.service.auth.conftest import ADMIN_TOKEN, Stubs, serving_auth

AS_ADMIN = (("authorization", f"Bearer {ADMIN_TOKEN}"),)


async def _project(stubs: Stubs) -> tuple[str, str]:
    slug = f"t{secrets.token_hex(6)}"
    tenant = await stubs.admin.CreateTenant(pb.CreateTenantRequest(slug=slug), metadata=AS_ADMIN)
    project = await stubs.admin.CreateProject(
        pb.CreateProjectRequest(tenant_id=tenant.tenant_id, slug="main"), metadata=AS_ADMIN
    )
    return tenant.tenant_id, project.project_id


async def _key(stubs: Stubs, project_id: str, **fields: object) -> pb.CreateApiKeyResponse:
    request = pb.CreateApiKeyRequest(project_id=project_id, **fields)  # type: ignore[arg-type]  # the request's fields
    return await stubs.admin.CreateApiKey(request, metadata=AS_ADMIN)


async def _code_of(stubs: Stubs, api_key: str) -> grpc.StatusCode:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stubs.auth.VerifyApiKey(pb.VerifyApiKeyRequest(api_key=api_key))
    return caught.value.code()


async def test_a_new_key_belongs_to_its_tenant_and_project(stubs: Stubs) -> None:
    tenant_id, project_id = await _project(stubs)
    made = await _key(stubs, project_id)

    answer = await stubs.auth.VerifyApiKey(pb.VerifyApiKeyRequest(api_key=made.api_key))

    assert (answer.tenant_id, answer.project_id, answer.key_id) == (tenant_id, project_id, made.key_id)
    assert set(answer.scopes) == {pb.SCOPE_INGEST, pb.SCOPE_QUERY}
    assert timedelta(0) < answer.cache_ttl.ToTimedelta() <= timedelta(seconds=30)


async def test_keys_that_are_not_good_are_refused_in_the_same_words(stubs: Stubs) -> None:
    _, project_id = await _project(stubs)
    good = (await _key(stubs, project_id)).api_key
    other = (await _key(stubs, project_id)).api_key
    _, key_id, _, _ = good.split("_")
    bad = ["", "nonsense", good[:-1], good.replace(key_id, "0" * 12), "_".join(["a11i", key_id, *other.split("_")[2:]])]

    messages = set()
    for api_key in bad:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stubs.auth.VerifyApiKey(pb.VerifyApiKeyRequest(api_key=api_key))
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
        messages.add(caught.value.details())

    assert len(messages) == 1


async def test_a_key_that_no_database_can_hold_is_refused_like_any_other(stubs: Stubs) -> None:
    assert await _code_of(stubs, _with_checksum("a11i_abcdefghijk\0_" + "0" * 43)) is grpc.StatusCode.UNAUTHENTICATED


async def test_a_request_larger_than_any_key_is_not_taken(stubs: Stubs) -> None:
    assert await _code_of(stubs, "a" * 70_000) is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_revoked_key_is_refused_and_revoking_again_changes_nothing(stubs: Stubs) -> None:
    _, project_id = await _project(stubs)
    made = await _key(stubs, project_id)

    for _ in range(2):
        await stubs.admin.RevokeApiKey(pb.RevokeApiKeyRequest(key_id=made.key_id), metadata=AS_ADMIN)

    assert await _code_of(stubs, made.api_key) is grpc.StatusCode.UNAUTHENTICATED


async def test_an_answer_is_not_to_be_kept_past_the_keys_end(stubs: Stubs) -> None:
    _, project_id = await _project(stubs)
    soon = Timestamp()
    soon.FromDatetime(datetime.now(UTC) + timedelta(seconds=8))
    made = await _key(stubs, project_id, expire_time=soon)

    answer = await stubs.auth.VerifyApiKey(pb.VerifyApiKeyRequest(api_key=made.api_key))

    assert answer.cache_ttl.ToTimedelta() <= timedelta(seconds=8)


@pytest.mark.parametrize("metadata", [(), (("authorization", "Bearer wrong"),)])
async def test_without_the_admin_token_nothing_is_made(stubs: Stubs, metadata: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stubs.admin.CreateTenant(pb.CreateTenantRequest(slug="sneaky"), metadata=metadata)

    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize(
    ("method", "request_", "code", "field"),
    [
        ("CreateTenant", pb.CreateTenantRequest(slug="A"), grpc.StatusCode.INVALID_ARGUMENT, "slug"),
        ("CreateProject", pb.CreateProjectRequest(tenant_id="x"), grpc.StatusCode.INVALID_ARGUMENT, "tenant_id"),
        (
            "CreateProject",
            pb.CreateProjectRequest(tenant_id="00000000-0000-0000-0000-000000000001", slug="main"),
            grpc.StatusCode.NOT_FOUND,
            None,
        ),
        ("CreateApiKey", pb.CreateApiKeyRequest(project_id="x"), grpc.StatusCode.INVALID_ARGUMENT, "project_id"),
        (
            "CreateTenant",
            pb.CreateTenantRequest(slug="slug", display_name="a\0b"),
            grpc.StatusCode.INVALID_ARGUMENT,
            "display_name",
        ),
        ("CreateTenant", pb.CreateTenantRequest(slug="sl\0g"), grpc.StatusCode.INVALID_ARGUMENT, "slug"),
        (
            "CreateApiKey",
            pb.CreateApiKeyRequest(project_id=str(uuid.UUID(int=1)), expire_time=Timestamp(seconds=10**15)),
            grpc.StatusCode.INVALID_ARGUMENT,
            "expire_time",
        ),
        ("RevokeApiKey", pb.RevokeApiKeyRequest(key_id="x"), grpc.StatusCode.NOT_FOUND, None),
        ("RevokeApiKey", pb.RevokeApiKeyRequest(key_id="0" * 12), grpc.StatusCode.NOT_FOUND, None),
        ("RevokeApiKey", pb.RevokeApiKeyRequest(key_id="a\0b"), grpc.StatusCode.NOT_FOUND, None),
    ],
)
async def test_bad_requests_name_what_is_wrong(
    stubs: Stubs, method: str, request_: Message, code: grpc.StatusCode, field: str | None
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await getattr(stubs.admin, method)(request_, metadata=AS_ADMIN)

    assert caught.value.code() is code
    if field is not None:
        assert _violated_fields(caught.value) == [field]


async def test_a_slug_that_is_taken_is_refused(stubs: Stubs) -> None:
    slug = f"t{secrets.token_hex(6)}"
    await stubs.admin.CreateTenant(pb.CreateTenantRequest(slug=slug), metadata=AS_ADMIN)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stubs.admin.CreateTenant(pb.CreateTenantRequest(slug=slug), metadata=AS_ADMIN)

    assert caught.value.code() is grpc.StatusCode.ALREADY_EXISTS


async def test_the_secret_is_nowhere_in_the_database(stubs: Stubs, server: postgres.PostgresServer) -> None:
    import asyncpg

    _, project_id = await _project(stubs)
    made = await _key(stubs, project_id)
    secret = made.api_key.split("_")[2]

    connection = await asyncpg.connect(server.dsn)
    try:
        rows = await connection.fetch("SELECT api_keys::text AS row FROM api_keys")
    finally:
        await connection.close()

    assert any(made.key_id in row["row"] for row in rows)
    assert not any(secret in row["row"] for row in rows)


async def test_the_verifier_of_other_services_keeps_answers_and_checks_scopes(stubs: Stubs) -> None:
    _, project_id = await _project(stubs)
    made = await _key(stubs, project_id, scopes=[pb.SCOPE_INGEST])
    now = [0.0]
    verifier = KeyVerifier(stubs.channel, timeout_s=2, clock=lambda: now[0])

    principal = await verifier.verify(made.api_key, SCOPE_INGEST)
    with pytest.raises(PermissionDeniedError):
        await verifier.verify(made.api_key, SCOPE_QUERY)
    await stubs.admin.RevokeApiKey(pb.RevokeApiKeyRequest(key_id=made.key_id), metadata=AS_ADMIN)
    assert await verifier.verify(made.api_key, SCOPE_INGEST) == principal
    now[0] = 30.1
    with pytest.raises(UnauthenticatedError):
        await verifier.verify(made.api_key, SCOPE_INGEST)


async def test_with_postgresql_away_a_key_is_neither_good_nor_bad(tmp_path_factory: pytest.TempPathFactory) -> None:
    unreachable = "postgresql://a11i:none@127.0.0.1:1/a11i"
    async with serving_auth(unreachable) as stubs:
        well_formed = _well_formed_key()
        assert await _code_of(stubs, well_formed) is grpc.StatusCode.UNAVAILABLE
        with pytest.raises(UnavailableError):
            await KeyVerifier(stubs.channel, timeout_s=2).verify(well_formed, SCOPE_INGEST)
        assert await _code_of(stubs, "nonsense") is grpc.StatusCode.UNAUTHENTICATED


def _well_formed_key() -> str:
    from a11i_auth.keys import new_key

    return new_key()[0]


def _with_checksum(body: str) -> str:
    digits, number = "", zlib.crc32(body.encode())
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = (string.digits + string.ascii_uppercase + string.ascii_lowercase)[digit] + digits
    return f"{body}_{digits}"


def _violated_fields(error: grpc.aio.AioRpcError) -> list[str]:
    fields = []
    for detail in rich_status(error).details:
        bad = error_details_pb2.BadRequest()
        if detail.Unpack(bad):
            fields += [violation.field for violation in bad.field_violations]
    return fields
