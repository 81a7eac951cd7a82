"""IngestService/StreamSpans, as clients see it."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import RetryInfo

from a11i.ingest.v1 import ingest_service_pb2_grpc
from a11i.ingest.v1.ingest_service_pb2 import StreamSpansRequest, StreamSpansResponse
from a11i_ingest.settings import IntakeSettings
from tests.service.ingest.ingest_harness import Harness, request, running_ingest


class Stream:
    """An open stream, with a deadline on every read."""

    def __init__(self, call: Any) -> None:
        self._call = call

    async def send(self, sequence: int, body: bytes) -> None:
        await self._call.write(StreamSpansRequest(sequence=sequence, otlp_traces=body))

    async def send_raw(self, body: bytes) -> None:
        """Send a message as it is, on a stream of `_raw_stream`."""
        await self._call.write(body)

    async def receive(self) -> StreamSpansResponse:
        async with asyncio.timeout(10):
            response = await self._call.read()
        assert isinstance(response, StreamSpansResponse)
        return response

    async def receive_all(self, count: int) -> dict[int, StreamSpansResponse]:
        """Return `count` acknowledgements by their sequence."""
        return {response.sequence: response for response in [await self.receive() for _ in range(count)]}

    async def end(self) -> None:
        await self._call.done_writing()

    async def code(self) -> grpc.StatusCode:
        async with asyncio.timeout(10):
            code: grpc.StatusCode = await self._call.code()
        return code


@asynccontextmanager
async def _stream(ingest: Harness, metadata: Sequence[tuple[str, str]] | None = None) -> AsyncIterator[Stream]:
    stub: Any = ingest_service_pb2_grpc.IngestServiceStub(ingest.channel)
    call = stub.StreamSpans(metadata=ingest.metadata if metadata is None else metadata, timeout=30)
    try:
        yield Stream(call)
    finally:
        call.cancel()


@asynccontextmanager
async def _raw_stream(ingest: Harness) -> AsyncIterator[Stream]:
    channel: Any = ingest.channel  # Its stub wants a serializer, which bytes do not need.
    method = "/a11i.ingest.v1.IngestService/StreamSpans"
    call = channel.stream_stream(method, None, StreamSpansResponse.FromString)(metadata=ingest.metadata, timeout=30)
    try:
        yield Stream(call)
    finally:
        call.cancel()


def _chunk(sequence: int, body: bytes) -> bytes:
    return StreamSpansRequest(sequence=sequence, otlp_traces=body).SerializeToString()


async def test_the_stream_opens_with_its_window() -> None:
    async with running_ingest(IntakeSettings(stream_window=7)) as ingest, _stream(ingest) as stream:
        opening = await stream.receive()
    assert (opening.sequence, opening.window) == (0, 7)


async def test_each_chunk_is_acknowledged_once_it_is_on_the_bus() -> None:
    async with running_ingest() as ingest, _stream(ingest) as stream:
        await stream.receive()
        for sequence in (1, 2, 3):
            await stream.send(sequence, request(sequence, 100 + sequence).SerializeToString())
        answers = await stream.receive_all(3)
        stored = await ingest.stored()
        await stream.end()
        assert await stream.code() is grpc.StatusCode.OK
    assert set(answers) == {1, 2, 3}
    assert all(answer.accepted_spans == 2 and not answer.HasField("error") for answer in answers.values())
    assert sum(batch.columns.num_rows for batch in stored) == 6


async def test_more_chunks_than_the_window_are_slowed_and_not_refused() -> None:
    async with running_ingest(IntakeSettings(stream_window=2)) as ingest, _stream(ingest) as stream:
        await stream.receive()
        for sequence in range(1, 31):
            await stream.send(sequence, request(sequence).SerializeToString())
        answers = await stream.receive_all(30)
        assert len(await ingest.stored()) == 30
    assert not any(answer.HasField("error") for answer in answers.values())


async def test_an_empty_chunk_is_acknowledged() -> None:
    async with running_ingest() as ingest, _stream(ingest) as stream:
        await stream.receive()
        await stream.send(5, b"")
        answer = await stream.receive()
    assert answer == StreamSpansResponse(sequence=5)


async def test_rejected_spans_are_counted_in_the_acknowledgement() -> None:
    async with running_ingest() as ingest, _stream(ingest) as stream:
        await stream.receive()
        await stream.send(1, request(1, 0).SerializeToString())
        answer = await stream.receive()
    assert (answer.accepted_spans, answer.rejected_spans) == (1, 1)
    assert "span id" in answer.message


async def test_a_refused_chunk_does_not_end_the_stream() -> None:
    async with running_ingest() as ingest, _stream(ingest) as stream:
        await stream.receive()
        await stream.send(1, b"no request")
        refused = await stream.receive()
        await stream.send(2, request(2).SerializeToString())
        taken = await stream.receive()
    assert (refused.sequence, refused.error.code, refused.accepted_spans) == (1, code_pb2.INVALID_ARGUMENT, 0)
    assert (taken.sequence, taken.accepted_spans) == (2, 1)


@pytest.mark.parametrize("compressed", [False, True])
async def test_a_compressed_chunk_is_taken_and_one_that_is_broken_is_refused_alone(compressed: bool) -> None:
    async with running_ingest() as ingest, _raw_stream(ingest) as stream:
        await stream.receive()
        good, bad = (_chunk(sequence, request(sequence).SerializeToString()) for sequence in (300, 2**63))
        if compressed:
            good, bad = gzip.compress(good), gzip.compress(bad)
        await stream.send_raw(bad[:-3])
        refused = await stream.receive()
        await stream.send_raw(good)
        taken = await stream.receive()
    assert (refused.sequence, refused.error.code) == (2**63, code_pb2.INVALID_ARGUMENT)
    assert (taken.sequence, taken.accepted_spans) == (300, 1)


async def test_a_chunk_over_the_limit_once_unpacked_is_refused_alone() -> None:
    async with running_ingest(max_receive_bytes=100_000) as ingest, _raw_stream(ingest) as stream:
        await stream.receive()
        await stream.send_raw(gzip.compress(_chunk(7, bytes(200_000))))
        refused = await stream.receive()
    assert (refused.sequence, refused.error.code) == (7, code_pb2.RESOURCE_EXHAUSTED)


ZIPPED = gzip.compress(b"\xff no chunk", mtime=0)


@pytest.mark.parametrize("body", [b"\xff no chunk", b"\x08\xff", ZIPPED, b"\x1f\x8b no gzip"])
async def test_what_tells_no_sequence_ends_the_stream(body: bytes) -> None:
    async with running_ingest() as ingest, _raw_stream(ingest) as stream:
        await stream.receive()
        await stream.send_raw(body)
        assert await stream.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("away", ["bus", "auth"])
async def test_a_passing_trouble_is_said_in_the_acknowledgement_with_a_retry_hint(away: str) -> None:
    async with running_ingest(key_ttl_s=0) as ingest, _stream(ingest) as stream:
        await stream.receive()
        if away == "bus":
            ingest.broker.stop()
        ingest.auth.away = away == "auth"
        await stream.send(1, request(1).SerializeToString())
        refused = await stream.receive()
        ingest.broker.start()
        ingest.auth.away = False
        await stream.send(2, request(1).SerializeToString())
        taken = await stream.receive()
    assert refused.error.code == code_pb2.UNAVAILABLE
    assert any(detail.Is(RetryInfo.DESCRIPTOR) for detail in refused.error.details)
    assert taken.accepted_spans == 1


async def test_without_a_good_key_the_stream_ends() -> None:
    async with running_ingest() as ingest, _stream(ingest, metadata=[]) as stream:
        assert await stream.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_a_revoked_key_ends_a_stream_that_is_open() -> None:
    async with running_ingest(key_ttl_s=0) as ingest, _stream(ingest) as stream:
        await stream.receive()
        ingest.auth.keys.clear()
        await stream.send(1, request(1).SerializeToString())
        assert await stream.code() is grpc.StatusCode.UNAUTHENTICATED
        assert await ingest.stored() == []


async def test_shutting_down_acknowledges_what_was_read_and_ends_the_stream() -> None:
    async with running_ingest() as ingest, _stream(ingest) as stream:
        await stream.receive()
        await stream.send(1, request(1).SerializeToString())
        assert (await stream.receive()).accepted_spans == 1
        async with asyncio.TaskGroup() as group:
            group.create_task(ingest.stop())
            assert await stream.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_client_that_goes_away_leaves_nothing_running() -> None:
    async with running_ingest() as ingest:
        async with _stream(ingest) as stream:
            await stream.receive()
            for sequence in range(1, 11):
                await stream.send(sequence, request(sequence, text="x" * 100_000).SerializeToString())
        # The context's own check on leftover tasks is what can fail here; ingest must go on serving meanwhile.
        await ingest.export(request(100).SerializeToString())


async def test_streams_over_a_tenants_bound_are_to_be_tried_again_and_one_that_ends_makes_room() -> None:
    async with running_ingest(IntakeSettings(streams_per_tenant=1)) as ingest:
        async with _stream(ingest) as first:
            await first.receive()
            async with _stream(ingest) as second:
                assert await second.code() is grpc.StatusCode.UNAVAILABLE
            await first.end()
            assert await first.code() is grpc.StatusCode.OK
        async with _stream(ingest) as third:
            assert (await third.receive()).window


async def test_what_is_sent_again_after_a_broken_stream_is_stored_once() -> None:
    bodies = {sequence: request(sequence, text="x" * 10_000).SerializeToString() for sequence in range(1, 21)}
    async with running_ingest() as ingest:
        async with _stream(ingest) as broken:
            await broken.receive()
            for sequence, body in bodies.items():
                await broken.send(sequence, body)
            known = await broken.receive_all(5)
        # Of the other fifteen the client knows nothing: some were stored before the stream broke, some never arrived.
        async with _stream(ingest) as resumed:
            await resumed.receive()
            missing = bodies.keys() - known.keys()
            for sequence in missing:
                await resumed.send(sequence, bodies[sequence])
            answers = await resumed.receive_all(len(missing))
        stored = await ingest.stored()
    assert {sequence for sequence, answer in answers.items() if answer.accepted_spans == 1} == missing
    span_ids = [span_id for batch in stored for span_id in batch.columns["span_id"].to_pylist()]
    assert len(span_ids) == len(set(span_ids)) == len(bodies)
