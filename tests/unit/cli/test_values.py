"""Values as people write and read them."""

from __future__ import annotations

import argparse
from datetime import timedelta

import pytest

from a11i_cli.errors import printable
from a11i_cli.values import parse_duration, show_duration, show_entities, show_usd


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("10s", 10), ("1.5m", 90), ("2h", 7200), ("7d", 604_800)]
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "10", "s", "-1s", "1w", "1s2", "10 s"])
def test_other_words_are_no_durations(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 µs"), (0.00042, "420 µs"), (0.0123, "12.3 ms"), (0.9999, "1 s"), (1.84, "1.84 s"), (75, "1 min 15 s"),
     (7260, "2 h 1 min")],
)  # fmt: skip
def test_durations_are_shown_in_the_unit_that_fits(seconds: float, text: str) -> None:
    assert show_duration(seconds) == text


@pytest.mark.parametrize(
    ("dollars", "text"), [(0, "$0.00"), (12.345, "$12.35"), (0.0021, "$0.0021"), (0.000234, "$0.000234"),
                          (0.0000001, "<$0.000001")],
)  # fmt: skip
def test_small_costs_stay_visible(dollars: float, text: str) -> None:
    assert show_usd(dollars) == text


def test_entities_are_counted() -> None:
    assert show_entities({"PERSON": 1, "EMAIL_ADDRESS": 2}) == "EMAIL_ADDRESS x2, PERSON"


def test_text_from_spans_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b[2J\nb\u202ec") == "a [2J b c"
