"""gzip with a bound."""

import contextlib
import gzip
import hashlib
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a11i_chassis.errors import InvalidArgumentError, TooLargeError
from a11i_ingest.compression import GZIP_MAGIC, gunzip, gunzip_head


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_data_comes_back_from_one_member_or_several(first: bytes, second: bytes) -> None:
    assert gunzip(gzip.compress(first), len(first)) == first
    assert gunzip(gzip.compress(first) + gzip.compress(second), 400) == first + second


def test_gzip_data_begins_with_its_magic() -> None:
    assert gzip.compress(b"data").startswith(GZIP_MAGIC)


@pytest.mark.parametrize("members", [1, 2, 10])
def test_more_than_the_bound_is_too_large(members: int) -> None:
    compressed = gzip.compress(bytes(1000)) * members
    assert len(gunzip(compressed, 1000 * members)) == 1000 * members
    with pytest.raises(TooLargeError):
        gunzip(compressed, 1000 * members - 1)


def test_data_and_members_across_steps_come_back() -> None:
    noise = hashlib.shake_256(b"noise").digest(200_000)
    assert gunzip(gzip.compress(noise) + gzip.compress(noise[::-1]), 400_000) == noise + noise[::-1]


def test_a_flood_of_empty_members_is_refused_in_time_for_its_size() -> None:
    flood = gzip.compress(b"", 1) * (4 * 1024 * 1024 // 20)
    start = time.perf_counter()
    with pytest.raises(InvalidArgumentError, match="members"):
        gunzip(flood, 1000)
    assert time.perf_counter() - start < 5


def test_as_many_members_as_a_parallel_writer_makes_are_taken() -> None:
    assert gunzip(gzip.compress(b"data") * 1_000, 4_000) == b"data" * 1_000
    with pytest.raises(InvalidArgumentError, match="members"):
        gunzip(gzip.compress(b"data") * 1_001, 5_000)


@given(st.binary(max_size=50), st.integers(0, 20))
def test_the_head_is_the_beginning_of_the_data(data: bytes, size: int) -> None:
    head = gunzip_head(gzip.compress(data), size + 1)
    assert head == data[: size + 1]


def test_the_head_of_what_is_no_gzip_is_empty() -> None:
    assert gunzip_head(GZIP_MAGIC + b"no gzip", 10) == b""


def test_a_bomb_is_not_unpacked_beyond_the_bound() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            gunzip(bomb, 100_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


GOOD = gzip.compress(b"data", mtime=0)


@pytest.mark.parametrize(
    "broken",
    [b"plain bytes", GOOD[:-4], GOOD[:6], GOOD + b"rest"],
)
def test_what_is_no_gzip_is_refused(broken: bytes) -> None:
    with pytest.raises(InvalidArgumentError):
        gunzip(broken, 1000)


@given(st.binary(max_size=100))
def test_any_bytes_are_data_or_refused(raw: bytes) -> None:
    with contextlib.suppress(InvalidArgumentError, TooLargeError):
        assert len(gunzip(GZIP_MAGIC + raw, 1000)) <= 1000
