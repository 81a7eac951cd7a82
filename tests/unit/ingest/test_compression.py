"""gzip with a bound."""

import contextlib
import gzip
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a11i_chassis.errors import InvalidArgumentError, TooLargeError
from a11i_ingest.compression import GZIP_MAGIC, gunzip


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


@pytest.mark.parametrize(
    "broken",
    [b"plain bytes", gzip.compress(b"data")[:-4], gzip.compress(b"data")[:6], gzip.compress(b"data") + b"rest"],
)
def test_what_is_no_gzip_is_refused(broken: bytes) -> None:
    with pytest.raises(InvalidArgumentError):
        gunzip(broken, 1000)


@given(st.binary(max_size=100))
def test_any_bytes_are_data_or_refused(raw: bytes) -> None:
    with contextlib.suppress(InvalidArgumentError, TooLargeError):
        assert len(gunzip(GZIP_MAGIC + raw, 1000)) <= 1000
