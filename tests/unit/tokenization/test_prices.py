from datetime import UTC, datetime
from decimal import Decimal

import pytest
from genai_prices.data import providers
from genai_prices.types import ModelPrice

from a11i_tokenization.prices import PriceBook
from a11i_tokenization.pricing.genai_rates import rates_of
from a11i_tokenization.pricing.offers import CallNames, Offer
from a11i_tokenization.pricing.rates import MAX_TOKENS, MAX_USD_PER_MILLION
from tests.unit.tokenization.price_kit import line, own, price
from tests.unit.tokenization.span_rows import llm

NOW_NS = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp()) * 10**9


@pytest.mark.parametrize(
    ("provider", "model", "priced_as"),
    [
        ("openai", "gpt-4o", "openai/gpt-4o"),
        ("OpenAI", "GPT-4o", "openai/gpt-4o"),
        ("", "gpt-4o", "openai/gpt-4o"),
        ("", "text-embedding-3-small", "openai/text-embedding-3-small"),
        ("", "openai/gpt-4o", "openai/gpt-4o"),
        ("openai", "openai/gpt-4o", "openai/gpt-4o"),
        ("openai", "gpt-4o-20240806", "openai/gpt-4o"),
        ("openai", "ft:gpt-4o-mini-2024-07-18:acme::abc", "openai/ft:gpt-4o-mini"),
        ("openai", "ft:gpt-4.1-2025-04-14:acme::abc", "openai/ft:gpt-4.1-2025-04-14"),
        # A gateway that speaks OpenAI's protocol, or a framework's own name for itself.
        ("openai", "claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"),
        ("strands-agents", "claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"),
        ("langgraph", "gpt-4o", "openai/gpt-4o"),
        ("litellm", "bedrock/amazon.nova-lite-v1:0", "aws/amazon.nova-lite-v1:0"),
        ("", "openrouter/openai/gpt-4o", "openrouter/openai/gpt-4o"),
        ("anthropic", "claude-sonnet-4-5-20250929", "anthropic/claude-sonnet-4-5"),
        ("azure.ai.openai", "gpt-4o", "azure/gpt-4o"),
        ("azure.ai.inference", "gpt-4o", "azure/gpt-4o"),
        ("gcp.gen_ai", "gemini-2.5-flash", "google/gemini-2.5-flash"),
        ("gcp.gemini", "models/gemini-2.5-flash", "google/gemini-2.5-flash"),
        ("mistral_ai", "mistral-large-latest", "mistral/mistral-large"),
    ],
)
def test_models_are_found_however_they_are_written(book: PriceBook, provider: str, model: str, priced_as: str) -> None:
    found = book.find(provider, (model,))
    assert found is not None
    assert found.priced_as == priced_as


@pytest.mark.parametrize("provider", ["x_ai", "xai"])
def test_x_ai_is_found_under_both_names(book: PriceBook, provider: str) -> None:
    found = book.find(provider, ("grok-3",))
    assert found is not None
    assert found.priced_as == "x-ai/grok-3"


@pytest.mark.parametrize("model", ["", "gpt-99", "my-deployment", "llama3:8b-on-my-laptop", "g" * 5_000, "/", "ft:"])
def test_unknown_models_are_not_found(book: PriceBook, model: str) -> None:
    assert book.find("acme", (model,)) is None


def test_the_model_that_answered_comes_before_the_one_asked_for(book: PriceBook) -> None:
    found = book.find("openai", ("gpt-4o-mini-2024-07-18", "gpt-4o"))
    assert found is not None
    assert found.priced_as == "openai/gpt-4o-mini"
    fallback = book.find("openai", ("a-deployment", "gpt-4o"))
    assert fallback is not None
    assert fallback.priced_as == "openai/gpt-4o"


def test_nearest_names_are_offered(book: PriceBook) -> None:
    assert "gpt-4o-mini" in book.nearest("gpt-4o-mimi")
    assert book.nearest("zzzzzzzzzz") == []


def offer(book: PriceBook, provider: str, model: str, tier: str = "") -> Offer:
    found = book.offer(CallNames(provider, model, "", tier))
    assert found is not None
    return found


def test_models_that_are_not_sold_by_the_token_have_no_rates(book: PriceBook) -> None:
    assert offer(book, "mistral", "mistral-ocr-2505").quote_at(NOW_NS) is None


def test_every_rate_of_the_table_fits_the_arithmetic() -> None:
    # All of the input and of the output at the dearest rate, and the fee, stay within 64 bits.
    dearest = MAX_USD_PER_MILLION * 10**6
    assert 2 * dearest * MAX_TOKENS + MAX_USD_PER_MILLION * 10**12 < 2**63
    tables = [
        (model.id, prices)
        for provider in providers
        for model in provider.models
        for prices in ([model.prices] if isinstance(model.prices, ModelPrice) else [one.prices for one in model.prices])
        if prices.input_mtok is not None
    ]
    assert len(tables) > 2_000
    assert [model for model, prices in tables if rates_of(prices, model) is None] == []


def test_prices_by_the_time_of_day_change_within_the_day(book: PriceBook) -> None:
    reasoner = offer(book, "deepseek", "deepseek-reasoner")
    day = [reasoner.quote_at(int(datetime(2025, 8, 1, hour, 45, tzinfo=UTC).timestamp()) * 10**9) for hour in range(24)]
    rates = [quote.rates for quote in day if quote is not None]
    assert len(set(rates)) == 2
    # Off-peak from 16:30 to 0:30 UTC.
    assert rates[0] == rates[15] != rates[16] == rates[23]
    assert [bound / 3.6e12 for bound in reasoner.hours_ns] == [0.5, 16.5]


@pytest.mark.parametrize(
    ("model", "unit"),
    [
        ("dall-e-3", "picture"),
        ("azure/dall-e-3", "picture"),
        ("whisper-1", "second of audio"),
        ("tts-1", "character"),
        ("gpt-4o", ""),
        ("no-such-model", ""),
    ],
)
def test_what_a_model_without_a_price_is_sold_by_is_known(book: PriceBook, model: str, unit: str) -> None:
    assert book.unit(model).startswith(unit)
    assert bool(book.unit(model)) == bool(unit)
    cost = price(book, llm(provider="", request_model=model, input_tokens=5, output_tokens=5))[0]["total_cost_usd"]
    assert (cost is not None) == (model == "gpt-4o")


def test_a_line_of_ones_own_prices_what_is_sold_by_the_picture(book: PriceBook) -> None:
    call = llm(request_model="dall-e-3")
    assert price(book, call)[0]["total_cost_usd"] is None
    prices = own(book, line("dall-e-3", {"input": "0", "call": "0.04"}))
    assert price(prices, call)[0]["total_cost_usd"] == Decimal("0.04")
