"""Sealing, and dead letters as an operator opens them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from a11i_bus import Message
from a11i_bus.dead_letters import DeadLetters, open_dead_letter
from a11i_bus.failures import describe
from a11i_bus.sealing import Seal, SealError
from a11i_bus.topology import DEADLETTERS, SPANS_RECEIVED
from a11i_chassis.errors import UnavailableError
from tests.unit.bus.stage_kit import KEY, broker, outputs

SEAL = Seal(KEY)


@given(payload=st.binary(), context=st.text())
def test_what_is_sealed_opens_in_its_context_alone(payload: bytes, context: str) -> None:
    sealed = SEAL.seal(payload, context)
    assert SEAL.open(sealed, context) == payload
    with pytest.raises(SealError):
        SEAL.open(sealed, context + "x")


@given(payload=st.binary(min_size=1), position=st.integers(min_value=0), bit=st.integers(0, 7))
def test_any_changed_bit_is_noticed(payload: bytes, position: int, bit: int) -> None:
    sealed = bytearray(SEAL.seal(payload, "c"))
    sealed[position % len(sealed)] ^= 1 << bit
    with pytest.raises(SealError):
        SEAL.open(bytes(sealed), "c")


@given(sealed=st.binary(max_size=64))
def test_noise_is_refused(sealed: bytes) -> None:
    with pytest.raises(SealError):
        SEAL.open(sealed, "c")


def test_sealed_text_cannot_be_read_and_looks_different_each_time() -> None:
    sealed = SEAL.seal(b"planted text" * 10, "c")
    assert b"planted" not in sealed
    assert sealed != SEAL.seal(b"planted text" * 10, "c")


def test_another_key_opens_nothing_and_has_another_id() -> None:
    other = Seal(SecretStr("o" * 32))
    assert other.key_id != SEAL.key_id
    with pytest.raises(SealError):
        other.open(SEAL.seal(b"x", "c"), "c")


async def test_a_dead_letter_cannot_be_passed_off_as_another_tenants() -> None:
    bus = broker().bus()
    failure = describe(UnavailableError("away"))
    letters = DeadLetters(bus, "redaction.1", SPANS_RECEIVED, KEY)
    await letters.put(Message(id="batch-1", key="tenant-1", payload=b"spans"), failure, 3)
    (stored,) = await outputs(bus, 1, topic=DEADLETTERS, group="delivery")
    assert open_dead_letter(stored, KEY).payload == b"spans"
    with pytest.raises(SealError):
        open_dead_letter(Message(stored.id, "tenant-2", stored.payload, stored.headers), KEY)
    relabelled = {**stored.headers, "A11i-Source": "spans.redacted"}
    with pytest.raises(SealError):
        open_dead_letter(Message(stored.id, stored.key, stored.payload, relabelled), KEY)


def test_a_failure_says_where_and_not_what() -> None:
    def fail() -> None:
        raise ValueError("the prompt said: hello")

    with pytest.raises(ValueError, match="hello") as caught:
        fail()
    failure = describe(caught.value)
    assert failure.error_type == "ValueError"
    assert failure.reason == "INTERNAL"
    assert failure.frames[-1].endswith(" fail")
    assert "hello" not in repr(failure)
