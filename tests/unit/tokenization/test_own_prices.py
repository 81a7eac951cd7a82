"""Tenants' own price tables: what they are refused for, and which line prices a call."""

import re
from decimal import Decimal
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i_chassis.errors import InvalidArgumentError
from a11i_tokenization.prices import PRICE_VERSION, PriceBook
from a11i_tokenization.pricing.book import json_of, lines_of
from a11i_tokenization.pricing.offers import CallNames
from a11i_tokenization.pricing.own_lines import MAX_LINES, parse
from a11i_tokenization.pricing.patterns import Patterns
from tests.unit.tokenization.price_kit import day, explained, line, own, price, sources, sum_of
from tests.unit.tokenization.span_rows import llm

M = 1_000_000
_TWO = ("gpt-4o", "gpt-4o-mini")


@pytest.mark.parametrize(
    ("broken", "field", "why"),
    [
        (line(""), "model", "name a model"),
        (line(" "), "model", "name a model"),
        (line("m" * 257), "model", "256 characters"),
        (line("a\x1fb"), "model", "control characters"),
        (line("m", provider="p" * 101), "provider", "100 characters"),
        (line("m", note="n" * 201), "note", "200 characters"),
        (line("m", service_tier="cheap"), "service_tier", "batch"),
        (line("m", valid_from=day(2026, 2, 1), valid_until=day(2026, 2, 1)), "valid_until", "before it begins"),
        (line("m", {"output": "1"}), "rates[input]", "needs one for input"),
        (line("m", {"input": "1", "thinking": "1"}), "rates[thinking]", "cache_write_1h"),
        (line("m", {"input": "-1"}), "rates[input]", "decimal"),
        (line("m", {"input": "1e3"}), "rates[input]", "decimal"),
        (line("m", {"input": "NaN"}), "rates[input]", "decimal"),
        (line("m", {"input": ""}), "rates[input]", "decimal"),
        (line("m", {"input": "\u0661"}), "rates[input]", "decimal"),
        (line("m", {"input": "1500.01"}), "rates[input]", "over 1500 dollars a million"),
        (line("m", {"input": "1500"}, currency="EUR", usd_per_unit="1.08"), "rates[input]", "over 1500"),
        (line("m", {"input": "0", "call": "1501"}), "rates[call]", "over 1500"),
        (line("m", {"input": "1"}, currency="eur", usd_per_unit="1"), "currency", "three capitals"),
        (line("m", {"input": "1"}, currency="EUR"), "usd_per_unit", "decimal"),
        (line("m", {"input": "1"}, currency="EUR", usd_per_unit="0"), "usd_per_unit", "one EUR"),
        (line("m", {"input": "1"}, usd_per_unit="2"), "usd_per_unit", "name the currency"),
        (line("m", currency="EUR", usd_per_unit="1"), "currency", "without rates"),
        (line("m", discount_percent="100.1"), "discount_percent", "100 percent"),
        (line("m", discount_percent="-5"), "discount_percent", "decimal"),
    ],
)
def test_a_broken_line_refuses_the_table_and_is_named(
    book: PriceBook, broken: pb2.PriceLine, field: str, why: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=r"^line 2, ") as refused:
        parse([line("gpt-4o", discount_percent="10"), broken, line("")], book.provider_id)
    assert refused.value.field == f"lines[1].{field}"
    assert why in refused.value.message


def test_a_new_line_that_says_no_price_is_refused_and_a_stored_one_keeps_the_default(book: PriceBook) -> None:
    silent = line("gpt-4o", provider="openai", currency="USD", note="to do")
    with pytest.raises(InvalidArgumentError, match=r"^line 2, rates: give rates or a discount_percent") as refused:
        parse([line("m", {"input": "1"}), silent], book.provider_id, new=True)
    assert refused.value.field == "lines[1].rates"
    call = llm(input_tokens=M, output_tokens=0)
    kept = own(book, silent, line("*", discount_percent="50"))
    assert price(kept, call)[0]["total_cost_usd"] == price(book, call)[0]["total_cost_usd"]


@pytest.mark.parametrize("currency", ["XXX", "XTS", "XAU", "ABC"])
def test_a_new_line_has_a_currency_that_there_is(book: PriceBook, currency: str) -> None:
    odd = line("m", {"input": "1"}, currency=currency, usd_per_unit="2")
    with pytest.raises(InvalidArgumentError, match=f"line 1, currency: ISO 4217 has no currency {currency}"):
        parse([odd], book.provider_id, new=True)
    assert len(parse([odd], book.provider_id)) == 1
    real = [line("m", {"input": "1"}, currency=code, usd_per_unit="2") for code in ("EUR", "GBP", "JPY", "CHF")]
    assert len(parse(real, book.provider_id, new=True)) == 4


