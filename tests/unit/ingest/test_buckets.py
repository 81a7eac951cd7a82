"""What a key may send in a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a11i_chassis.auth import SCOPE_INGEST, Principal
from a11i_chassis.errors import RateLimitedError
from a11i_chassis.ingest_policy import IngestPolicy
from a11i_ingest.buckets import RateLimits

UNLIMITED = IngestPolicy()
TEN_REQUESTS = IngestPolicy(requests_per_second=10, request_burst=20)


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_without_a_rate_everything_is_taken() -> None:
    limits = RateLimits(clock=Clock())
    for _ in range(1000):
        assert limits.try_take("key", UNLIMITED, requests=1, items=10**6, size_bytes=10**9) is None


def test_a_burst_is_taken_and_then_the_rate() -> None:
    clock = Clock()
    limits = RateLimits(clock=clock)
    taken = sum(limits.try_take("key", TEN_REQUESTS, requests=1) is None for _ in range(100))
    assert taken == 20

    clock.now_s += 0.5
    taken = sum(limits.try_take("key", TEN_REQUESTS, requests=1) is None for _ in range(100))
    assert taken == 5


def test_a_refusal_takes_nothing_of_any_bucket() -> None:
    limits = RateLimits(clock=Clock())
    policy = IngestPolicy(requests_per_second=1, request_burst=2, bytes_per_second=10, byte_burst=100)
    assert limits.try_take("key", policy, requests=1, size_bytes=90) is None
    for _ in range(10):
        assert limits.try_take("key", policy, requests=1, size_bytes=11) is not None
    assert limits.try_take("key", policy, requests=1, size_bytes=10) is None


@pytest.mark.parametrize(("missing", "delay_s"), [(1, 1.0), (25, 2.5), (1000, 4.0)])
def test_the_delay_is_the_time_that_is_missing_within_what_exporters_follow(missing: int, delay_s: float) -> None:
    limits = RateLimits(clock=Clock())
    policy = IngestPolicy(spans_per_second=10, span_burst=1000)
    assert limits.try_take("key", policy, items=1000) is None
    assert limits.try_take("key", policy, items=missing) == delay_s


def test_one_request_over_the_burst_is_taken_and_leaves_a_debt() -> None:
    clock = Clock()
    limits = RateLimits(clock=clock)
    policy = IngestPolicy(bytes_per_second=100, byte_burst=200)
    assert limits.try_take("key", policy, size_bytes=1000) is None
    # 800 bytes of debt are paid in 8 seconds. Before, not even a request of unknown size is let in.
    assert limits.try_take("key", policy, requests=1) == 4.0
    clock.now_s += 7.9
    assert limits.try_take("key", policy, requests=1) == 1.0
    clock.now_s += 0.1
    assert limits.try_take("key", policy, requests=1) is None
    # The next one over the burst waits for a full bucket, and no longer.
    clock.now_s += 2.0
    assert limits.try_take("key", policy, size_bytes=1000) is None


def test_a_request_that_has_begun_is_not_stopped_by_its_own_debt() -> None:
    limits = RateLimits(clock=Clock())
    policy = IngestPolicy(bytes_per_second=100, byte_burst=200, spans_per_second=10)
    assert limits.try_take("key", policy, requests=1) is None
    assert limits.try_take("key", policy, size_bytes=1000) is None
    assert limits.try_take("key", policy, items=5) is None
    assert limits.try_take("key", policy, requests=1) is not None


def test_keys_have_limits_of_their_own() -> None:
    limits = RateLimits(clock=Clock())
    for _ in range(20):
        limits.try_take("one", TEN_REQUESTS, requests=1)
    assert limits.try_take("one", TEN_REQUESTS, requests=1) is not None
    assert limits.try_take("other", TEN_REQUESTS, requests=1) is None


def test_the_services_default_holds_where_the_policy_says_nothing() -> None:
    limits = RateLimits(IngestPolicy(requests_per_second=1, request_burst=1), clock=Clock())
    assert limits.try_take("key", UNLIMITED, requests=1) is None
    assert limits.try_take("key", UNLIMITED, requests=1) is not None
    assert sum(limits.try_take("other", TEN_REQUESTS, requests=1) is None for _ in range(50)) == 20


def test_a_burst_that_is_not_said_is_ten_seconds_of_the_rate() -> None:
    limits = RateLimits(clock=Clock())
    policy = IngestPolicy(requests_per_second=0.5)
    assert sum(limits.try_take("key", policy, requests=1) is None for _ in range(50)) == 5


def test_a_new_policy_holds_from_the_next_request_on() -> None:
    clock = Clock()
    limits = RateLimits(clock=clock)
    assert limits.try_take("key", TEN_REQUESTS, requests=1) is None
    smaller = IngestPolicy(requests_per_second=1, request_burst=3, spans_per_second=10, span_burst=50)
    assert sum(limits.try_take("key", smaller, requests=1, items=10) is None for _ in range(50)) == 3
    # The bucket of spans, which had no limit before, began full.
    clock.now_s += 1
    assert limits.try_take("key", smaller, items=30) is None


def test_only_the_keys_used_last_are_remembered() -> None:
    limits = RateLimits(clock=Clock(), max_keys=2)
    for key in ("one", "two"):
        while limits.try_take(key, TEN_REQUESTS, requests=1) is None:
            pass
    assert limits.try_take("one", TEN_REQUESTS, requests=1) is not None
    assert limits.try_take("three", TEN_REQUESTS, requests=1) is None
    assert limits.try_take("one", TEN_REQUESTS, requests=1) is not None
    assert limits.try_take("two", TEN_REQUESTS, requests=1) is None


def test_the_error_names_key_and_limit_and_says_when_to_come_back() -> None:
    limits = RateLimits(clock=Clock())
    policy = IngestPolicy(spans_per_second=10, span_burst=10)
    principal = Principal("tenant", "project", "key-1", frozenset({SCOPE_INGEST}), policy)
    limits.take(principal, requests=1, items=10)
    with pytest.raises(RateLimitedError, match="key-1 is over its rate of spans") as refused:
        limits.take(principal, items=20)
    assert refused.value.retry_delay_s == 1.0


@given(
    st.floats(0.5, 1000),
    st.floats(1, 5000),
    st.lists(st.tuples(st.floats(0, 5), st.integers(1, 3000)), min_size=1, max_size=60),
)
def test_in_no_time_is_more_taken_than_burst_rate_and_the_debt_of_one_request(
    rate: float, burst: float, sent: list[tuple[float, int]]
) -> None:
    clock = Clock()
    limits = RateLimits(clock=clock)
    policy = IngestPolicy(bytes_per_second=rate, byte_burst=burst)
    taken = passed_s = 0.0
    largest = max(size for _, size in sent)
    for pause_s, size in sent:
        clock.now_s += pause_s
        passed_s += pause_s
        if limits.try_take("key", policy, size_bytes=size) is None:
            taken += size
        assert taken <= burst + rate * passed_s + largest + 1e-6


def test_what_a_refused_request_took_can_be_given_back() -> None:
    limits = RateLimits(clock=lambda: 0.0)
    slow = Principal("tenant", "project", "key", frozenset(), IngestPolicy(bytes_per_second=1, byte_burst=100))
    limits.take(slow, size_bytes=100)
    limits.give_back(slow, size_bytes=100)
    limits.take(slow, requests=1, size_bytes=100)
