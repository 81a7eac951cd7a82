"""Which traces are kept."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from a11i_chassis.ingest_policy import IngestPolicy
from a11i_ingest.kinds import KINDS
from a11i_ingest.sampling import KEEP_ALL, keeper, keeps, rejection_threshold
from a11i_telemetry.signals import Signal

TRACE_IDS = st.binary(min_size=16, max_size=16)
RATIOS = st.floats(0, 1)


def _id(randomness: int) -> bytes:
    return b"\xff" * 9 + randomness.to_bytes(7, "big")


@given(TRACE_IDS.filter(any))
def test_a_ratio_of_one_keeps_every_trace_and_of_zero_none(trace_id: bytes) -> None:
    assert rejection_threshold(1) == KEEP_ALL
    assert keeps(trace_id, rejection_threshold(1))
    assert not keeps(trace_id, rejection_threshold(0))


@given(TRACE_IDS, RATIOS, RATIOS)
def test_a_lower_ratio_keeps_a_part_of_what_a_higher_one_keeps(trace_id: bytes, one: float, other: float) -> None:
    low, high = sorted((one, other))
    if keeps(trace_id, rejection_threshold(low)):
        assert keeps(trace_id, rejection_threshold(high))


HEAD = st.binary(min_size=9, max_size=9).filter(any)


@given(HEAD, HEAD, st.binary(min_size=7, max_size=7), RATIOS)
def test_only_the_last_seven_bytes_decide(one: bytes, other: bytes, randomness: bytes, ratio: float) -> None:
    threshold = rejection_threshold(ratio)
    assert keeps(one + randomness, threshold) == keeps(other + randomness, threshold)


@pytest.mark.parametrize("ratio", [0.001, 0.01, 0.1, 1 / 3, 0.5, 0.9])
def test_the_ratio_holds_over_random_trace_ids(ratio: float) -> None:
    rng = random.Random(7)  # noqa: S311  # no secret is made of it
    count = 200_000
    threshold = rejection_threshold(ratio)
    kept = sum(keeps(rng.randbytes(16), threshold) for _ in range(count))
    deviation = (count * ratio * (1 - ratio)) ** 0.5
    assert abs(kept - count * ratio) < 5 * deviation


def test_the_threshold_is_the_one_of_the_specification() -> None:
    """The table of the specification: 1/2 is th:8, 1/4 is th:c, 10% is th:e666..., here with all 56 bits."""
    assert rejection_threshold(0.5) == 0x80_0000_0000_0000
    assert rejection_threshold(0.25) == 0xC0_0000_0000_0000
    assert abs(rejection_threshold(0.1) - 0xE6_6666_6666_6666) <= 1
    assert keeps(_id(0x80_0000_0000_0000), rejection_threshold(0.5))
    assert not keeps(_id(0x7F_FFFF_FFFF_FFFF), rejection_threshold(0.5))


@given(st.floats(0, 1, exclude_min=True))
def test_a_ratio_over_zero_keeps_something(ratio: float) -> None:
    assert keeps(_id((1 << 56) - 1), rejection_threshold(ratio))


@pytest.mark.parametrize("nothing", [b"", b"\x01" * 8, b"\x00" * 16, b"\x01" * 17])
def test_what_is_no_trace_id_is_kept(nothing: bytes) -> None:
    assert keeps(nothing, rejection_threshold(0))


def test_a_policy_without_sampling_asks_about_no_item() -> None:
    assert keeper(KINDS[Signal.SPANS], IngestPolicy(sampling_ratio=1, keep_errors=True)) is None


def test_metrics_are_not_sampled() -> None:
    assert keeper(KINDS[Signal.METRICS], IngestPolicy(sampling_ratio=0)) is None


@pytest.mark.parametrize("keep_errors", [True, False])
def test_errors_are_kept_if_the_policy_says_so(keep_errors: bool) -> None:
    policy = IngestPolicy(sampling_ratio=0, keep_errors=keep_errors)
    keeps_span, keeps_record = keeper(KINDS[Signal.SPANS], policy), keeper(KINDS[Signal.LOGS], policy)
    assert keeps_span is not None
    assert keeps_record is not None
    trace_id = b"\x01" * 16

    assert keeps_span(Span(trace_id=trace_id, status=Status(code=Status.STATUS_CODE_ERROR))) is keep_errors
    assert not keeps_span(Span(trace_id=trace_id, status=Status(code=Status.STATUS_CODE_OK)))
    assert not keeps_span(Span(trace_id=trace_id))
    fatal = LogRecord(trace_id=trace_id, severity_number=SeverityNumber.SEVERITY_NUMBER_FATAL)
    assert keeps_record(fatal) is keep_errors
    assert not keeps_record(LogRecord(trace_id=trace_id, severity_number=SeverityNumber.SEVERITY_NUMBER_WARN4))
    assert keeps_record(LogRecord(severity_number=SeverityNumber.SEVERITY_NUMBER_INFO))


def test_a_span_and_the_logs_of_its_trace_are_kept_together() -> None:
    policy = IngestPolicy(sampling_ratio=0.5)
    keeps_span, keeps_record = keeper(KINDS[Signal.SPANS], policy), keeper(KINDS[Signal.LOGS], policy)
    assert keeps_span is not None
    assert keeps_record is not None
    for randomness in (0, (1 << 55) - 1, 1 << 55, (1 << 56) - 1):
        trace_id = _id(randomness)
        assert keeps_span(Span(trace_id=trace_id)) == keeps_record(LogRecord(trace_id=trace_id))