def test_a_discount_of_nothing_keeps_the_default_for_some_models(book: PriceBook) -> None:
    lines = [line("gpt-4o", discount_percent="0"), line("gpt-*", discount_percent="50")]
    parse(lines, book.provider_id, new=True)
    prices, calls = own(book, *lines), [llm(input_tokens=M, output_tokens=0, request_model=name) for name in _TWO]
    assert [one["total_cost_usd"] for one in price(prices, *calls)] == [Decimal("2.5"), Decimal("0.075")]


def test_times_that_no_call_can_have_are_refused(book: PriceBook) -> None:
    early, late = line("m"), line("m")
    early.valid_from.seconds, late.valid_until.seconds = -1, 2**40
    for broken, field in ((early, "valid_from"), (late, "valid_until")):
        with pytest.raises(InvalidArgumentError) as refused:
            parse([broken], book.provider_id)
        assert refused.value.field == f"lines[0].{field}"


def test_a_table_has_a_most_of_lines(book: PriceBook) -> None:
    assert len(parse([line("m")] * MAX_LINES, book.provider_id)) == MAX_LINES
    with pytest.raises(InvalidArgumentError) as refused:
        parse([line("m")] * (MAX_LINES + 1), book.provider_id)
    assert refused.value.field == "lines"


def test_rates_of_ones_own_price_the_calls_that_fit(book: PriceBook) -> None:
    prices = own(book, line("acme-*", {"input": "2", "output": "8", "cache_read": "0.5"}))
    used = {"input_tokens": M, "output_tokens": M // 2, "cache_read_tokens": M // 4}
    theirs, others = price(prices, llm(request_model="acme-7b", **used), llm(**used))
    # 750,000 x 2 + 250,000 x 0.50 + 500,000 x 8 dollars a million.
    assert theirs["total_cost_usd"] == Decimal("5.625")
    assert (theirs["priced_as"], theirs["price_version"]) == ("acme/acme-*", "acme/3")
    assert others == price(book, llm(**used))[0]


def test_sorts_without_a_rate_cost_what_their_kind_does(book: PriceBook) -> None:
    prices = own(book, line("m", {"input": "1", "output": "2", "cache_write": "3"}))
    used = {
        "input_tokens": 5 * M, "cache_read_tokens": M, "cache_write_tokens": M, "cache_write_1h_tokens": M,
        "input_audio_tokens": M, "output_tokens": 3 * M, "reasoning_tokens": M, "output_image_tokens": M,
    }  # fmt: skip
    (cost,) = price(prices, llm(request_model="m", **used))
    assert cost["input_cost_usd"] == Decimal(4 + 3)
    assert cost["output_cost_usd"] == Decimal(6)


def test_a_discount_is_taken_off_what_the_default_says_at_every_size(book: PriceBook) -> None:
    prices = own(book, line("claude-*", discount_percent="12.5"))
    sonnet = {"provider": "anthropic", "request_model": "claude-sonnet-4-5", "output_tokens": 0}
    small, large = price(prices, *(llm(**sonnet, input_tokens=size) for size in (100_000, 300_000)))
    # 3 and 6 dollars a million, an eighth off.
    assert (small["total_cost_usd"], large["total_cost_usd"]) == (Decimal("0.2625"), Decimal("1.575"))
    assert small["priced_as"] == "anthropic/claude-sonnet-4-5"
    assert small["price_version"] == f"{PRICE_VERSION}, acme/3"
    assert "line 1: 12.5% off" in sources(explained(prices, llm(**sonnet, input_tokens=300_000)))[0]


def test_everything_can_be_taken_off(book: PriceBook) -> None:
    (cost,) = price(own(book, line("*", discount_percent="100")), llm(input_tokens=M, output_tokens=M))
    assert cost["total_cost_usd"] == 0


def test_currencies_are_converted_and_discounts_come_off_after(book: PriceBook) -> None:
    euros = line("m", {"input": "1.50", "call": "0.01"}, currency="EUR", usd_per_unit="1.08", discount_percent="10")
    prices = own(book, euros)
    call = llm(request_model="m", input_tokens=M, output_tokens=0)
    # (1.50 + 0.01) x 1.08 x 0.9
    assert price(prices, call)[0]["total_cost_usd"] == Decimal("1.46772")
    found = explained(prices, call)
    assert sum_of(found) == Decimal("1.46772")
    assert sources(found)[0] == "prices of acme, version 3, line 1: 10% off, EUR at 1.08 dollars"


def test_the_first_line_that_fits_prices_a_call(book: PriceBook) -> None:
    prices = own(
        book,
        line("gpt-4o-mini", {"input": "7"}),
        line("gpt-4o*", {"input": "8"}, provider="azure.ai.openai"),
        line("gpt-4o*", {"input": "9"}, service_tier="batch"),
        line("*", {"input": "10"}),
    )
    calls = [
        llm(request_model="gpt-4o-mini"),
        llm(request_model="gpt-4o-mini-2024-07-18"),
        llm(provider="azure", request_model="gpt-4o"),
        llm(request_model="gpt-4o", service_tier="batch"),
        llm(request_model="gpt-4o"),
        llm(provider="nobody", request_model="who knows"),
    ]
    costs = price(prices, *(call | {"input_tokens": M, "output_tokens": 0} for call in calls))
    assert [cost["total_cost_usd"] for cost in costs] == [7, 7, 8, 9, 10, 10]


def test_a_line_for_the_standard_tier_leaves_out_the_others(book: PriceBook) -> None:
    prices = own(book, line("gpt-4o", {"input": "1"}, service_tier="standard"))
    calls = [llm(input_tokens=M, output_tokens=0, service_tier=tier) for tier in ("", "default", "batch", "priority")]
    assert [cost["total_cost_usd"] for cost in price(prices, *calls)] == [1, 1, Decimal("1.25"), Decimal("4.25")]


def test_lines_hold_from_their_first_moment_to_before_their_last(book: PriceBook) -> None:
    prices = own(
        book,
        line("gpt-4o", {"input": "1"}, valid_from=day(2026, 3, 1), valid_until=day(2026, 4, 1)),
        line("gpt-4o", {"input": "2"}, valid_from=day(2026, 4, 1)),
    )
    times = [(2026, 2, 28), (2026, 3, 1), (2026, 3, 31), (2026, 4, 1), (2026, 5, 1)]
    calls = [llm(input_tokens=M, output_tokens=0, start_time=day(*time)) for time in times]
    assert [cost["total_cost_usd"] for cost in price(prices, *calls)] == [Decimal("2.5"), 1, 1, 2, 2]


def test_a_discount_follows_the_dates_of_the_default(book: PriceBook) -> None:
    prices = own(book, line("o3", discount_percent="50", valid_from=day(2025, 6, 5)))
    # o3 cost 10 dollars a million until June 10th 2025, 2 since.
    calls = [
        llm(request_model="o3", input_tokens=M, output_tokens=0, start_time=day(2025, 6, number))
        for number in (1, 5, 9, 10)
    ]
    assert [cost["total_cost_usd"] for cost in price(prices, *calls)] == [10, 5, 5, 1]


def test_a_discount_is_no_price_where_the_default_has_none(book: PriceBook) -> None:
    prices = own(book, line("*", discount_percent="10"), line("acme-*", {"input": "1"}))
    known, unknown = price(
        prices, *(llm(request_model=model, input_tokens=M, output_tokens=0) for model in ("acme-7b", "gpt-99"))
    )
    assert known["total_cost_usd"] == 1
    assert unknown["total_cost_usd"] is None


def test_a_deployment_is_priced_by_the_name_asked_for_but_a_fallback_by_what_answered(book: PriceBook) -> None:
    prices = own(book, line("our-deployment", {"input": "1"}), line("gpt-4o", {"input": "2"}))
    used = {"input_tokens": M, "output_tokens": 0}
    deployed = llm(request_model="our-deployment", response_model="gpt-4o-2024-08-06", **used)
    fallen_back = llm(request_model="gpt-4o", response_model="gpt-4o-mini-2024-07-18", **used)
    assert [cost["total_cost_usd"] for cost in price(prices, deployed, fallen_back)] == [1, Decimal("0.15")]


def test_what_ones_own_machines_cost_can_be_said(book: PriceBook) -> None:
    call = llm(provider="ollama", request_model="llama3.1:8b", input_tokens=M, output_tokens=0)
    assert price(book, call)[0]["total_cost_usd"] is None
    assert price(own(book, line("llama3*", {"input": "0.03"}, provider="Ollama")), call)[0]["total_cost_usd"] == (
        Decimal("0.03")
    )


def test_lines_are_stored_as_they_were_sent() -> None:
    lines = [
        line("gpt-4o", discount_percent="10", valid_from=day(2026, 1, 1)),
        line("é*", {"input": "2.50"}, currency="EUR", usd_per_unit="1.08", note="größer"),
    ]
    assert lines_of(json_of(lines)) == lines


def matches(pattern: str, name: str) -> bool:
    """Return whether a name matches a pattern."""
    return bool(Patterns([pattern]).matching([name]))


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        ("gpt-4o", ["gpt-4o"], ["gpt-4o-mini", "xgpt-4o", ""]),
        ("gpt-4o*", ["gpt-4o", "gpt-4o-mini"], ["gpt-4"]),
        ("*-mini", ["gpt-4o-mini", "-mini"], ["mini", "gpt-4o-mini-2"]),
        ("*", ["", "anything"], []),
        ("a*b*c", ["abc", "a-b-b-c", "abbc"], ["acb", "ab", "bc", "abcd"]),
        ("ab*ba", ["abba", "ab-ba"], ["aba"]),
        ("a.c", ["a.c"], ["abc"]),
    ],
)
def test_patterns(pattern: str, fits: list[str], does_not: list[str]) -> None:
    assert [name for name in fits if not matches(pattern, name)] == []
    assert [name for name in does_not if matches(pattern, name)] == []


