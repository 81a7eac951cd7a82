"""What becomes of a request's spans, on a bus in memory and on one that is not there."""

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pydantic import SecretStr

from a11i_bus import Bus, BusSettings, connect
from a11i_bus.limits import received_limit
from a11i_bus.topology import SPANS_RECEIVED
from a11i_chassis.auth import Principal
from a11i_chassis.errors import UnavailableError
from a11i_ingest.intake import Intake, Receipt
from a11i_ingest.settings import IntakeSettings

CALLER = Principal("tenant", "project", "key", frozenset())


@pytest.fixture
def executor() -> Iterator[Executor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
async def bus() -> AsyncIterator[Bus]:
    async with connect(BusSettings(url=SecretStr("memory://"))) as connected:
        yield connected


async def _take(bus: Bus, executor: Executor, *chars: int) -> Receipt:
    request = ExportTraceServiceRequest()
    scope_spans = request.resource_spans.add().scope_spans.add()
    for number, length in enumerate(chars, start=1):
        span = scope_spans.spans.add(trace_id=b"t" * 16, span_id=number.to_bytes(8, "big"))
        span.attributes.add(key="gen_ai.input.messages").value.string_value = "x" * length
    intake = Intake(bus, executor, IntakeSettings(), max_request_bytes=64 * 1024**2)
    return await intake.take("test", CALLER, request.SerializeToString(), gzipped=False)


async def test_a_span_that_leaves_the_stages_no_room_is_refused_before_it_is_acknowledged(
    bus: Bus, executor: Executor
) -> None:
    receipt = await _take(bus, executor, bus.max_payload_bytes - 50_000, received_limit(bus) - 50_000, 10)
    assert (receipt.accepted, receipt.rejected) == (2, 1)
    async with bus.subscribe(SPANS_RECEIVED, "tokenization", max_unsettled=10) as subscription:
        payloads = [one.message.payload for one in await subscription.fetch(10, 1.0)]
    assert received_limit(bus) - 50_000 < max(map(len, payloads)) <= received_limit(bus)


async def test_no_span_is_refused_for_good_while_the_limit_of_the_bus_is_unknown(executor: Executor) -> None:
    nowhere = BusSettings(url=SecretStr("nats://127.0.0.1:1"), connect_wait_s=0.0)
    async with connect(nowhere) as bus:
        with pytest.raises(UnavailableError):
            await _take(bus, executor, 2_000_000)
