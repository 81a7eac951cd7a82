"""Kafka's protocol is cut into frames wherever the network cuts it."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chaos.frames import Way
from tests.chaos.kafka_frames import OFFSET_COMMIT, PRODUCE, KafkaFrames


def request(kind: int, correlation: int, body: bytes) -> bytes:
    head = struct.pack(">hhi", kind, 9, correlation)
    return struct.pack(">i", len(head) + len(body)) + head + body


def answer(correlation: int, body: bytes) -> bytes:
    return struct.pack(">ii", 4 + len(body), correlation) + body


@given(st.integers(1, 64))
def test_requests_are_the_same_however_the_bytes_come(step: int) -> None:
    data = request(0, 5, b"a11i.spans.received") + request(8, 6, b"group")
    frames = KafkaFrames(Way.TO_SERVER, 1)
    found = [frame for start in range(0, len(data), step) for frame in frames.feed(data[start : start + step])]
    assert [(frame.verb, frame.reply) for frame in found] == [(PRODUCE, "5"), (OFFSET_COMMIT, "6")]
    assert b"".join(frame.data for frame in found) == data


def test_an_answer_has_the_number_of_its_request() -> None:
    (frame,) = KafkaFrames(Way.TO_CLIENT, 1).feed(answer(5, b"done"))
    assert (frame.subject, frame.payload) == ("5", b"done")


def test_what_is_no_kafka_is_refused() -> None:
    with pytest.raises(ValueError, match="bytes"):
        KafkaFrames(Way.TO_SERVER, 1).feed(b"GET / HTTP/1.1\r\n")
