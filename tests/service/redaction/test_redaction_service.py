"""The redaction service as a process would run it: gRPC, health, and its stage on a bus in memory."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pydantic import SecretStr

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i.redaction.v1.redaction_service_pb2_grpc import RedactionServiceStub
from a11i_bus.memory import MemoryBroker
from a11i_bus.port import Bus, Message
from a11i_bus.settings import BusSettings
from a11i_bus.topology import SPANS_REDACTED, SPANS_TOKENIZED
from a11i_chassis.app import serving
from a11i_redaction.app import SERVICE, Redactors, build_app
from a11i_redaction.loading import load_redactor
from a11i_redaction.pipeline import RedactedText, Redactor
from a11i_redaction.policy.in_force import InForce
from a11i_redaction.settings import DetectionSettings, RedactionSettings
from a11i_telemetry.batch import SpanBatch
from tests.unit.redaction.redaction_kit import batch, column

if TYPE_CHECKING:
    from a11i.redaction.v1.redaction_service_pb2_grpc import RedactionServiceAsyncStub as Stub

DEADLINE_S = 20.0
"""For what should happen at once, on a busy machine."""


@pytest.fixture(scope="module")
def redactor() -> Redactor:
    """The default policy, with the real language model."""
    return load_redactor(DetectionSettings(), names=True, pseudonym_key=b"a key of the tests")


@pytest.fixture(scope="module")
def calls() -> Redactor:
    """The same with another key."""
    return load_redactor(DetectionSettings(), names=True, pseudonym_key=b"another key of the tests")


@pytest.fixture
def settings() -> RedactionSettings:
    return RedactionSettings(
        bus=BusSettings(url=SecretStr("memory://")),
        pseudonym_key=SecretStr("a key of the tests"),
        dead_letter_key=SecretStr("k" * 32),
    )


@pytest.fixture
def bus(settings: RedactionSettings) -> Bus:
    return MemoryBroker(settings.bus).bus()


@pytest.fixture
async def stub(settings: RedactionSettings, bus: Bus, redactor: Redactor, calls: Redactor) -> AsyncIterator["Stub"]:
    """A client of the service, loaded."""
    async with (
        serving(
            "redaction", settings, build_app(settings, bus, lambda: Redactors(stage=redactor, calls=calls))
        ) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        await _until_serving(channel)
        yield RedactionServiceStub(channel)


async def _until_serving(channel: grpc.aio.Channel) -> None:
    health = health_pb2_grpc.HealthStub(channel)
    deadline = time.monotonic() + DEADLINE_S
    while await _status(health) != health_pb2.HealthCheckResponse.SERVING:
        assert time.monotonic() < deadline, "the service does not become ready"
        await asyncio.sleep(0.02)


async def _status(health: Any) -> int:
    answer = await health.Check(health_pb2.HealthCheckRequest(service=SERVICE), timeout=DEADLINE_S)
    return int(answer.status)


async def test_redact_replaces_and_says_what_it_found(stub: "Stub") -> None:
    text = "I am Maria Garcia, write to maria@example.com"
    answer = await stub.Redact(pb.RedactRequest(texts=[text, "plain"]), timeout=DEADLINE_S)
    redacted, plain = answer.texts
    assert [(f.entity, text[f.start : f.end]) for f in redacted.findings] == [
        ("PERSON", "Maria Garcia"),
        ("EMAIL_ADDRESS", "maria@example.com"),
    ]
    assert redacted.text.startswith("I am <PERSON_")
    assert (plain.text, list(plain.findings)) == ("plain", [])
    assert answer.policy == "standard/1"
    again = await stub.Redact(pb.RedactRequest(texts=[redacted.text]), timeout=DEADLINE_S)
    assert again.texts[0].text == redacted.text


async def test_placeholders_of_calls_are_stable_and_none_of_the_pipeline_s(stub: "Stub", redactor: Redactor) -> None:
    first, same = [
        (await stub.Redact(pb.RedactRequest(texts=["a@example.com"]), timeout=DEADLINE_S)).texts[0].text
        for _ in range(2)
    ]
    assert first == same
    assert first not in {redactor.redact_texts(["a@example.com"], tenant)[0].text for tenant in ("t", "")}


class _Slow(Redactor):
    """Works until it may end."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self.may_end = threading.Event()
        self.at_work = 0
        self.most_at_work = 0

    def redact_texts(self, texts: Sequence[str], tenant_id: str, chosen: InForce | None = None) -> list[RedactedText]:
        self.at_work += 1
        self.most_at_work = max(self.at_work, self.most_at_work)
        self.may_end.wait(DEADLINE_S)
        self.at_work -= 1
        return self._redactor.redact_texts(texts, tenant_id, chosen)


