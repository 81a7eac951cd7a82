"""The delivery service on real engines, with a redaction service of the tests."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import grpc
import pyarrow as pa
from pydantic import SecretStr

from a11i.delivery.v1 import dead_letter_service_pb2 as pb
from a11i.delivery.v1 import dead_letter_service_pb2_grpc as pb_grpc
from a11i.redaction.v1 import redaction_service_pb2 as redaction_pb
from a11i.redaction.v1 import redaction_service_pb2_grpc
from a11i.telemetry.v1.ledger_entries_pb2 import LEDGER_OUTCOME_REDACTED
from a11i_bus import Bus, BusSettings, Message, connect
from a11i_bus.dead_letters import DeadLetters
from a11i_bus.failures import describe
from a11i_bus.runner import RunnerSettings, Stage, StageSpec, run_stage
from a11i_bus.topology import SPANS_REDACTED, SPANS_TOKENIZED
from a11i_chassis.app import serving
from a11i_delivery.app import build
from a11i_delivery.settings import DeliverySettings
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.schema import SCHEMA

if TYPE_CHECKING:
    from a11i.delivery.v1.dead_letter_service_pb2_grpc import DeadLetterServiceAsyncStub

KEY = SecretStr("dead letter key of the tests " + "0" * 20)
ADMIN_TOKEN = "admin token of the tests " + "0" * 20
AS_ADMIN = (("authorization", f"Bearer {ADMIN_TOKEN}"),)
PATIENCE_S = 20.0
"""Deadline for what should happen at once, on a busy machine."""
STAGE = StageSpec("redaction", 1, SPANS_TOKENIZED, "redaction", SPANS_REDACTED, outcome=LEDGER_OUTCOME_REDACTED)
QUICK = RunnerSettings(retry_base_s=0.01, retry_max_s=0.05, heartbeat_s=0.1, max_tries=1)

T = TypeVar("T")


class FakeRedaction(redaction_service_pb2_grpc.RedactionServiceServicer):
    """Replaces a planted secret; can be away, and fails on what it is told to."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self.poison = ""
        self.calls = 0

    async def Redact(
        self,
        request: redaction_pb.RedactRequest,
        context: grpc.aio.ServicerContext[redaction_pb.RedactRequest, redaction_pb.RedactResponse],
    ) -> redaction_pb.RedactResponse:
        self.calls += 1
        if self.poison and any(self.poison in text for text in request.texts):
            await context.abort(grpc.StatusCode.INTERNAL, "a defect")
        texts = (redaction_pb.RedactedText(text=text.replace(self._secret, "<SECRET_1>")) for text in request.texts)
        return redaction_pb.RedactResponse(texts=texts, policy="tests/1")


class RedactionServer:
    """A redaction service that can be stopped and started on the same port."""

    def __init__(self, redaction: FakeRedaction) -> None:
        self._redaction = redaction
        self._port = 0
        self._server: grpc.aio.Server | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    async def start(self) -> None:
        self._server = grpc.aio.server()
        redaction_service_pb2_grpc.add_RedactionServiceServicer_to_server(self._redaction, self._server)
        self._port = self._server.add_insecure_port(self.address)
        await self._server.start()

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop(None)


