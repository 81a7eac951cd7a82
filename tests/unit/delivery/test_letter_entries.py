"""What the ledger is told of dead letters."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime

from a11i.telemetry.v1 import span_batch_pb2
from a11i.telemetry.v1.ledger_entries_pb2 import (
    LEDGER_OUTCOME_DEAD_LETTERED,
    LEDGER_OUTCOME_DISCARDED,
    LEDGER_OUTCOME_REPLAYED,
    LedgerEntry,
)
from a11i_delivery.letter_entries import dead_lettered, discarded, replayed
from a11i_delivery.letters import describe, marked, replay_mark
from tests.unit.delivery.test_letters import NOW, SEAL, dead, kept

BATCH_ID = "0123456789abcdef" * 2
ENVELOPE = span_batch_pb2.SpanBatch(
    batch_id=f"{BATCH_ID}-5-9",
    tenant_id="tenant-1",
    project_id="project",
    span_count=4,
    signal=span_batch_pb2.SIGNAL_LOGS,
    first_item=7,
    replay="an-earlier-replay.1",
)
ENVELOPE.received_time.seconds, ENVELOPE.received_time.nanos = 1_700_000_000, 123_456_000
PAYLOAD = ENVELOPE.SerializeToString()
GARBAGE = b"\xff no envelope"


def rows(entry: LedgerEntry) -> tuple[str, str, str, int, int]:
    return entry.tenant_id, entry.batch_id, entry.replay, entry.first_item, entry.item_count


def test_a_letter_leaves_the_account_that_its_rows_are_in() -> None:
    (entry,) = dead_lettered(describe(dead(PAYLOAD), "id", SEAL, NOW))
    assert rows(entry) == ("tenant-1", BATCH_ID, "an-earlier-replay.1", 7, 4)
    assert (entry.outcome, entry.reason) == (LEDGER_OUTCOME_DEAD_LETTERED, "redaction/INTERNAL")
    assert (entry.project_id, entry.signal) == ("project", span_batch_pb2.SIGNAL_LOGS)
    assert entry.received_time == ENVELOPE.received_time


def test_its_replay_is_an_account_of_its_own_and_each_another() -> None:
    letter = kept(describe(dead(PAYLOAD), "id", SEAL, NOW))
    (first,), (second,) = replayed(letter), replayed(replace(letter, replays=2))
    assert rows(first) == ("tenant-1", BATCH_ID, f"{letter.id.hex}.1", 7, 4)
    assert (first.outcome, first.reason) == (LEDGER_OUTCOME_REPLAYED, "")
    assert second.replay == f"{letter.id.hex}.2"
    assert first.received_time == ENVELOPE.received_time


def test_what_is_put_on_the_bus_again_says_of_which_replay_it_is() -> None:
    letter = kept(describe(dead(PAYLOAD), "id", SEAL, NOW))
    on_the_bus = span_batch_pb2.SpanBatch.FromString(marked(PAYLOAD, letter))
    assert on_the_bus.replay == replay_mark(letter)
    on_the_bus.replay = ENVELOPE.replay
    assert on_the_bus == ENVELOPE


def test_what_is_no_batch_of_the_tenant_is_put_there_as_it_is() -> None:
    letter = kept(describe(dead(GARBAGE), "id", SEAL, NOW))
    assert marked(GARBAGE, letter) == GARBAGE
    assert marked(PAYLOAD, replace(letter, tenant_id="another")) == PAYLOAD


def test_a_batch_that_cannot_be_read_is_all_of_what_its_message_names() -> None:
    letter = describe(dead(GARBAGE, message_id=f"{BATCH_ID}:tokenization.2/0-4"), "id", SEAL, NOW)
    (entry,) = dead_lettered(letter)
    assert rows(entry) == ("tenant-1", BATCH_ID, "", 0, 2**31)
    assert entry.project_id == ""
    assert entry.received_time.ToDatetime(UTC) == datetime(2023, 11, 14, 22, 13, 20, 123456, UTC)


def test_the_replay_of_one_that_cannot_be_read_is_known_by_its_message() -> None:
    mark = f"{uuid.uuid4().hex}.3"
    again = describe(dead(GARBAGE, message_id=f"{BATCH_ID}:replay.{mark}:redaction.1"), "id", SEAL, NOW)
    (entry,) = dead_lettered(again)
    assert rows(entry) == ("tenant-1", BATCH_ID, mark, 0, 2**31)


def test_nothing_is_said_of_what_names_no_batch_or_holds_nothing() -> None:
    assert dead_lettered(describe(dead(GARBAGE, message_id="no-batch"), "id", SEAL, NOW)) == []
    empty = span_batch_pb2.SpanBatch(batch_id=BATCH_ID, tenant_id="tenant-1").SerializeToString()
    assert dead_lettered(describe(dead(empty), "id", SEAL, NOW)) == []


def test_discarded_letters_are_remarked_in_the_account_that_they_left() -> None:
    letter = kept(describe(dead(PAYLOAD), "id", SEAL, NOW))
    (entry,) = discarded([letter])
    assert rows(entry) == ("tenant-1", BATCH_ID, "an-earlier-replay.1", 7, 4)
    assert (entry.outcome, entry.reason) == (LEDGER_OUTCOME_DISCARDED, "")