async def test_one_call_works_at_a_time_and_none_holds_the_pipeline(
    settings: RedactionSettings, bus: Bus, redactor: Redactor
) -> None:
    slow = _Slow(redactor)
    app = build_app(settings, bus, lambda: Redactors(stage=redactor, calls=slow))
    async with (
        serving("redaction", settings, app) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        await _until_serving(channel)
        stub: Stub = RedactionServiceStub(channel)
        request = pb.RedactRequest(texts=["x"])
        # The first caller gives up; its work goes on, and with it its turn.
        with pytest.raises(grpc.aio.AioRpcError):
            await stub.Redact(request, timeout=0.3)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Redact(request, timeout=DEADLINE_S)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        spans = batch(1, status_message=["mail a@example.com"])
        await bus.publish(SPANS_TOKENIZED, Message(id=spans.batch_id, key=spans.tenant_id, payload=spans.encode()))
        async with bus.subscribe(SPANS_REDACTED, "writer", max_unsettled=10) as subscription:
            [delivery] = await subscription.fetch(1, DEADLINE_S)
            await delivery.ack()
        slow.may_end.set()
        assert (await stub.Redact(request, timeout=DEADLINE_S)).texts[0].text == "x"
    assert slow.most_at_work == 1


@pytest.mark.parametrize("texts", [["x"] * 1_001, ["x" * 256_001]])
async def test_too_much_text_is_an_invalid_argument(stub: "Stub", texts: list[str]) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Redact(pb.RedactRequest(texts=texts), timeout=DEADLINE_S)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    metadata: dict[str, Any] = dict(caught.value.trailing_metadata() or ())
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    request = error_details_pb2.BadRequest()
    assert any(packed.Unpack(request) for packed in status.details)
    assert request.field_violations[0].field == "texts"


async def test_until_the_detectors_are_loaded_it_is_not_serving(
    settings: RedactionSettings, bus: Bus, redactor: Redactor
) -> None:
    may_load = threading.Event()

    def load() -> Redactors:
        may_load.wait(DEADLINE_S)
        return Redactors(stage=redactor, calls=redactor)

    async with (
        serving("redaction", settings, build_app(settings, bus, load)) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        assert await _status(health_pb2_grpc.HealthStub(channel)) == health_pb2.HealthCheckResponse.NOT_SERVING
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await RedactionServiceStub(channel).Redact(pb.RedactRequest(texts=["x"]), timeout=DEADLINE_S)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        may_load.set()
        await _until_serving(channel)
        answer = await RedactionServiceStub(channel).Redact(pb.RedactRequest(texts=["x"]), timeout=DEADLINE_S)
        assert answer.texts[0].text == "x"


async def test_the_stage_redacts_what_comes_over_the_bus(stub: "Stub", bus: Bus) -> None:
    spans = batch(2, input_messages=[json.dumps([{"role": "user", "content": "mail a@example.com"}])] * 2)
    await bus.publish(SPANS_TOKENIZED, Message(id=spans.batch_id, key=spans.tenant_id, payload=spans.encode()))
    async with bus.subscribe(SPANS_REDACTED, "writer", max_unsettled=10) as subscription:
        [delivery] = await subscription.fetch(1, DEADLINE_S)
        await delivery.ack()
    assert delivery.message.id == f"{spans.batch_id}:redaction.1"
    assert b"a@example.com" not in delivery.message.payload
    output = SpanBatch.decode(delivery.message.payload)
    assert column(output, "redacted_entities") == [[("EMAIL_ADDRESS", 1)]] * 2
    assert column(output, "redaction_policy") == ["standard/1"] * 2


def test_without_names_the_language_model_is_not_loaded() -> None:
    settings = DetectionSettings(model="no_such_model")
    redactor = load_redactor(settings, names=False, pseudonym_key=b"a key of the tests")
    redacted = redactor.redact_texts(["Maria Garcia, a@example.com"], "t")[0]
    assert redacted.text.startswith("Maria Garcia, <EMAIL_ADDRESS_")
    output = redactor.redact_batch(batch(1))
    assert column(output, "redaction_policy") == ["standard-no-names/1"]


async def test_a_language_model_that_is_not_installed_ends_the_start(settings: RedactionSettings, bus: Bus) -> None:
    missing = settings.model_copy(update={"detection": DetectionSettings(model="no_such_model")})
    load: Callable[[], Redactors] = lambda: pytest.fail("must not be called")  # noqa: E731  (shorter than a function)
    with pytest.raises(OSError, match="no_such_model"):
        build_app(missing, bus, load)
    assert build_app(missing.model_copy(update={"names": False}), bus, load).services == [SERVICE]
