"""Bytes that are no request are refused where protobuf's parser refuses them, and nothing else is."""

import random
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from a11i_telemetry import lenient
from a11i_telemetry.otlp import OtlpDecodeError, decode_traces
from tests.unit.telemetry.otlp_strategies import REQUESTS


def _mutate(payload: bytes, rng: random.Random) -> bytes:
    """Change, insert, remove or cut off a byte or two."""
    mutated = bytearray(payload)
    for _ in range(rng.choice((1, 1, 2, 3))):
        at = rng.randrange(len(mutated) + 1)
        match rng.randrange(4):
            case 0:
                mutated[at : at + 1] = rng.randbytes(1)
            case 1:
                del mutated[at : at + 1]
            case 2:
                mutated.insert(at, rng.randrange(256))
            case _:
                del mutated[at:]
    return bytes(mutated)


def _strictly_decodes(payload: bytes) -> bool:
    try:
        ExportTraceServiceRequest.FromString(payload)
    except DecodeError:
        return False
    return True


def _holds_other_than_utf8(message: Any) -> bool:
    """Whether any bytes of a lenient message, in any depth, are not UTF-8."""
    for field, value in message.ListFields():
        for one in value if field.is_repeated else [value]:
            if field.message_type is not None:
                if _holds_other_than_utf8(one):
                    return True
            elif isinstance(one, bytes) and one.decode("utf-8", "replace").encode() != one:
                return True
    return False


@settings(max_examples=60, deadline=None)
@given(REQUESTS, st.randoms(use_true_random=False))
def test_mutated_requests_are_refused_as_protobuf_refuses_them(
    request: ExportTraceServiceRequest, rng: random.Random
) -> None:
    for _ in range(20):
        payload = _mutate(request.SerializeToString(), rng)
        try:
            decode_traces(payload)
        except OtlpDecodeError:
            assert not _strictly_decodes(payload)
        else:
            # What protobuf refuses for its text alone is taken.
            assert _strictly_decodes(payload) or _holds_other_than_utf8(
                lenient.ExportTraceServiceRequest.FromString(payload)
            )


@pytest.mark.parametrize(
    "payload",
    [
        b"\x0a\x05abc",  # A length beyond the end.
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",  # A length beyond any memory.
        b"\x0a\x04\x12\x02\x12\xff",  # A length that does not fit what holds it.
        b"\x0b\x0a\x00",  # A group that never ends.
        b"\x0f\x00",  # A wire type that does not exist.
        b"\x00\x00",  # Field number 0.
    ],
)
def test_malformed_bytes_are_refused(payload: bytes) -> None:
    assert not _strictly_decodes(payload)
    with pytest.raises(OtlpDecodeError):
        decode_traces(payload)


def test_malformed_bytes_deep_in_a_value_are_refused() -> None:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8)
    span.attributes.add(key="list").value.array_value.values.add().string_value = "needle"
    payload = request.SerializeToString()
    assert decode_traces(payload).columns.num_rows == 1
    with pytest.raises(OtlpDecodeError):
        decode_traces(payload.replace(b"\x0a\x06needle", b"\x0a\x07needle"))


def test_unknown_fields_are_passed_over() -> None:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8)
    payload = request.SerializeToString() + b"\xfa\x7f\x03new\xf8\x7f\x05"
    assert decode_traces(payload).columns.num_rows == 1
