"""The checker says of each fault that it is there, and of no other."""

from dataclasses import replace
from decimal import Decimal

from tests.chaos.books import Books, off
from tests.chaos.checker import Given, StoredSpan, StoredTrace, judge
from tests.chaos.model import ExpectedSpan

TRACE = "aa"
SENT = {
    (TRACE, name): ExpectedSpan((TRACE, name), tokens, 2 * tokens, Decimal(tokens) / 1000)
    for name, tokens in (("1", 10), ("2", 20), ("3", 30))
}
ALL = set(SENT)


def stored(*names: str) -> StoredTrace:
    """The trace as it is found with these spans."""
    expected = [SENT[TRACE, name] for name in names]
    spans = tuple(
        StoredSpan(span.key, span.input_tokens, span.output_tokens, float(span.cost_usd)) for span in expected
    )
    return StoredTrace(
        TRACE,
        spans,
        len(spans),
        sum(span.input_tokens for span in spans),
        sum(span.output_tokens for span in spans),
        sum(span.cost_usd for span in spans),
    )


def test_all_stored_once_is_clean() -> None:
    verdict = judge(SENT, ALL, [stored("1", "2", "3")], Given())
    assert verdict.clean
    assert (verdict.sent, verdict.acknowledged, verdict.stored) == (3, 3, 3)


def test_an_acknowledged_span_that_is_nowhere_is_lost() -> None:
    verdict = judge(SENT, ALL, [stored("1", "2")], Given())
    assert verdict.lost == ((TRACE, "3"),)
    assert not verdict.clean


def test_a_trace_that_is_nowhere_is_lost_whole() -> None:
    assert len(judge(SENT, ALL, [], Given()).lost) == 3


def test_a_span_that_was_not_acknowledged_may_be_stored_or_not() -> None:
    acknowledged = ALL - {(TRACE, "3")}
    assert judge(SENT, acknowledged, [stored("1", "2")], Given()).clean
    assert judge(SENT, acknowledged, [stored("1", "2", "3")], Given()).clean


def test_a_dead_letter_is_not_lost() -> None:
    verdict = judge(SENT, ALL, [stored("1", "2")], Given(frozenset({(TRACE, "3")})))
    assert verdict.clean
    assert verdict.dead_lettered == 1


def test_letters_that_do_not_show_what_they_hold_excuse_no_more_than_they_hold() -> None:
    assert judge(SENT, ALL, [stored("1", "2")], Given(unnamed=1)).clean
    assert len(judge(SENT, ALL, [stored("1")], Given(unnamed=1)).lost) == 1


def test_a_row_that_is_returned_twice_is_a_duplicate_and_counts_twice() -> None:
    verdict = judge(SENT, ALL, [stored("1", "2", "3", "3")], Given())
    assert verdict.duplicated == 1
    assert verdict.token_difference == 90
    assert verdict.cost_difference_usd > 0


def test_a_row_that_is_only_counted_twice_is_a_duplicate() -> None:
    trace = replace(stored("1", "2", "3"), span_count=4)
    verdict = judge(SENT, ALL, [trace], Given())
    assert verdict.duplicated == 1
    assert not verdict.clean


def test_a_span_that_nobody_sent_is_a_phantom() -> None:
    sent = {key: span for key, span in SENT.items() if key != (TRACE, "3")}
    verdict = judge(sent, sent.keys(), [stored("1", "2", "3")], Given())
    assert verdict.phantom == ((TRACE, "3"),)
    assert not verdict.clean


def test_other_tokens_are_wrong() -> None:
    trace = stored("1", "2", "3")
    spans = (replace(trace.spans[0], output_tokens=21), *trace.spans[1:])
    verdict = judge(SENT, ALL, [replace(trace, spans=spans, output_tokens=121)], Given())
    assert (verdict.wrong, verdict.token_difference) == (((TRACE, "1"),), 1)


def test_totals_are_held_against_the_model_even_if_every_span_is_right() -> None:
    trace = stored("1", "2", "3")
    tokens = judge(SENT, ALL, [replace(trace, input_tokens=59)], Given())
    assert (tokens.wrong, tokens.token_difference, tokens.clean) == ((), 1, False)
    cost = judge(SENT, ALL, [replace(trace, cost_usd=trace.cost_usd + 0.001)], Given())
    assert round(cost.cost_difference_usd, 6) == Decimal("0.001")
    assert not cost.clean


def test_differences_of_two_traces_do_not_cancel_out() -> None:
    other = {("bb", "1"): ExpectedSpan(("bb", "1"), 10, 20, Decimal("0.01"))}
    more = StoredTrace("bb", (StoredSpan(("bb", "1"), 10, 20, 0.01),), 1, 15, 20, 0.01)
    less = replace(stored("1", "2", "3"), input_tokens=55)
    assert judge(SENT | other, ALL | other.keys(), [less, more], Given()).token_difference == 10


RIGHT = Books(queued=3, stored=3, dead_lettered=0, replayed=0, in_flight=0, balanced=True, said="")


def test_books_that_name_what_is_stored_are_right_and_any_other_number_is_off() -> None:
    verdict = judge(SENT, ALL, [stored("1", "2", "3")], Given())
    assert off(RIGHT, verdict) == 0
    for wrong in (
        replace(RIGHT, queued=2),
        replace(RIGHT, queued=4),
        replace(RIGHT, stored=2),
        replace(RIGHT, dead_lettered=1),
        replace(RIGHT, replayed=1),
        replace(RIGHT, in_flight=1),
    ):
        assert off(wrong, verdict) > 0


def test_books_may_hold_what_was_stored_without_its_client_hearing_so() -> None:
    verdict = judge(SENT, ALL - {(TRACE, "3")}, [stored("1", "2", "3")], Given())
    assert off(RIGHT, verdict) == 0


def test_what_was_replayed_is_stored_and_stays_in_the_books_as_a_dead_letter_too() -> None:
    verdict = judge(SENT, ALL, [stored("1", "2", "3")], Given())
    assert off(replace(RIGHT, dead_lettered=2, replayed=2), verdict) == 0
    assert off(replace(RIGHT, dead_lettered=2, replayed=1), verdict) > 0
