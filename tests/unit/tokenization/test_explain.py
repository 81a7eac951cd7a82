"""Why a call costs what it does: the lines of an explanation are the cost, now and from what a span keeps."""

import json
from decimal import Decimal
from typing import Any

import pytest
from genai_prices.data import providers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from a11i_tokenization.costs import PRICED_BY
from a11i_tokenization.prices import PRICE_VERSION, PriceBook
from a11i_tokenization.pricing import basis
from a11i_tokenization.pricing.basis import BasisError
from a11i_tokenization.pricing.explain import explain, stored
from a11i_tokenization.pricing.rates import SORTS
from a11i_tokenization.pricing.steps import STEPS
from tests.unit.effort import times
from tests.unit.tokenization.price_kit import explained, line, own, price, sources, sum_of
from tests.unit.tokenization.span_rows import batch_of, llm

MODELS = [(provider.id, model.id) for provider in providers for model in provider.models]
SHARES = st.floats(0, 1)


def from_basis(call: dict[str, Any], text: str) -> Any:
    columns = batch_of(call).columns
    return explain({name: columns[name][0].as_py() for name in PRICED_BY}, stored(text))


def test_every_sort_has_a_line_with_its_rate(book: PriceBook) -> None:
    call = llm(
        provider="anthropic", request_model="claude-sonnet-4-5-20250929", input_tokens=10_000, output_tokens=900,
        cache_read_tokens=5_000, cache_write_tokens=3_000, cache_write_1h_tokens=1_000, reasoning_tokens=300,
    )  # fmt: skip
    found = explained(book, call)
    assert [(one.sort, one.tokens, one.usd_per_token * 1_000_000, one.usd) for one in found.lines] == [
        ("input", 2_000, Decimal(3), Decimal("0.006")),
        ("cache_read", 5_000, Decimal("0.3"), Decimal("0.0015")),
        ("cache_write", 2_000, Decimal("3.75"), Decimal("0.0075")),
        ("cache_write_1h", 1_000, Decimal(6), Decimal("0.006")),
        ("output", 600, Decimal(15), Decimal("0.009")),
        ("reasoning", 300, Decimal(15), Decimal("0.0045")),
    ]
    assert sum_of(found) == found.costs["total_cost_usd"] == Decimal("0.0345")
    assert set(sources(found)) == {f"{PRICE_VERSION}: anthropic/claude-sonnet-4-5"}


def test_the_size_and_the_tier_that_made_the_rates_are_said(book: PriceBook) -> None:
    call = llm(
        provider="anthropic", request_model="claude-sonnet-4-5", service_tier="batch",
        input_tokens=200_001, output_tokens=0,
    )  # fmt: skip
    assert sources(explained(book, call)) == [
        f"{PRICE_VERSION}: anthropic/claude-sonnet-4-5, batch, input over 200,000 tokens"
    ]


