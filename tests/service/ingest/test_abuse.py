"""What clients can do wrong on purpose: bounded memory and time, the documented status, and other clients served."""

import asyncio
import gzip
import io
import json
import os
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager

import psutil
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.engines.nats import NatsServer
from tests.service.ingest.http_client import AUTHORIZATION, JSON, PROTOBUF, Answer, connection, head, send, send_json
from tests.service.ingest.ingest_harness import Harness, request, running_ingest
from tests.unit.telemetry.otlp_json_documents import request as document
from tests.unit.telemetry.otlp_json_documents import span

MIB = 1024 * 1024
LIMIT_BYTES = 64 * MIB
SERVED_S = 8.0
"""What another client's small request may take at most meanwhile, on a busy machine; sends are refused after 10 s."""


@pytest.fixture
async def roomy(nats_server: NatsServer) -> AsyncIterator[Harness]:
    """Ingest that takes requests of the size that it takes as it comes, 64 MiB."""
    async with running_ingest(
        bus_url=nats_server.url, max_receive_bytes=LIMIT_BYTES, capacity_bytes=512 * MIB
    ) as harness:
        yield harness


class _Peak:
    """How much memory this process, with ingest in it, took more than at first."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._first = self._process.memory_info().rss
        self.bytes = 0

    def look(self) -> None:
        self.bytes = max(self.bytes, self._process.memory_info().rss - self._first)


@asynccontextmanager
async def _others_served(ingest: Harness) -> AsyncIterator[_Peak]:
    """Send small requests all the while, each of which must succeed in time."""
    peak, done = _Peak(), asyncio.Event()
    waits_s: list[float] = []

    async def client() -> None:
        number = 0
        while not done.is_set() or not waits_s:
            number += 1
            started_s = time.monotonic()
            answer = await send(ingest, request(number, text=os.urandom(4).hex()).SerializeToString())
            waits_s.append(time.monotonic() - started_s)
            assert answer.status == 200
            peak.look()
            await asyncio.sleep(0.02)

    async with asyncio.TaskGroup() as group:
        group.create_task(client())
        yield peak
        done.set()
    assert max(waits_s) < SERVED_S


def _bomb(size: int) -> bytes:
    """Return a gzip file of that many zeros, without holding them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return b"".join([*(packer.compress(bytes(MIB)) for _ in range(size // MIB)), packer.flush()])


@pytest.mark.parametrize("headers", [PROTOBUF, JSON])
async def test_gzip_bombs_are_refused_in_bounded_memory(roomy: Harness, headers: Mapping[str, str]) -> None:
    bomb = _bomb(512 * MIB)
    async with _others_served(roomy) as peak:
        answers = await asyncio.gather(*(send(roomy, bomb, {**headers, "Content-Encoding": "gzip"}) for _ in range(4)))
    statuses = {answer.status for answer in answers}
    assert 413 in statuses
    assert statuses <= {413, 503}  # 503 for whom there was no room in time
    assert peak.bytes < 4 * LIMIT_BYTES


async def test_truncated_gzip_is_refused(roomy: Harness) -> None:
    whole = gzip.compress(request(*range(1, 100), text="x" * 100).SerializeToString())
    async with _others_served(roomy):
        for size in (0, 1, 9, 10, 11, len(whole) // 2, len(whole) - 1):
            answer = await send(roomy, whole[:size], {**PROTOBUF, "Content-Encoding": "gzip"})
            assert answer.status == (200 if size == 0 else 400)


async def test_slow_bodies_and_headers_keep_nobody_out(roomy: Harness) -> None:
    async with _others_served(roomy):
        slow = [connection(roomy) for _ in range(50)]
        clients = [await one.__aenter__() for one in slow]
        for number, client in enumerate(clients):
            start = head({**PROTOBUF, "Content-Length": "1000000"})
            await client.write(start if number % 2 else start[:-10])
        for _ in range(5):
            await asyncio.gather(*(client.write(b"x") for client in clients))
            await asyncio.sleep(0.1)
        for one in slow:
            await one.__aexit__(None, None, None)


@pytest.mark.parametrize("value", ["a", "a" * 8000])
async def test_ten_thousand_headers_are_431_with_a_status(roomy: Harness, value: str) -> None:
    async with _others_served(roomy) as peak, connection(roomy) as client:
        headers = head({**PROTOBUF, **{f"x-{number}": value for number in range(10_000 if value == "a" else 500)}})
        await client.write(headers)
        answer = await client.answer()
        assert await client.ends()
    assert (answer.status, answer.headers["Content-Type"]) == (431, "application/json")
    assert "headers are too large" in answer.error.message
    assert peak.bytes < 32 * MIB


@pytest.mark.parametrize(
    "sent",
    [b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"POST " + b"/" * 20_000],
)
async def test_what_is_no_http_request_gets_an_answer_and_its_connection_ends(roomy: Harness, sent: bytes) -> None:
    async with connection(roomy) as client:
        await client.write(sent + b"\r\n\r\n")
        answer = await client.answer()
        assert await client.ends()
    assert answer.status in (400, 431, 404)
    assert answer.error.message


def _hundred_thousand() -> ExportTraceServiceRequest:
    made = ExportTraceServiceRequest()
    spans = made.resource_spans.add().scope_spans.add().spans
    for number in range(1, 100_001):
        spans.add(trace_id=b"t" * 16, span_id=number.to_bytes(8, "big"), name="s", start_time_unix_nano=number)
    return made


async def test_a_hundred_thousand_spans_in_one_request_are_stored(roomy: Harness) -> None:
    body = _hundred_thousand().SerializeToString()
    async with _others_served(roomy) as peak:
        answer = await _timed(send(roomy, body), 20)
    assert (answer.status, answer.body) == (200, b"")
    assert sum(span.name == "s" for span in (await roomy.kept()).spans) == 100_000
    assert peak.bytes < 512 * MIB


async def test_a_hundred_thousand_spans_as_json_are_stored(roomy: Harness) -> None:
    spans = [span(spanId=f"{number:016x}", name="s") for number in range(1, 100_001)]
    body = json.dumps(document(*spans)).encode()
    async with _others_served(roomy) as peak:
        answer = await _timed(send(roomy, body, JSON), 20)
    assert (answer.status, answer.body) == (200, b"{}")
    assert sum(one.name == "s" for one in (await roomy.kept()).spans) == 100_000
    assert peak.bytes < 768 * MIB


async def test_more_spans_than_a_request_may_have_are_413(roomy: Harness) -> None:
    made = ExportTraceServiceRequest()
    made.resource_spans.add().scope_spans.add()
    scope = b"\x12\x00" * 3_000_000
    async with _others_served(roomy) as peak:
        answer = await _timed(send(roomy, _framed(_framed(scope, b"\x12"), b"\x0a")), 20)
    assert answer.status == 413
    assert peak.bytes < 512 * MIB


@pytest.mark.parametrize("gzipped", [False, True])
async def test_a_value_of_10_mb_is_cut_and_its_span_kept(roomy: Harness, gzipped: bool) -> None:
    body = request(1, 2, text="\N{GRINNING FACE}" * 2_500_000).SerializeToString()
    headers = {**PROTOBUF, "Content-Encoding": "gzip"} if gzipped else PROTOBUF
    async with _others_served(roomy) as peak:
        answer = await _timed(send(roomy, gzip.compress(body, 1) if gzipped else body, headers), 20)
    kept = await roomy.kept()
    assert (answer.status, answer.partial_success.rejected_spans) == (200, 0)
    cut = [one for one in kept.spans if len(one.attributes[1].value.string_value) > 100]
    assert [one.attributes[1].value.string_value for one in cut] == ["\N{GRINNING FACE}" * (MIB // 4)] * 2
    assert peak.bytes < 256 * MIB


async def test_a_json_value_of_10_mb_is_cut_and_its_span_kept(roomy: Harness) -> None:
    text = {"key": "prompt", "value": {"stringValue": "x" * 10_000_000}}
    async with _others_served(roomy):
        answer = await _timed(send_json(roomy, document(span(attributes=[text]))), 20)
    assert (answer.status, answer.partial_success.rejected_spans) == (200, 0)
    [cut] = [one for one in (await roomy.kept()).spans if one.attributes[0].key == "prompt"]
    assert len(cut.attributes[0].value.string_value) == MIB


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"resourceSpans":[' + b"{}," * 10_000_000 + b"{}]}", 413),
        (b'{"x":[' + b"1," * 30_000_000 + b"1]}", 413),
        (b"[" * 60_000_000, 413),
        (b'{"x":"' + b'\\"' * 30_000_000, 400),
        (b'{"x":' + b"1" * 30_000_000 + b"}", 200),
        (b'{"x":NaN,"y":' + b"1" * 30_000_000 + b"}", 200),
        (b'{"x":' + b"[" * 900_000 + b"]" * 900_000 + b"}", 200),
    ],
    ids=["objects", "numbers", "nests", "text", "digits", "digits read leniently", "deep"],
)
async def test_json_made_to_take_memory_or_time_takes_neither(roomy: Harness, body: bytes, status: int) -> None:
    async with _others_served(roomy) as peak:
        answer = await _timed(send(roomy, body, JSON), 20)
    assert answer.status == status
    assert peak.bytes < 768 * MIB


async def test_a_key_repeated_a_hundred_thousand_times_takes_no_time(roomy: Harness) -> None:
    made = request(1)
    attributes = made.resource_spans[0].scope_spans[0].spans[0].attributes
    for number in range(100_000):
        attributes.add(key="k").value.int_value = number
    names = b'{"resourceSpans":[],' + b",".join(b'"resourceSpans":[{}]' for _ in range(100_000)) + b"}"
    async with _others_served(roomy):
        answer = await _timed(send(roomy, made.SerializeToString()), 10)
        repeated = await _timed(send(roomy, names, JSON), 10)
    assert (answer.status, answer.partial_success.rejected_spans) == (200, 0)
    assert (repeated.status, repeated.body) == (200, b"{}")


async def test_smuggled_requests_take_nothing(roomy: Harness) -> None:
    body = request(1).SerializeToString()
    for framing in (
        {"Content-Length": str(len(body)), "Transfer-Encoding": "chunked"},
        {"Transfer-Encoding": "chunked, identity"},
        {"Content-Length": "+5"},
        {"Content-Length": "-1"},
    ):
        async with connection(roomy) as client:
            await client.write(head({**AUTHORIZATION, "Content-Type": "application/x-protobuf", **framing}) + body)
            assert (await client.answer()).status == 400
    assert (await roomy.kept()).spans == []


async def _timed(answer: Awaitable[Answer], most_s: float) -> Answer:
    async with asyncio.timeout(most_s):
        return await answer


def _framed(content: bytes, tag: bytes) -> bytes:
    size, encoded = len(content), io.BytesIO()
    encoded.write(tag)
    while size > 0x7F:
        encoded.write(bytes([size & 0x7F | 0x80]))
        size >>= 7
    encoded.write(bytes([size]) + content)
    return encoded.getvalue()
