"""Makes the mesh's tenant, project and API key, once."""

from __future__ import annotations

import secrets

import grpc

from a11i.auth.v1 import auth_service_pb2 as pb
from a11i.auth.v1 import auth_service_pb2_grpc as rpc
from a11i_local.data_dir import DataDir
from a11i_local.errors import StartError

FILE = "project.json"
CALL_TIMEOUT_S = 10.0


async def api_key(data: DataDir, address: str, admin_token: str) -> str:
    """The data directory's API key, made anew if there is none or auth no longer takes it."""
    async with grpc.aio.insecure_channel(address) as channel:
        kept = {name: str(value) for name, value in data.read_json(FILE).items()}
        try:
            if "api_key" in kept and await _is_valid(rpc.AuthServiceStub(channel), kept["api_key"]):
                return kept["api_key"]
            return await _create(data, kept, rpc.AdminServiceStub(channel), admin_token)
        except grpc.aio.AioRpcError as error:
            raise StartError(f"auth at {address} could not give an API key: {error.details()}") from None


async def _is_valid(auth: rpc.AuthServiceAsyncStub, key: str) -> bool:
    try:
        await auth.VerifyApiKey(pb.VerifyApiKeyRequest(api_key=key), timeout=CALL_TIMEOUT_S)
    except grpc.aio.AioRpcError as error:
        if error.code() == grpc.StatusCode.UNAUTHENTICATED:
            return False
        raise
    return True


async def _create(data: DataDir, kept: dict[str, str], admin: rpc.AdminServiceAsyncStub, token: str) -> str:
    """Each step is kept at once, so that a start that is cut off goes on where it was."""
    metadata = (("authorization", f"Bearer {token}"),)
    if "tenant_id" not in kept:
        # Not just "local": a tenant of that name may be left from a directory whose project.json was removed.
        slug = f"local-{secrets.token_hex(4)}"
        tenant = await admin.CreateTenant(
            pb.CreateTenantRequest(slug=slug, display_name="Local"), metadata=metadata, timeout=CALL_TIMEOUT_S
        )
        kept["tenant_id"] = tenant.tenant_id
        data.write_json(FILE, kept)
    if "project_id" not in kept:
        project = await admin.CreateProject(
            pb.CreateProjectRequest(
                tenant_id=kept["tenant_id"], slug=f"demo-{secrets.token_hex(4)}", display_name="Demo"
            ),
            metadata=metadata,
            timeout=CALL_TIMEOUT_S,
        )
        kept["project_id"] = project.project_id
        data.write_json(FILE, kept)
    key = await admin.CreateApiKey(
        pb.CreateApiKeyRequest(project_id=kept["project_id"], display_name="local mesh"),
        metadata=metadata,
        timeout=CALL_TIMEOUT_S,
    )
    data.write_json(FILE, kept | {"api_key": key.api_key, "key_id": key.key_id})
    return key.api_key
