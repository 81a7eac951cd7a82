"""The redaction service on a real PostgreSQL, as the tests of policies use it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from pydantic import SecretStr

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i.redaction.v1.redaction_service_pb2_grpc import RedactionServiceStub
from a11i_bus.memory import MemoryBroker
from a11i_bus.port import Bus, Message
from a11i_bus.settings import BusSettings
from a11i_bus.topology import SPANS_REDACTED, SPANS_TOKENIZED
from a11i_chassis.app import serving
from a11i_redaction.app import Redactors, build_app, open_kept
from a11i_redaction.loading import Detection, load_detection
from a11i_redaction.pipeline import Redactor
from a11i_redaction.pseudonyms import Pseudonyms
from a11i_redaction.settings import DetectionSettings, RedactionSettings
from a11i_telemetry.batch import SpanBatch
from tests.unit.redaction.redaction_kit import batch

if TYPE_CHECKING:
    from a11i.redaction.v1.redaction_service_pb2_grpc import RedactionServiceAsyncStub as Stub

DEADLINE_S = 20.0
"""For what should happen at once, on a busy machine."""
LOADING_S = 50.0
"""For detectors to be compiled, on a busy machine."""
ADMIN_TOKEN = "admin-token-of-the-tests-" + "0" * 20
REVEAL_TOKEN = "reveal-token-of-the-tests-" + "0" * 20
ADMIN = (("authorization", f"Bearer {ADMIN_TOKEN}"),)
REVEAL = (("authorization", f"Bearer {REVEAL_TOKEN}"),)


@dataclass(frozen=True, slots=True)
class Service:
    """A running service, and its bus."""

    stub: "Stub"
    bus: Bus

    async def put(self, tenant: str, project: str = "", expected: int | None = None, **fields: Any) -> pb.StoredPolicy:
        """Store a policy."""
        request = pb.PutPolicyRequest(
            tenant_id=tenant,
            project_id=project,
            policy=pb.Policy(**fields),
            actor="the tests",
            expected_version=expected,
        )
        return (await self.stub.PutPolicy(request, timeout=DEADLINE_S, metadata=ADMIN)).policy

    async def send(self, number: int, text: str, tenant: str, project: str = "p") -> None:
        """Put a batch of one span with this text before the stage."""
        made = batch(1, status_message=[text])
        spans = SpanBatch(f"{number:032x}", tenant, project, 0, made.columns, signal=made.signal)
        await self.bus.publish(SPANS_TOKENIZED, Message(id=spans.batch_id, key=tenant, payload=spans.encode()))

    async def redacted(self, timeout_s: float = DEADLINE_S) -> SpanBatch:
        """Return the next batch behind the stage."""
        async with self.bus.subscribe(SPANS_REDACTED, "writer", max_unsettled=10) as subscription:
            [delivery] = await subscription.fetch(1, timeout_s)
            await delivery.ack()
        return SpanBatch.decode(delivery.message.payload)

    async def nothing_for(self, seconds: float) -> bool:
        """Return whether nothing comes out behind the stage for so long."""
        async with self.bus.subscribe(SPANS_REDACTED, "writer", max_unsettled=10) as subscription:
            return not await subscription.fetch(1, seconds)

    async def through(self, number: int, text: str, tenant: str, project: str = "p") -> tuple[str, str]:
        """Return what the stage makes of a text, and the policy that the span names."""
        await self.send(number, text, tenant, project)
        columns = (await self.redacted()).columns
        return columns.column("status_message")[0].as_py(), columns.column("redaction_policy")[0].as_py()


def settings_of(dsn: str, **others: Any) -> RedactionSettings:
    """Return settings of a service without a language model, with everything that policies need."""
    return RedactionSettings.model_validate(
        {
            "bus": BusSettings(url=SecretStr("memory://")),
            "pseudonym_key": "a key of the tests",
            "dead_letter_key": "k" * 32,
            "names": False,
            "postgres": {"dsn": dsn, "query_timeout_s": 2, "connect_timeout_s": 1},
            "admin_token": ADMIN_TOKEN,
            "reveal_token": REVEAL_TOKEN,
            "master_key": "m" * 32,
            **others,
        }
    )


@lru_cache(maxsize=1)
def _detection() -> Detection:
    """Return the detectors, of the stage and of calls: compiled once, as that takes seconds."""
    return load_detection(DetectionSettings(), names=False)


@asynccontextmanager
async def running(settings: RedactionSettings) -> AsyncIterator[Service]:
    """Run a service."""
    bus = MemoryBroker(settings.bus).bus()

    async with open_kept(settings) as kept:

        def load() -> Redactors:
            assert kept is not None
            detection = _detection()
            stage, calls = (
                Redactor(detection.analyzer, Pseudonyms(key), kept.book, detection.version)
                for key in (b"a key of the tests", b"another key")
            )
            return Redactors(stage, calls)

        async with (
            serving("redaction", settings, build_app(settings, bus, load, kept)) as server,
            grpc.aio.insecure_channel(server.address) as channel,
        ):
            yield Service(RedactionServiceStub(channel), bus)


async def until(true: Callable[[], Awaitable[bool]], within_s: float = DEADLINE_S) -> float:
    """Wait until something is so, and return how many seconds that took."""
    began = time.monotonic()
    while not await true():
        assert time.monotonic() - began < within_s, "not within its time"
        await asyncio.sleep(0.02)
    return time.monotonic() - began


@asynccontextmanager
async def refused(code: grpc.StatusCode, field: str = "") -> AsyncIterator[list[str]]:
    """Expect a call to be refused, for this field; the list has the message afterwards."""
    message: list[str] = []
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        yield message
    assert caught.value.code() is code, caught.value.details()
    message.append(caught.value.details() or "")
    if field:
        metadata: dict[str, Any] = dict(caught.value.trailing_metadata() or ())
        status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
        request = error_details_pb2.BadRequest()
        assert any(packed.Unpack(request) for packed in status.details)
        assert request.field_violations[0].field == field