@given(st.lists(st.text("ab*", max_size=5), max_size=6), st.lists(st.text("ab", max_size=6), max_size=4))
def test_many_patterns_match_as_each_of_them_does(patterns: list[str], names: list[str]) -> None:
    each = {
        place: next(number for number, name in enumerate(names) if matches(pattern, name))
        for place, pattern in enumerate(patterns)
        if any(matches(pattern, name) for name in names)
    }
    assert Patterns(patterns).matching(names) == each


def test_patterns_take_no_longer_for_many_stars() -> None:
    assert not matches("*a" * 120 + "*b", "a" * 256)


def test_a_full_table_of_patterns_takes_next_to_nothing_a_name(book: PriceBook) -> None:
    # One after the other they took over 50 ms a name, and names come from outside: 20 of them took a second.
    prices = own(book, *(line("*a" * 60 + str(number), {"input": "1"}) for number in range(MAX_LINES)))
    names = ["/".join(["a" * 25 + str(number)] * 8) for number in range(100, 120)]
    started = process_time()
    for name in names:
        prices.offer(CallNames("acme", "", name, ""))
    assert process_time() - started < 0.4


@given(st.lists(st.text("ab*", max_size=4), max_size=4), st.text("ab", max_size=8))
def test_patterns_are_those_of_regular_expressions(parts: list[str], name: str) -> None:
    pattern = "*".join(parts)
    expected = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.DOTALL) is not None
    assert matches(pattern, name) is expected


