"""The state of a group in a partition: what survives its encoding, and what is due when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a11i_bus.kafka.ledger import Ledger, LedgerDecodeError

MAX_CHARACTERS = 4096
"""Kafka's default limit on the text beside an offset."""
LONG_AGO, NOW, LATER = 100.0, 1000.0, 2000.0


def restored(ledger: Ledger) -> Ledger:
    return Ledger.decode(*ledger.encode())


def unsettled(ledger: Ledger) -> list[int]:
    """Return what whoever gets the partition next would deliver again, with everything due."""
    return ledger.take_due(1_000_000, 1e12)


def test_a_message_settled_out_of_order_stays_settled() -> None:
    ledger = Ledger(10)
    for offset in range(10, 20):
        ledger.deliver(offset, LATER)
    for offset in (10, 11, 13, 19):
        assert ledger.settle(offset)
    assert ledger.settled_before == 12
    again = restored(ledger)
    assert (again.settled_before, again.frontier) == (12, 20)
    assert unsettled(again) == [12, 14, 15, 16, 17, 18]


def test_a_second_settlement_says_so_and_changes_nothing() -> None:
    ledger = Ledger(0)
    ledger.deliver(0, LATER)
    assert ledger.settle(0)
    version = ledger.version
    assert not ledger.settle(0)
    assert ledger.version == version


def test_deliveries_are_counted_across_members() -> None:
    ledger = Ledger(0)
    assert ledger.deliver(0, LATER) == 1
    assert ledger.deliver(0, LATER) == 2
    assert restored(ledger).deliver(0, LATER) == 3


def test_what_a_member_held_is_due_at_once_to_the_next_and_what_waits_is_not() -> None:
    ledger = Ledger(0)
    ledger.deliver(0, LATER)
    ledger.deliver(1, LATER)
    assert ledger.postpone(1, 1, LATER)
    again = restored(ledger)
    assert again.take_due(10, NOW) == [0]
    assert again.next_due() == 0.0
    assert again.take_due(10, LATER) == [0, 1]


def test_a_held_message_comes_again_when_its_time_is_over_unless_it_was_extended() -> None:
    ledger = Ledger(0)
    ledger.deliver(0, NOW)
    assert ledger.take_due(10, LONG_AGO) == []
    assert ledger.hold(0, 1, LATER)
    assert ledger.take_due(10, NOW) == []
    assert ledger.take_due(10, LATER) == [0]


def test_only_the_latest_delivery_may_hold_or_postpone() -> None:
    ledger = Ledger(0)
    ledger.deliver(0, NOW)
    ledger.deliver(0, LATER)
    assert not ledger.hold(0, 1, LATER * 2)
    assert not ledger.postpone(0, 1, NOW)
    assert ledger.take_due(10, NOW) == []


def test_what_is_due_stays_due_until_it_is_delivered() -> None:
    ledger = Ledger(0)
    for offset in range(3):
        ledger.wait(offset, 1, LONG_AGO)
    assert ledger.take_due(2, NOW) == [0, 1]
    assert ledger.take_due(2, NOW) == [0, 1]
    ledger.deliver(0, LATER)
    assert ledger.take_due(2, NOW) == [1, 2]


@given(
    start=st.integers(0, 2**40),
    settled=st.sets(st.integers(0, 400)),
    postponed=st.dictionaries(st.integers(0, 400), st.integers(1, 10**10), max_size=40),
    count=st.integers(0, 400),
)
def test_encoding_keeps_every_unsettled_message(
    start: int, settled: set[int], postponed: dict[int, int], count: int
) -> None:
    ledger = Ledger(start)
    for number in range(count):
        ledger.deliver(start + number, LATER)
    for number, due in postponed.items():
        ledger.postpone(start + number, 1, float(due))
    for number in settled:
        ledger.settle(start + number)
    again = restored(ledger)
    assert again.frontier == ledger.frontier
    assert again.settled_before == ledger.settled_before
    assert unsettled(again) == unsettled(ledger)
    assert restored(again).encode() == again.encode()


def test_state_that_does_not_fit_is_cut_off_and_loses_no_message() -> None:
    ledger = Ledger(0)
    for offset in range(20_000):
        ledger.deliver(offset, LATER)
        ledger.postpone(offset, 1, float(offset * 2_654_435_761 % 10**9 + 1))
    for offset in range(5, 20_000, 3):
        ledger.settle(offset)
    start, text = ledger.encode()
    assert len(text) <= MAX_CHARACTERS
    assert ledger.truncated
    again = Ledger.decode(start, text)
    # What lies after the end of the text counts as not seen.
    assert again.frontier < ledger.frontier
    assert unsettled(again) == [offset for offset in unsettled(ledger) if offset < again.frontier]


@given(st.text(max_size=60))
def test_a_text_that_is_none_of_ours_is_refused(text: str) -> None:
    if text:
        with pytest.raises(LedgerDecodeError):
            Ledger.decode(0, text)


@pytest.mark.parametrize("cut", [1, 5, 10])
def test_a_text_that_was_cut_is_refused(cut: int) -> None:
    ledger = Ledger(0)
    for offset in range(0, 300, 2):
        ledger.deliver(offset, LATER)
        ledger.deliver(offset, LATER)
    start, text = ledger.encode()
    with pytest.raises(LedgerDecodeError):
        Ledger.decode(start, text[:-cut])


def test_a_group_that_has_settled_nothing_yet_begins_at_its_offset() -> None:
    assert Ledger.decode(7, "").frontier == 7