@dataclass(frozen=True, slots=True)
class Engines:
    """Where the engines are."""

    nats_url: str
    postgres_dsn: str
    clickhouse_url: str = "http://nobody@127.0.0.1:1/a11i"
    """The ledger's. As it is, nothing answers there, which does not concern dead letters."""

    @property
    def bus(self) -> BusSettings:
        return BusSettings(url=SecretStr(self.nats_url), ack_wait_s=1.0, capacity_bytes=200_000_000)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery service that serves, and a client of it for one tenant."""

    stub: "DeadLetterServiceAsyncStub"
    tenant: str
    bus: Bus

    async def letters(self, **filters: object) -> list[pb.DeadLetter]:
        request = pb.ListDeadLettersRequest(tenant_id=self.tenant, filter=pb.DeadLetterFilter(**filters))  # type: ignore[arg-type]  # the filter's fields
        return list((await self.stub.ListDeadLetters(request, metadata=AS_ADMIN)).dead_letters)

    async def get(self, letter: pb.DeadLetter) -> pb.GetDeadLetterResponse:
        request = pb.GetDeadLetterRequest(tenant_id=self.tenant, dead_letter_id=letter.dead_letter_id)
        return await self.stub.GetDeadLetter(request, metadata=AS_ADMIN)

    async def replay(self, *letters: pb.DeadLetter, **fields: object) -> pb.ReplayDeadLettersResponse:
        request = pb.ReplayDeadLettersRequest(tenant_id=self.tenant, actor="somebody", **fields)  # type: ignore[arg-type]  # the request's fields
        if letters:
            request.ids.dead_letter_ids.extend(letter.dead_letter_id for letter in letters)
        return await self.stub.ReplayDeadLetters(request, metadata=AS_ADMIN)

    async def discard(self, *letters: pb.DeadLetter, **fields: object) -> pb.DiscardDeadLettersResponse:
        request = pb.DiscardDeadLettersRequest(tenant_id=self.tenant, actor="somebody", **fields)  # type: ignore[arg-type]  # the request's fields
        if letters:
            request.ids.dead_letter_ids.extend(letter.dead_letter_id for letter in letters)
        return await self.stub.DiscardDeadLetters(request, metadata=AS_ADMIN)

    async def waiting(self, count: int) -> list[pb.DeadLetter]:
        """Return the letters that wait, once there are that many."""

        async def look() -> list[pb.DeadLetter] | None:
            found = await self.letters(state=pb.DEAD_LETTER_STATE_WAITING)
            return found if len(found) >= count else None

        found = await eventually(look)
        assert len(found) == count
        return found

    async def bury(self, spans: SpanBatch | bytes, *, message_id: str = "", stage: str = "redaction.1") -> str:
        """Make a dead letter as a stage does; return the id of the message that was given up."""
        payload = spans if isinstance(spans, bytes) else spans.encode()
        message = Message(id=message_id or f"{uuid.uuid4().hex}:tokenization.2", key=self.tenant, payload=payload)
        source = {"redaction.1": SPANS_TOKENIZED, "writer.1": SPANS_REDACTED}[stage]
        await DeadLetters(self.bus, stage, source, KEY).put(message, describe(ValueError("its words")), 3)
        return message.id


def settings(engines: Engines, redaction: str, **dead_letters: float) -> DeliverySettings:
    return DeliverySettings.model_validate(
        {
            "bus": engines.bus,
            "postgres": {"dsn": engines.postgres_dsn, "query_timeout_s": 3},
            "clickhouse": {"url": engines.clickhouse_url},
            "ledger": {"interval_s": 0.2, "settle_s": 1},
            "redaction": {"address": redaction, "timeout_s": 3},
            "dead_letter_key": KEY,
            "admin_token": ADMIN_TOKEN,
            "dead_letters": {"replay_interval_s": 0.1, "expire_interval_s": 0.1, "replay_wait_s": 2, **dead_letters},
        }
    )


@asynccontextmanager
async def serving_delivery(engines: Engines, redaction: str, tenant: str) -> AsyncIterator[Delivery]:
    """Run the service."""
    chosen = settings(engines, redaction)
    async with (
        connect(engines.bus) as bus,
        build(chosen) as app,
        serving("delivery", chosen, app) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        yield Delivery(pb_grpc.DeadLetterServiceStub(channel), tenant, bus)


@asynccontextmanager
async def running_stage(bus: Bus, stage: Stage) -> AsyncIterator[None]:
    """Run a stage in redaction's place for the time of the block."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run_stage(bus, STAGE, stage, QUICK, stop, dead_letter_key=KEY))
        try:
            yield
        finally:
            stop.set()


def batch(tenant: str, names: list[str], text: str = "") -> SpanBatch:
    """Return a batch of spans of those names, each with the text in several places."""
    columns = {field.name: pa.nulls(len(names), field.type) for field in SCHEMA}
    columns["name"] = pa.array(names)
    columns["trace_id"] = pa.array([b"t" * 16] * len(names), pa.binary(16))
    columns["span_id"] = pa.array([b"s%07d" % row for row in range(len(names))], pa.binary(8))
    columns["status_message"] = pa.array([text] * len(names))
    columns["attr_string"] = pa.array([[("note", text)]] * len(names), pa.map_(pa.string(), pa.string()))
    columns["start_time"] = pa.array([1_700_000_000_123_456_789] * len(names), SCHEMA.field("start_time").type)
    record_batch = pa.RecordBatch.from_arrays(list(columns.values()), schema=SCHEMA)
    return SpanBatch(uuid.uuid4().hex, tenant, "project-1", time.time_ns(), record_batch)


async def eventually(look: Callable[[], Awaitable[T | None]]) -> T:
    """Return the first thing that `look` returns which is neither None nor false; fail after a while."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := await look()):
        assert time.monotonic() < deadline, "it did not come to pass"
        await asyncio.sleep(0.02)
    return found