def test_a_table_prices_only_its_own_tenants_calls(book: PriceBook) -> None:
    call: dict[str, Any] = llm(input_tokens=M, output_tokens=0)
    before = price(book, call)
    price(own(book, line("*", {"input": "1"})), call)
    assert price(book, call) == before


@pytest.mark.parametrize(
    "usage",
    [
        {"input_tokens": 100},
        {"input_tokens": 100, "output_tokens": -5},
        {"input_tokens": 100, "cache_read_tokens": 500, "output_tokens": 5},
    ],
)
def test_a_fee_for_the_call_makes_no_total_of_a_side_that_is_not_known(book: PriceBook, usage: dict[str, int]) -> None:
    prices = own(book, line("acme-1", {"input": "0", "cache_read": "1", "output": "10", "call": "0.01"}))
    (cost,) = price(prices, llm(request_model="acme-1", **usage))
    assert cost["total_cost_usd"] is None


def test_a_batch_that_the_name_tells_of_is_one_also_where_a_pattern_takes_the_whole_name(book: PriceBook) -> None:
    prices = own(
        book,
        line("gpt-4o*", {"input": "9"}, service_tier="standard"),
        line("gpt-4o*", {"input": "1"}, service_tier="batch"),
    )
    call = llm(request_model="gpt-4o:batch", input_tokens=1_000_000, output_tokens=0)
    (cost,) = price(prices, call)
    assert cost["total_cost_usd"] == Decimal(1)
    assert '"tier":"batch"' in cost["price_basis"]
