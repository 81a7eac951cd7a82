"""Values as people write and read them."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from a11i_cli.errors import printable
from a11i_cli.values import (
    common_decimals,
    parse_duration,
    show_duration,
    show_entities,
    show_moment,
    show_time,
    show_usd,
    zone,
)


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
                          (0.0000001, "$0.00000010"),
                          (0.0000037, "$0.0000037"), (0.01, "$0.010"), (1e-13, "<$0.000000000001"), (-0.5, "-$0.50")],
)  # fmt: skip
def test_small_costs_stay_visible(dollars: float, text: str) -> None:
    assert show_usd(dollars) == text


@pytest.mark.parametrize(
    ("costs", "decimals"),
    [([], 2), ([0.0], 2), ([1.5, 2.25], 2), ([0.00096, 0.000798, 0.001758], 6), ([0.01], 3), ([1 / 3, 0.5], 2),
     ([1 / 3, 0.00001], 6)],
)  # fmt: skip
def test_costs_of_one_trace_have_the_decimals_with_which_they_add_up(costs: list[float], decimals: int) -> None:
    assert common_decimals(costs) == decimals


def test_costs_that_are_written_out_add_up() -> None:
    costs = [312 * 2.5e-6, 18 * 1e-5, 425 * 1.5e-7]
    decimals = common_decimals([*costs, sum(costs)])
    shown = [Decimal(show_usd(cost, decimals).removeprefix("$")) for cost in (*costs, sum(costs))]
    assert sum(shown[:-1]) == shown[-1] == Decimal("0.00102375")


def test_times_are_in_the_zone_that_is_named() -> None:
    now = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2), "CEST"))
    night = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    assert (show_time(night, now), zone(now)) == ("07-01 01:30:00", "CEST")
    assert zone(now.astimezone(timezone(timedelta(hours=-3, minutes=-30)))) == "-0330"
    assert show_moment(Timestamp(seconds=1_782_900_000, nanos=7_000_000), now) == "2026-07-01 12:00:00.007 CEST"


def test_entities_are_counted() -> None:
    assert show_entities({"PERSON": 1, "EMAIL_ADDRESS": 2}) == "EMAIL_ADDRESS x2, PERSON"


def test_text_from_spans_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b[2J\nb\u202ec") == "a [2J b c"
