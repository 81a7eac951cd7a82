import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pytest
from genai_prices import Usage
from genai_prices.data import providers
from genai_prices.types import ModelInfo, Provider
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from a11i_telemetry.columns import Column
from a11i_tokenization.costs import COST_COLUMNS, PRICED_BY, cost_columns, flag_column
from a11i_tokenization.model_table import ModelTable
from a11i_tokenization.prices import PRICE_VERSION, PriceBook
from a11i_tokenization.pricing.rates import MAX_TOKENS
from tests.unit.tokenization.span_rows import START, batch_of, llm

SOLD_BY_THE_TOKEN = [
    (provider, model)
    for provider in providers
    for model in provider.models
    if model.get_prices(START).input_mtok is not None and model.get_prices(START).output_mtok is not None
]


def priced_by(*calls: dict[str, Any]) -> dict[str, Column]:
    """Return the columns of the calls that a price follows from."""
    columns = batch_of(*calls).columns
    return {name: columns[name] for name in PRICED_BY}


def price(book: PriceBook, *calls: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the cost columns of the calls, a mapping for each."""
    columns = priced_by(*calls)
    costs = cost_columns(columns, np.ones(len(calls), np.bool_), book).columns
    return [{name: costs[name][row].as_py() for name in COST_COLUMNS} for row in range(len(calls))]


def usage(
    tokens: int | None, output: int | None = None, read: int | None = None, write: int | None = None
) -> dict[str, Any]:
    return {"input_tokens": tokens, "output_tokens": output, "cache_read_tokens": read, "cache_write_tokens": write}


@pytest.fixture(scope="session")
def lone_book() -> PriceBook:
    """The default prices without what another table adds to genai-prices'."""
    return PriceBook(ModelTable("none", {}))


# Worked out by hand from the vendors' price pages: dollars a million tokens of (input, cached input, cache write,
# output), with input that includes what was cached.
@pytest.mark.parametrize(
    ("provider", "model", "used", "dollars", "priced_as"),
    [
        # (2.50, 1.25, -, 10): 1,000 in, 500 out.
        ("openai", "gpt-4o", usage(1_000, 500), "0.0075", "openai/gpt-4o"),
        # The same, 800 of the 1,000 read from the cache: 200 x 2.50 + 800 x 1.25 + 500 x 10.
        ("openai", "gpt-4o-2024-08-06", usage(1_000, 500, 800), "0.0065", "openai/gpt-4o"),
        # (0.15, 0.075, -, 0.60)
        ("openai", "gpt-4o-mini", usage(10_000, 1_000, 4_000), "0.0018", "openai/gpt-4o-mini"),
        # (2, 0.50, -, 8)
        ("openai", "gpt-4.1", usage(1_000_000, 100_000), "2.8", "openai/gpt-4.1"),
        # (1.25, 0.125, -, 10)
        ("openai", "gpt-5", usage(8_000, 2_000, 6_000), "0.02325", "openai/gpt-5"),
        # (1.10, 0.55, -, 4.40)
        ("openai", "o3-mini", usage(1_000, 10_000), "0.0451", "openai/o3-mini"),
        # (3, 0.30, 3.75, 15): 1,000 plain, 5,000 read, 2,000 written, 400 out.
        ("anthropic", "claude-sonnet-4-5", usage(8_000, 400, 5_000, 2_000), "0.018", "anthropic/claude-sonnet-4-5"),
        # Beyond 200,000 of input (6, 0.60, 7.50, 22.50) holds for all of it.
        ("anthropic", "claude-sonnet-4-5", usage(200_001, 1_000), "1.222506", "anthropic/claude-sonnet-4-5"),
        ("anthropic", "claude-sonnet-4-5", usage(200_000, 1_000), "0.615", "anthropic/claude-sonnet-4-5"),
        # (1.25, ..., 10), beyond 200,000 (2.50, ..., 15)
        ("gcp.gemini", "gemini-2.5-pro", usage(100_000, 1_000), "0.135", "google/gemini-2.5-pro"),
        ("gcp.vertex_ai", "gemini-2.5-pro", usage(300_000, 1_000), "0.765", "google/gemini-2.5-pro"),
        # (3, ..., 15) through Bedrock.
        (
            "aws.bedrock",
            "anthropic.claude-3-5-sonnet-20241022-v2:0",
            usage(1_000, 1_000),
            "0.018",
            "aws/regional.anthropic.claude-3-5-sonnet-20241022-v2:0",
        ),
    ],
)
def test_costs_are_those_of_the_price_pages(
    book: PriceBook, provider: str, model: str, used: dict[str, Any], dollars: str, priced_as: str
) -> None:
    (cost,) = price(book, llm(provider=provider, request_model=model, **used))
    assert cost["total_cost_usd"] == Decimal(dollars)
    assert cost["priced_as"] == priced_as
    assert cost["price_version"] == PRICE_VERSION


# Sorts of tokens and tiers of service beyond those, by hand from the vendors' price pages, in dollars a million tokens.
@pytest.mark.parametrize(
    ("call", "dollars"),
    [
        # Claude Sonnet 4.5: 2,000 x 3 + 1,000 x 3.75 (written for 5 minutes) + 4,000 x 6 (for an hour).
        (
            {"provider": "anthropic", "request_model": "claude-sonnet-4-5", "input_tokens": 7_000, "output_tokens": 0,
             "cache_write_tokens": 5_000, "cache_write_1h_tokens": 4_000},
            "0.03375",
        ),
        # The same in a batch, at half of each.
        (
            {"provider": "anthropic", "request_model": "claude-sonnet-4-5", "input_tokens": 7_000, "output_tokens": 0,
             "cache_write_tokens": 5_000, "cache_write_1h_tokens": 4_000, "service_tier": "batch"},
            "0.016875",
        ),
        # gpt-4o in a batch: half of 2.50 and 10. Also long before the table had batches.
        ({"service_tier": "batch", "input_tokens": 1_000, "output_tokens": 500}, "0.00375"),
        (
            {"service_tier": "batch", "input_tokens": 1_000, "output_tokens": 500,
             "start_time": datetime(2025, 1, 1, tzinfo=UTC)},
            "0.00375",
        ),
        # gpt-4o with priority: 4.25, cached 2.125, output 17.
        (
            {"service_tier": "priority", "input_tokens": 1_000, "cache_read_tokens": 400, "output_tokens": 500},
            "0.0119",
        ),
        # What the provider calls its standard tier, and what was only asked for.
        ({"service_tier": "default", "input_tokens": 1_000, "output_tokens": 500}, "0.0075"),
        ({"service_tier": "auto", "input_tokens": 1_000, "output_tokens": 500}, "0.0075"),
        # o3 with flex: half of 2 and 8.
        ({"request_model": "o3", "service_tier": "flex", "input_tokens": 1_000, "output_tokens": 500}, "0.003"),
        # Amazon Nova Pro on Bedrock: flex half of 0.80 and 3.20, priority 1.75 of each.
        (
            {"provider": "aws.bedrock", "request_model": "us.amazon.nova-pro-v1:0", "service_tier": "flex",
             "input_tokens": 10_000, "output_tokens": 1_000},
            "0.0056",
        ),
        (
            {"provider": "aws.bedrock", "request_model": "us.amazon.nova-pro-v1:0", "service_tier": "priority",
             "input_tokens": 10_000, "output_tokens": 1_000},
            "0.0196",
        ),
        # gpt-4o-audio-preview: text 2.50 and 10, audio 40 and 80. 100 x 2.50 + 900 x 40 + 50 x 10 + 200 x 80.
        (
            {"request_model": "gpt-4o-audio-preview", "input_tokens": 1_000, "input_audio_tokens": 900,
             "output_tokens": 250, "output_audio_tokens": 200},
            "0.05275",
        ),
        # gemini-2.5-flash: text 0.30, audio 1, output 2.50, thoughts among it. 400 x 0.30 + 600 x 1 + 100 x 2.50.
        (
            {"provider": "gcp.gemini", "request_model": "gemini-2.5-flash", "input_tokens": 1_000,
             "input_audio_tokens": 600, "output_tokens": 100, "reasoning_tokens": 80},
            "0.00097",
        ),
        # All of it was cached, the audio too: 1,000 x 0.03, and no token twice.
        (
            {"provider": "gcp.gemini", "request_model": "gemini-2.5-flash", "input_tokens": 1_000,
             "cache_read_tokens": 1_000, "input_audio_tokens": 600, "output_tokens": 0},
            "0.00003",
        ),
        # gpt-image-1: text 5, images 10, image output 40. 50 x 5 + 300 x 10 + 1,056 x 40.
        (
            {"request_model": "gpt-image-1", "input_tokens": 350, "input_image_tokens": 300, "output_tokens": 1_056,
             "output_image_tokens": 1_056},
            "0.04549",
        ),
        # Perplexity Sonar: 1 and 1, and 12 dollars for a thousand requests as the table has it.
        (
            {"provider": "perplexity", "request_model": "sonar", "input_tokens": 1_000, "output_tokens": 1_000},
            "0.014",
        ),
        # A fine-tuned gpt-4.1: 3 and 12.
        (
            {"request_model": "ft:gpt-4.1-2025-04-14:acme::abc", "input_tokens": 1_000, "output_tokens": 100},
            "0.0042",
        ),
        # Free of charge at OpenRouter, which is a cost that is known.
        (
            {"provider": "openrouter", "request_model": "deepseek/deepseek-r1:free", "input_tokens": 9,
             "output_tokens": 9},
            "0",
        ),
        # Rerankers: by the search at Cohere (2 dollars a thousand), by the token at Voyage (0.05 a million).
        ({"step_kind": "rerank", "provider": "cohere", "request_model": "rerank-v3.5"}, "0.002"),
        ({"step_kind": "rerank", "provider": "aws.bedrock", "request_model": "cohere.rerank-v3-5:0"}, "0.002"),
        (
            {"step_kind": "rerank", "provider": "voyageai", "request_model": "rerank-2.5", "input_tokens": 1_000_000},
            "0.05",
        ),
        # Amazon Nova Canvas: 0.06 an image, whatever its prompt.
        ({"provider": "aws.bedrock", "request_model": "amazon.nova-canvas-v1:0", "input_tokens": 12}, "0.06"),
        # Embeddings of text and of pictures: 0.12 and 0.47.
        (
            {"step_kind": "embedding", "provider": "cohere", "request_model": "embed-v4.0",
             "input_tokens": 2_000_000, "input_image_tokens": 1_000_000},
            "0.59",
        ),
    ],
)  # fmt: skip
def test_every_sort_and_tier_costs_what_the_price_page_says(
    book: PriceBook, call: dict[str, Any], dollars: str
) -> None:
    (cost,) = price(book, llm(**call))
    assert cost["total_cost_usd"] == Decimal(dollars)


def test_audio_is_never_priced_as_text_where_nobody_knows_its_rate(lone_book: PriceBook) -> None:
    spoken = llm(request_model="gpt-4o-audio-preview", input_tokens=100, input_audio_tokens=10, output_tokens=5)
    (cost,) = price(lone_book, spoken)
    assert (cost["input_cost_usd"], cost["output_cost_usd"]) == (None, Decimal("0.00005"))
    assert cost["total_cost_usd"] is None


def test_a_tier_that_no_table_knows_costs_the_standard_rates_and_says_so(book: PriceBook) -> None:
    call = llm(request_model="gpt-4o-audio-preview", input_tokens=1_000, output_tokens=0)
    plain, flexible = price(book, call, call | {"service_tier": "flex"})
    assert flexible["total_cost_usd"] == plain["total_cost_usd"]
    assert "no-tier" in flexible["price_basis"]


def test_an_embedding_needs_no_output(book: PriceBook) -> None:
    call = llm(step_kind="embedding", request_model="text-embedding-3-small", input_tokens=1_000_000)
    # 0.02 dollars a million.
    assert price(book, call)[0]["total_cost_usd"] == Decimal("0.02")
    assert price(book, call | {"provider": ""})[0]["total_cost_usd"] == Decimal("0.02")
    assert price(book, call | {"output_tokens": 0})[0]["total_cost_usd"] == Decimal("0.02")


def test_cached_tokens_are_never_counted_twice(book: PriceBook) -> None:
    plain, read = price(book, llm(**usage(1_000, 0)), llm(**usage(1_000, 0, read=1_000)))
    assert plain["input_cost_usd"] == Decimal("0.0025")
    assert read["input_cost_usd"] == Decimal("0.00125")


def test_reasoning_is_part_of_the_output(book: PriceBook) -> None:
    call = llm(request_model="o3-mini", **usage(10, 900))
    plain, reasoned = price(book, call, call | {"reasoning_tokens": 800})
    assert plain == reasoned


def test_an_unknown_model_has_no_cost_rather_than_none_to_pay(book: PriceBook) -> None:
    (cost,) = price(book, llm(request_model="gpt-99", provider="acme", **usage(1_000, 10)))
    assert cost == dict.fromkeys(COST_COLUMNS[:3]) | dict.fromkeys(COST_COLUMNS[3:], "")


@pytest.mark.parametrize(
    "used",
    [
        usage(-1, 10),
        usage(MAX_TOKENS + 1, 10),
        usage(2**62, 10),
        usage(100, 10, read=101),
        usage(100, 10, read=60, write=60),
        usage(100, 10, read=-5),
        usage(None, 10),
    ],
)
def test_numbers_that_cannot_be_are_not_priced(book: PriceBook, used: dict[str, Any]) -> None:
    bad, good = price(book, llm(**used), llm(**usage(1_000, 100)))
    assert bad["input_cost_usd"] is None
    assert bad["total_cost_usd"] is None
    assert good["total_cost_usd"] == Decimal("0.0035")


@pytest.mark.parametrize(
    ("used", "words"),
    [
        (usage(1_000, 100, read=800), []),
        (usage(None, 10, read=5) | {"reasoning_tokens": 5}, []),
        (usage(10, None) | {"reasoning_tokens": 5}, []),
        (usage(-1, 10), ["negative input_tokens"]),
        (usage(10, MAX_TOKENS + 1), ["absurd output_tokens"]),
        (usage(100, 10, read=60, write=60), ["cached over input"]),
        (usage(100, 10) | {"reasoning_tokens": 11}, ["reasoning over output"]),
        (usage(100, 10) | {"input_audio_tokens": 60, "input_image_tokens": 60}, ["input details over input"]),
        (usage(100, 10) | {"output_audio_tokens": 11}, ["output details over output"]),
        (usage(100, 10, write=5) | {"cache_write_1h_tokens": 6}, ["cache_write_1h over cache_write"]),
    ],
)
def test_what_cannot_be_is_flagged_once_beside_what_was_flagged_before(
    book: PriceBook, used: dict[str, Any], words: list[str]
) -> None:
    columns = batch_of(
        llm(**usage(1, 1)), llm(**used, usage_flags=["fractional cache_read_tokens", *words[:1]])
    ).columns
    costs = cost_columns({name: columns[name] for name in PRICED_BY}, np.ones(2, np.bool_), book)
    assert costs.flags == ({1: words} if words else {})
    flagged = flag_column(columns["usage_flags"], costs.flags)
    assert flagged.to_pylist() == [[], ["fractional cache_read_tokens", *words]]


@pytest.mark.parametrize(
    ("flags", "sides"),
    [
        (["negative input_tokens"], (False, True)),
        (["absurd cache_read_tokens"], (False, True)),
        (["fractional cache_write_1h_tokens"], (False, True)),
        (["unreadable input_audio_tokens"], (False, True)),
        (["cached over input"], (False, True)),
        (["input details over input"], (False, True)),
        (["unreadable output_tokens"], (True, False)),
        (["negative output_audio_tokens"], (True, False)),
        (["output details over output"], (True, False)),
        (["unreadable input_tokens", "absurd output_tokens"], (False, False)),
        # Of the whole, which is known, no more is priced than that.
        (["reasoning over output"], (True, True)),
        *(([f"{odd} reasoning_tokens"], (True, True)) for odd in ("negative", "absurd", "fractional", "unreadable")),
        (["cache_write_1h over cache_write"], (True, True)),
        (["total over input and output"], (True, True)),
    ],
)
def test_a_side_that_was_flagged_has_no_cost(book: PriceBook, flags: list[str], sides: tuple[bool, bool]) -> None:
    before, cost = price(book, llm(**usage(1_000, 500)), llm(**usage(1_000, 500), usage_flags=flags))
    assert (cost["input_cost_usd"], cost["output_cost_usd"], cost["total_cost_usd"]) == (
        Decimal("0.0025") if sides[0] else None,
        Decimal("0.005") if sides[1] else None,
        Decimal("0.0075") if all(sides) else None,
    )
    assert before["total_cost_usd"] == Decimal("0.0075")


@pytest.mark.parametrize("reasoning", [-1, MAX_TOKENS + 1])
def test_an_output_whose_reasoning_cannot_be_costs_what_all_of_it_does(book: PriceBook, reasoning: int) -> None:
    (cost,) = price(book, llm(**usage(1_000, 500), reasoning_tokens=reasoning))
    assert (cost["output_cost_usd"], cost["total_cost_usd"]) == (Decimal("0.005"), Decimal("0.0075"))


def test_flags_of_calls_that_were_cut_off_are_none_of_those_that_are_left(book: PriceBook) -> None:
    whole = batch_of(llm(**usage(1, 1), usage_flags=["negative input_tokens"]), llm(**usage(1_000, 500))).columns
    columns = {name: whole[name][1:] for name in PRICED_BY}
    costs = cost_columns(columns, np.ones(1, np.bool_), book).columns
    assert costs["total_cost_usd"].to_pylist() == [Decimal("0.0075")]


def test_a_call_without_a_known_output_has_the_cost_of_its_input_alone(book: PriceBook) -> None:
    (cost,) = price(book, llm(**usage(1_000)))
    assert cost["input_cost_usd"] == Decimal("0.0025")
    assert cost["output_cost_usd"] is None
    assert cost["total_cost_usd"] is None
    assert cost["priced_as"] == "openai/gpt-4o"


def test_prices_are_those_of_the_time_of_the_call(book: PriceBook) -> None:
    # o3 cost 10 and 40 dollars a million until June 10th 2025, 2 and 8 since.
    before, after = price(
        book,
        llm(request_model="o3", start_time=datetime(2025, 6, 1, tzinfo=UTC), **usage(1_000_000, 0)),
        llm(request_model="o3", start_time=datetime(2025, 6, 20, tzinfo=UTC), **usage(1_000_000, 0)),
    )
    assert (before["total_cost_usd"], after["total_cost_usd"]) == (Decimal(10), Decimal(2))


def test_one_batch_holds_models_tiers_and_gaps(book: PriceBook) -> None:
    sonnet = {"provider": "anthropic", "request_model": "claude-sonnet-4-5"}
    calls = [
        llm(**usage(1_000, 100)),
        llm(**sonnet, **usage(300_000, 0)),
        llm(request_model="nobody-knows", **usage(5, 5)),
        llm(**sonnet, **usage(1_000, 0)),
        llm(**usage(2_000, 0)),
    ]
    totals = [cost["total_cost_usd"] for cost in price(book, *calls)]
    assert totals == [Decimal("0.0035"), Decimal("1.8"), None, Decimal("0.003"), Decimal("0.005")]


def test_only_the_calls_asked_for_are_priced(book: PriceBook) -> None:
    columns = priced_by(llm(**usage(1_000, 0)), llm(**usage(1_000, 0)))
    costs = cost_columns(columns, np.array([False, True]), book).columns
    assert costs["total_cost_usd"].to_pylist() == [None, Decimal("0.0025")]
    assert costs["priced_as"].to_pylist() == ["", "openai/gpt-4o"]
    none = cost_columns(columns, np.zeros(2, np.bool_), book).columns
    assert none["total_cost_usd"].to_pylist() == [None, None]


def test_a_slice_of_a_batch_is_priced_as_its_own(book: PriceBook) -> None:
    calls = [llm(**usage(1_000 * number if number % 3 else None, number)) for number in range(20)]
    whole = priced_by(*calls)
    sliced = cost_columns({name: column[7:] for name, column in whole.items()}, np.ones(13, np.bool_), book)
    expected = cost_columns(whole, np.ones(20, np.bool_), book)
    for name, column in expected.columns.items():
        assert sliced.columns[name].to_pylist() == column[7:].to_pylist()


def test_a_large_batch_is_priced_as_small_ones_are(book: PriceBook) -> None:
    sonnet = {"provider": "anthropic", "request_model": "claude-sonnet-4-5"}
    kinds = [
        llm(), llm(**sonnet), llm(request_model="o3"), llm(request_model="gpt-99"), llm(service_tier="batch"),
        llm(provider="deepseek", request_model="deepseek-reasoner"), llm(provider="a\x1fb", request_model="gpt-4o"),
    ]  # fmt: skip
    calls = [
        kinds[number % len(kinds)]
        | usage(number * 1_000, number)
        | {"start_time": datetime(2025, 6, 1 + number % 20, number % 24, tzinfo=UTC)}
        for number in range(600)
    ]
    parts = [cost for start in range(0, 600, 50) for cost in price(book, *calls[start : start + 50])]
    assert price(book, *calls) == parts
    assert len({cost["price_basis"] for cost in parts}) >= 8
    # A separator of names inside a name makes it nobody's.
    assert parts[6]["priced_as"] == ""


def test_calls_centuries_apart_are_priced_together(book: PriceBook) -> None:
    calls = [
        llm(
            provider=f"gateway-{number}",
            request_model="gpt-4o",
            response_model=f"deployment-{number}",
            start_time=datetime(1700 + number % 2 * 500, 1, 1, tzinfo=UTC),
            **usage(1_000, number),
        )
        for number in range(300)
    ] + [llm(request_model=f"other-{number}") for number in range(300)]
    costs = price(book, *calls)
    assert [cost["total_cost_usd"] for cost in costs[:300]] == [
        Decimal("0.0025") + Decimal("0.00001") * number for number in range(300)
    ]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sold=st.sampled_from(SOLD_BY_THE_TOKEN),
    tokens=st.integers(0, 2_000_000),
    output=st.integers(0, 200_000),
    shares=st.tuples(st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0, 1)),
)
def test_costs_equal_those_of_genai_prices(
    lone_book: PriceBook, sold: tuple[Provider, ModelInfo], tokens: int, output: int, shares: tuple[float, float, float]
) -> None:
    provider, model = sold
    read, write, reasoning = shares
    found = lone_book.find(provider.id, (model.id,))
    # An id may match an earlier entry of the table, too.
    assume(found is not None and found.priced_as == f"{provider.id}/{model.id}")
    used = {
        "input_tokens": tokens,
        "output_tokens": output,
        "cache_read_tokens": int(tokens * read),
        "cache_write_tokens": int(tokens * write),
    }
    thought = int(output * reasoning)
    (cost,) = price(lone_book, llm(provider=provider.id, request_model=model.id, reasoning_tokens=thought, **used))
    theirs = model.calc_price(Usage(output_reasoning_tokens=thought, **used), provider, genai_request_timestamp=START)
    picodollar = Decimal("1e-12")
    # Rates are kept in 1e-18 dollars a token; a few of the table have more digits, such as 0.04166666666666665.
    written = re.findall(r"Decimal\('([^']+)'\)", repr(model.prices))
    finest = min(int(Decimal(one).as_tuple().exponent) for one in written)
    slack = picodollar if finest < -12 else Decimal(0)
    assert abs(cost["input_cost_usd"] - theirs.input_price.quantize(picodollar, ROUND_HALF_UP)) <= slack
    assert abs(cost["output_cost_usd"] - theirs.output_price.quantize(picodollar, ROUND_HALF_UP)) <= slack
    assert cost["total_cost_usd"] == pytest.approx(theirs.total_price, abs=2 * picodollar)