@settings(max_examples=times(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    model=st.sampled_from(MODELS),
    tier=st.sampled_from(["", "batch", "flex", "priority"]),
    tokens=st.tuples(st.integers(0, 2_000_000), st.integers(0, 200_000)),
    shares=st.tuples(*[SHARES] * 8),
    discount=st.sampled_from(["", "0.000001", "3.3", "33.333333", "100"]),
)
def test_the_lines_of_any_call_add_up_to_its_cost_to_the_last_digit(
    book: PriceBook, model: tuple[str, str], tier: str, tokens: tuple[int, int], shares: Any, discount: str
) -> None:
    sent, output = tokens
    read, write, hour, audio, image, reasoning, spoken, drawn = shares
    prices = own(book, line("*", discount_percent=discount)) if discount else book
    call = llm(
        provider=model[0], request_model=model[1], service_tier=tier, input_tokens=sent, output_tokens=output,
        cache_read_tokens=int(sent * read / 2), cache_write_tokens=int(sent * write / 2),
        cache_write_1h_tokens=int(sent * write * hour / 2), input_audio_tokens=int(sent * audio / 2),
        input_image_tokens=int(sent * image / 2), reasoning_tokens=int(output * reasoning),
        output_audio_tokens=int(output * spoken / 2), output_image_tokens=int(output * drawn / 2),
    )  # fmt: skip
    found = explained(prices, call)
    assert found.flags == ()
    costs = found.costs
    parts = (costs["input_cost_usd"] or 0) + (costs["output_cost_usd"] or 0)
    assert sum_of(found) == (parts if costs["total_cost_usd"] is None else costs["total_cost_usd"])
    for said in found.lines:
        assert said.usd == said.usd_per_token * said.tokens or said.sort == "rounding"
    # What is priced is all of the input and of the output.
    if costs["total_cost_usd"] is not None:
        assert sum(said.tokens for said in found.lines if said.sort not in ("call", "rounding")) == sent + output
    if costs["price_basis"]:
        assert from_basis(call, costs["price_basis"]) == found


def test_rounding_has_a_line_of_its_own(book: PriceBook) -> None:
    prices = own(book, line("m", {"input": "0.000000333333", "output": "0.000000333333"}))
    found = explained(prices, llm(request_model="m", input_tokens=2, output_tokens=1))
    assert [(one.sort, one.usd) for one in found.lines] == [
        ("input", Decimal("6.66666E-13")),
        ("output", Decimal("3.33333E-13")),
        ("rounding", Decimal("1E-12") - Decimal("9.99999E-13")),
    ]


def test_a_basis_explains_a_cost_whatever_the_tables_say_since(book: PriceBook) -> None:
    call = llm(request_model="gpt-4o", input_tokens=1_000, output_tokens=100, cache_read_tokens=500)
    (cost,) = price(own(book, line("gpt-4o", discount_percent="10")), call)
    found = from_basis(call, cost["price_basis"])
    assert sum_of(found) == cost["total_cost_usd"]
    assert sources(found)[0] == (f"prices of acme, version 3, line 1: 10% off; of {PRICE_VERSION}: openai/gpt-4o")


def test_a_basis_holds_no_text_of_the_sender(book: PriceBook) -> None:
    call = llm(
        provider="secret-gateway", request_model="secret-prefix/ft:gpt-4o-2024-08-06:secret-org::id",
        service_tier="secret-tier", input_tokens=1, output_tokens=1,
    )  # fmt: skip
    for prices in (book, own(book, line("*", discount_percent="1")), own(book, line("*", {"input": "1"}))):
        (cost,) = price(prices, call)
        assert "secret" not in cost["price_basis"] + cost["priced_as"] + cost["price_version"]
        assert set(json.loads(cost["price_basis"]).get("how", ())) <= set(STEPS)


@pytest.mark.parametrize(
    "broken",
    [
        "", "x", "{}", "[]", "1", "null", "[" * 9_000, '{"v":2}', '{"v":1}',
        '{"v":1,"table":"t","as":"m","rates":{"input":"-1"}}',
        '{"v":1,"table":"t","as":"m","rates":{"input":"NaN"}}',
        '{"v":1,"table":"t","as":"m","rates":{"input":"1"}}',
        '{"v":1,"table":"t","as":"m","rates":["input"]}',
        '{"v":1,"table":"t","as":"m","rates":{"input":"0"},"own":{}}',
        '{"v":1,"table":"t","as":"m","rates":{"input":"0"},"over":"x"}',
        '{"v":1,"table":"t","as":"m","rates":{"input":"0"},"how":1}',
        " " * 10_001,
    ],
)  # fmt: skip
def test_what_is_no_basis_is_refused(broken: str) -> None:
    with pytest.raises(BasisError):
        basis.read(broken)


@settings(max_examples=times(60), deadline=None)
@given(st.text(max_size=200) | st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists).map(json.dumps))
def test_nothing_else_than_a_refusal_comes_of_any_text(text: str) -> None:
    with pytest.raises(BasisError):
        basis.read(text)


def test_what_cannot_be_is_flagged_and_what_is_known_is_explained(book: PriceBook) -> None:
    used = {"input_tokens": 100, "cache_read_tokens": 101, "output_tokens": 10, "reasoning_tokens": 11}
    found = explained(book, llm(**used))
    assert found.flags == ("cached over input", "reasoning over output")
    assert (found.costs["input_cost_usd"], found.costs["total_cost_usd"]) == (None, None)
    # No more than the output is priced.
    assert [(one.sort, one.tokens) for one in found.lines] == [("reasoning", 10)]
    assert sum_of(found) == found.costs["output_cost_usd"] == Decimal("0.0001")


def test_sorts_are_those_of_the_contract() -> None:
    assert SORTS == (
        "input", "cache_read", "cache_write", "cache_write_1h", "input_audio", "input_image", "output", "reasoning",
        "output_audio", "output_image", "call", "picture", "web_search",
    )  # fmt: skip
