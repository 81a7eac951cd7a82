"""Dead letters: batches that a stage gives up, as this plays it, and an operator who has them replayed."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Final

import grpc
from pydantic import SecretStr

from a11i.delivery.v1 import dead_letter_service_pb2 as pb
from a11i.delivery.v1 import dead_letter_service_pb2_grpc as rpc
from a11i_bus import Message, connect
from a11i_bus.dead_letters import DeadLetters
from a11i_bus.failures import describe
from a11i_bus.topology import SPANS_RECEIVED
from a11i_telemetry.received import ReceivedBatch
from a11i_telemetry.signals import Signal
from tests.chaos.mesh import ChaosMesh
from tests.chaos.model import Batch

_STAGE: Final = "tokenization.2"
_TIMEOUT_S: Final = 10.0


async def give_up(mesh: ChaosMesh, batch: Batch) -> None:
    """Make a batch, which no client has sent, a dead letter of tokenization's. It is acknowledged when this returns."""
    ours = json.loads((mesh.mesh.data / "project.json").read_text())
    key = json.loads((mesh.mesh.data / "secrets.json").read_text())["dead_letter_key"]
    payload = batch.request.SerializeToString()
    received = ReceivedBatch(
        batch_id=hashlib.sha256(payload).hexdigest()[:32],
        tenant_id=ours["tenant_id"],
        project_id=ours["project_id"],
        received_time_ns=time.time_ns(),
        signal=Signal.SPANS,
        item_count=len(batch.spans),
        otlp=payload,
    )
    message = Message(received.batch_id, received.tenant_id, received.encode())
    # Not through the proxy: what is meddled with is the way from the bus to whoever keeps the letter.
    async with connect(mesh.bus_settings()) as bus:
        letters = DeadLetters(bus, _STAGE, SPANS_RECEIVED, SecretStr(key))
        await letters.put(message, describe(ValueError("a batch that is given up on purpose")), tries=3)


async def waiting_letters(mesh: ChaosMesh) -> int:
    """Return how many letters wait; 0 if delivery cannot say."""
    tenant_id = json.loads((mesh.mesh.data / "project.json").read_text())["tenant_id"]
    request = pb.ListDeadLettersRequest(
        tenant_id=tenant_id, filter=pb.DeadLetterFilter(state=pb.DEAD_LETTER_STATE_WAITING)
    )
    async with grpc.aio.insecure_channel(mesh.mesh.variables["A11I_DELIVERY"]) as channel:
        try:
            answer = await rpc.DeadLetterServiceStub(channel).ListDeadLetters(
                request, metadata=_admin(mesh), timeout=_TIMEOUT_S
            )
        except grpc.aio.AioRpcError:
            return 0
        return len(answer.dead_letters)


async def replay_all(mesh: ChaosMesh) -> None:
    """Ask for a replay of all letters that wait. Raises grpc.aio.AioRpcError, as when delivery dies over it."""
    tenant_id = json.loads((mesh.mesh.data / "project.json").read_text())["tenant_id"]
    async with grpc.aio.insecure_channel(mesh.mesh.variables["A11I_DELIVERY"]) as channel:
        request = pb.ReplayDeadLettersRequest(tenant_id=tenant_id, filter=pb.DeadLetterFilter(), actor="chaos")
        await rpc.DeadLetterServiceStub(channel).ReplayDeadLetters(request, metadata=_admin(mesh), timeout=_TIMEOUT_S)


def _admin(mesh: ChaosMesh) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {mesh.mesh.variables['A11I_ADMIN_TOKEN']}"),)
