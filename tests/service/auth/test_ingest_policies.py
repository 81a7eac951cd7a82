"""Ingest policies as an administrator and as ingest see them, on a real PostgreSQL."""

import secrets
import uuid

import grpc
import pytest
from google.rpc import error_details_pb2

from a11i.auth.v1 import auth_service_pb2 as pb
from a11i_chassis.auth import SCOPE_INGEST, KeyVerifier
from a11i_chassis.ingest_policy import IngestPolicy
from tests.grpc_errors import rich_status
from tests.service.auth.conftest import ADMIN_TOKEN, Stubs

AS_ADMIN = (("authorization", f"Bearer {ADMIN_TOKEN}"),)
POLICY = pb.IngestPolicy(
    sampling_ratio=0.25,
    keep_errors=True,
    requests_per_second=50,
    request_burst=100,
    spans_per_second=0.5,
    span_burst=2000,
    bytes_per_second=1e6,
    byte_burst=5e6,
)


async def _project(stubs: Stubs) -> str:
    tenant = await stubs.admin.CreateTenant(pb.CreateTenantRequest(slug=f"t{secrets.token_hex(6)}"), metadata=AS_ADMIN)
    project = await stubs.admin.CreateProject(
        pb.CreateProjectRequest(tenant_id=tenant.tenant_id, slug="main"), metadata=AS_ADMIN
    )
    return project.project_id


async def _key(stubs: Stubs, project_id: str) -> str:
    made = await stubs.admin.CreateApiKey(pb.CreateApiKeyRequest(project_id=project_id), metadata=AS_ADMIN)
    return made.api_key


async def _get(stubs: Stubs, project_id: str) -> pb.GetIngestPolicyResponse:
    return await stubs.admin.GetIngestPolicy(pb.GetIngestPolicyRequest(project_id=project_id), metadata=AS_ADMIN)


async def _put(stubs: Stubs, project_id: str, policy: pb.IngestPolicy | None) -> pb.PutIngestPolicyResponse:
    request = pb.PutIngestPolicyRequest(project_id=project_id, ingest_policy=policy)
    return await stubs.admin.PutIngestPolicy(request, metadata=AS_ADMIN)


async def test_a_project_without_a_policy_has_the_default_one(stubs: Stubs) -> None:
    project_id = await _project(stubs)

    answer = await _get(stubs, project_id)

    assert answer.ingest_policy == pb.IngestPolicy(sampling_ratio=1)
    assert not answer.HasField("update_time")
    verified = await stubs.auth.VerifyApiKey(pb.VerifyApiKeyRequest(api_key=await _key(stubs, project_id)))
    assert verified.ingest_policy == pb.IngestPolicy(sampling_ratio=1)


async def test_a_policy_comes_back_as_it_was_put_and_with_every_key_of_its_project_alone(stubs: Stubs) -> None:
    project_id, other_id = await _project(stubs), await _project(stubs)

    put = await _put(stubs, project_id, POLICY)

    assert put.ingest_policy == POLICY
    assert await _get(stubs, project_id) == pb.GetIngestPolicyResponse(
        ingest_policy=POLICY, update_time=put.update_time
    )
    verified = await stubs.auth.VerifyApiKey(pb.VerifyApiKeyRequest(api_key=await _key(stubs, project_id)))
    assert verified.ingest_policy == POLICY
    other = await stubs.auth.VerifyApiKey(pb.VerifyApiKeyRequest(api_key=await _key(stubs, other_id)))
    assert other.ingest_policy == pb.IngestPolicy(sampling_ratio=1)


async def test_a_put_replaces_the_whole_policy(stubs: Stubs) -> None:
    project_id = await _project(stubs)
    first = await _put(stubs, project_id, POLICY)

    second = await _put(stubs, project_id, pb.IngestPolicy(sampling_ratio=0))

    assert (await _get(stubs, project_id)).ingest_policy == pb.IngestPolicy(sampling_ratio=0)
    assert second.update_time.ToNanoseconds() > first.update_time.ToNanoseconds()
    await _put(stubs, project_id, None)
    assert (await _get(stubs, project_id)).ingest_policy == pb.IngestPolicy(sampling_ratio=1)


async def test_other_services_follow_a_new_policy_when_their_memory_of_the_key_ends(stubs: Stubs) -> None:
    project_id = await _project(stubs)
    api_key = await _key(stubs, project_id)
    now = [0.0]
    verifier = KeyVerifier(stubs.channel, timeout_s=2, clock=lambda: now[0])
    assert (await verifier.verify(api_key, SCOPE_INGEST)).ingest_policy == IngestPolicy()

    await _put(stubs, project_id, POLICY)
    now[0] = 30.1

    followed = (await verifier.verify(api_key, SCOPE_INGEST)).ingest_policy
    assert followed == IngestPolicy(0.25, True, 50, 100, 0.5, 2000, 1e6, 5e6)


@pytest.mark.parametrize(
    ("policy", "field"),
    [
        (pb.IngestPolicy(sampling_ratio=1.1), "sampling_ratio"),
        (pb.IngestPolicy(sampling_ratio=-0.1), "sampling_ratio"),
        (pb.IngestPolicy(sampling_ratio=float("nan")), "sampling_ratio"),
        (pb.IngestPolicy(requests_per_second=-1), "requests_per_second"),
        (pb.IngestPolicy(spans_per_second=float("nan")), "spans_per_second"),
        (pb.IngestPolicy(bytes_per_second=float("inf")), "bytes_per_second"),
        (pb.IngestPolicy(spans_per_second=1, span_burst=-1), "span_burst"),
        (pb.IngestPolicy(byte_burst=1000), "byte_burst"),
    ],
)
async def test_a_policy_that_makes_no_sense_is_refused_by_its_field(
    stubs: Stubs, policy: pb.IngestPolicy, field: str
) -> None:
    project_id = await _project(stubs)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await _put(stubs, project_id, policy)

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert field in (caught.value.details() or "")
    bad = error_details_pb2.BadRequest()
    assert any(detail.Unpack(bad) for detail in rich_status(caught.value).details)
    assert [violation.field for violation in bad.field_violations] == [f"ingest_policy.{field}"]
    assert not (await _get(stubs, project_id)).HasField("update_time")


@pytest.mark.parametrize("project_id", [str(uuid.UUID(int=7)), "nonsense"])
async def test_a_project_that_is_not_there_has_no_policy(stubs: Stubs, project_id: str) -> None:
    expected = grpc.StatusCode.INVALID_ARGUMENT if project_id == "nonsense" else grpc.StatusCode.NOT_FOUND
    for call in (_get(stubs, project_id), _put(stubs, project_id, POLICY)):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert caught.value.code() is expected


async def test_without_the_admin_token_no_policy_is_read_or_put(stubs: Stubs) -> None:
    project_id = await _project(stubs)
    for call in (
        stubs.admin.GetIngestPolicy(pb.GetIngestPolicyRequest(project_id=project_id)),
        stubs.admin.PutIngestPolicy(pb.PutIngestPolicyRequest(project_id=project_id, ingest_policy=POLICY)),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert not (await _get(stubs, project_id)).HasField("update_time")
