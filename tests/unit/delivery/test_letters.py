"""What is known of a dead letter without showing it, and what its replay is called."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from a11i.telemetry.v1 import span_batch_pb2
from a11i_bus.dead_letters import SealedDeadLetter
from a11i_bus.sealing import Seal
from a11i_delivery.letters import describe, replay_id, replay_mark, rows, sealed_letter
from a11i_storage.archive import replay_mark as archive_mark
from a11i_storage.postgres.dead_letters import Letter, LetterState, NewLetter

SEAL = Seal(SecretStr("k" * 32))
NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


def dead(payload: bytes, *, message_id: str = "batch:tokenization.2", stage: str = "redaction.1") -> SealedDeadLetter:
    context = "\n".join(("tenant-1", message_id, "spans.tokenized", stage))
    return SealedDeadLetter(
        message_id=message_id,
        tenant_id="tenant-1",
        source="spans.tokenized",
        stage=stage,
        reason="INTERNAL",
        error_type="ValueError",
        error_id="error",
        tries=3,
        time_ns=1_700_000_000_123_456_789,
        key_id=SEAL.key_id,
        sealed=SEAL.seal(payload, context),
    )


def kept(letter: NewLetter) -> Letter:
    """Return the letter as the store gives it back while its first replay is under way."""
    values: dict[str, Any] = {name: getattr(letter, name) for name in Letter.__slots__ if hasattr(letter, name)}
    values |= {"first_time": letter.time, "last_time": letter.time, "payload_bytes": len(letter.sealed)}
    return Letter(**values, state=LetterState.REPLAYING, replays=1, replay_topic=letter.source_topic)


def test_a_letter_says_what_its_envelope_says() -> None:
    envelope = span_batch_pb2.SpanBatch(batch_id="batch", tenant_id="tenant-1", project_id="project", span_count=2)
    envelope.received_time.seconds = 1_700_000_000
    letter = describe(dead(envelope.SerializeToString()), "id", SEAL, NOW)
    assert (letter.batch_id, letter.project_id, letter.item_count) == ("batch", "project", 2)
    assert letter.signal == span_batch_pb2.SIGNAL_SPANS
    assert letter.received_time == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert letter.time == datetime(2023, 11, 14, 22, 13, 20, 123456, tzinfo=UTC)
    assert (letter.stage, letter.stage_version) == ("redaction", 1)


def test_a_letter_without_a_time_was_given_up_when_it_arrived() -> None:
    assert describe(replace(dead(b""), time_ns=0), "id", SEAL, NOW).time == NOW


def test_the_same_message_is_the_same_letter_and_no_other_tenants() -> None:
    one, other = dead(b"one"), dead(b"other")
    assert describe(one, "id", SEAL, NOW).id == describe(other, "id", SEAL, NOW).id
    assert describe(one, "id", SEAL, NOW).id != describe(one, "id-2", SEAL, NOW).id
    assert describe(one, "id", SEAL, NOW).id != describe(replace(one, tenant_id="t"), "id", SEAL, NOW).id


@given(payload=st.binary(max_size=200))
def test_any_payload_is_kept_and_nothing_of_it_is_told(payload: bytes) -> None:
    letter = describe(dead(payload), "id", SEAL, NOW)
    assert (letter.batch_id, letter.project_id, letter.signal, letter.item_count) == ("", "", 0, 0)
    assert (letter.first_item, letter.replay) == (0, "")


@given(
    seconds=st.integers(-(2**63), 2**63 - 1),
    nanos=st.integers(-(2**31), 2**31 - 1),
    signal=st.integers(-(2**31), 2**31 - 1),
    span_count=st.integers(0, 2**32 - 1),
)
def test_an_envelope_of_any_numbers_is_kept(seconds: int, nanos: int, signal: int, span_count: int) -> None:
    envelope = span_batch_pb2.SpanBatch(tenant_id="tenant-1", span_count=span_count, signal=signal)  # type: ignore[arg-type]  # any number may come
    envelope.received_time.seconds, envelope.received_time.nanos = seconds, nanos
    letter = describe(dead(envelope.SerializeToString()), "id", SEAL, NOW)
    assert letter.item_count < 2**31
    assert letter.signal < 2**15


@pytest.mark.parametrize("stage", ["redaction.1", "redaction", "a.b.12", "redaction.x", ".1"])
def test_what_is_kept_can_be_opened_whatever_the_stage_is_called(stage: str) -> None:
    letter = kept(describe(dead(b"payload", stage=stage), "id", SEAL, NOW))
    assert sealed_letter(letter, dead(b"payload", stage=stage).sealed).open(SEAL) == b"payload"


def test_a_replay_has_an_id_of_its_own_that_names_the_letter() -> None:
    first = kept(describe(dead(b""), "id", SEAL, NOW))
    again = replay_id(first)
    assert again == f"batch:tokenization.2:replay.{first.id.hex}.1"
    assert replay_id(replace(first, replays=2)) == f"batch:tokenization.2:replay.{first.id.hex}.2"

    failed_again = describe(dead(b"", message_id=f"{again}:redaction.1/0-1"), "id-2", SEAL, NOW)
    assert failed_again.replay_of == first.id
    third = replay_id(kept(failed_again))
    assert third == f"batch:tokenization.2:replay.{failed_again.id.hex}.1"
    assert describe(dead(b"", message_id=third), "id-3", SEAL, NOW).replay_of == failed_again.id


@pytest.mark.parametrize("unchanged", [True, False])
def test_what_cannot_be_read_of_a_replayed_range_counts_in_the_account_of_that(unchanged: bool) -> None:
    mark = archive_mark(uuid.uuid4(), 12, unchanged=unchanged)
    letter = describe(dead(b"", message_id=f"batch/0-9:archive.{mark}:redaction.1/0-1"), "id", SEAL, NOW)
    assert letter.replay == mark
    assert letter.replay_of is None

    replayed = kept(letter)
    failed_again = describe(dead(b"", message_id=f"{replay_id(replayed)}:redaction.1"), "id-2", SEAL, NOW)
    assert (failed_again.replay_of, failed_again.replay) == (letter.id, replay_mark(replayed))


def test_a_letter_that_is_no_replay_names_none() -> None:
    assert describe(dead(b""), "id", SEAL, NOW).replay_of is None
    assert describe(dead(b"", message_id="x:replay.nonsense.1"), "id", SEAL, NOW).replay_of is None


@pytest.mark.parametrize(
    ("message_id", "shown"),
    [("batch", ""), ("batch/3-4", "/3-4"), ("batch:tokenization.2/0-8/3-4", "/0-8/3-4"), ("batch/0-1:redaction.1", "")],
)
def test_rows_are_those_of_the_message_that_failed(message_id: str, shown: str) -> None:
    assert rows(message_id) == shown


def test_ids_of_letters_stay_from_release_to_release() -> None:
    assert describe(dead(b""), "id", SEAL, NOW).id == uuid.uuid5(
        uuid.UUID("5b0d8a0e-6c0f-4d43-9a55-1f2a5a6e7c11"), "tenant-1\nid"
    )
