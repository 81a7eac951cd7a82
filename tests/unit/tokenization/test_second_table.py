"""What one table lacks and another has, in dollars of the vendors' price pages, worked out by hand beside each call."""

from decimal import Decimal
from typing import Any

import pytest

from a11i_tokenization.prices import PriceBook
from a11i_tokenization.pricing.rates import Rates
from a11i_tokenization.pricing.second_model import SecondModel
from a11i_tokenization.pricing.steps import STEPS
from tests.unit.tokenization.price_kit import day, price
from tests.unit.tokenization.span_rows import llm

_FIREWORKS_R1 = "accounts/fireworks/models/deepseek-r1"
_DISTILLED = "deepseek-ai/deepseek-r1-distill-llama-70b"
LONG: dict[str, Any] = {"input_tokens": 250_000, "output_tokens": 1_000}
CACHED: dict[str, Any] = {"input_tokens": 4_000_000, "cache_read_tokens": 1_000_000, "cache_write_tokens": 2_000_000,
          "cache_write_1h_tokens": 1_000_000, "output_tokens": 1_000_000}  # fmt: skip
"""A million of each sort."""


def cost(book: PriceBook, provider: str, model: str, **call: Any) -> tuple[Decimal | None, str]:
    """Return what a call costs, and its basis."""
    (priced,) = price(book, llm(provider=provider, request_model=model, **call))
    return priced["total_cost_usd"], priced["price_basis"]


@pytest.mark.parametrize(
    ("model", "tier", "dollars"),
    [
        # Azure's price page, a million each: gpt-4.1 2 and 8, in a batch 1 and 4, with priority 3.50 and 14;
        ("gpt-4.1", "", "10"),
        ("gpt-4.1", "batch", "5"),
        ("gpt-4.1", "priority", "17.5"),
        # gpt-5 1.25 and 10, in a batch 0.625 and 5, with priority 2.50 and 20.
        ("gpt-5", "batch", "5.625"),
        ("gpt-5", "priority", "22.5"),
    ],
)
def test_azures_tiers_are_priced(book: PriceBook, model: str, tier: str, dollars: str) -> None:
    call: dict[str, Any] = {"input_tokens": 1_000_000, "output_tokens": 1_000_000, "service_tier": tier}
    usd, basis = cost(book, "azure.ai.openai", model, **call)
    assert usd == Decimal(dollars)
    assert ("tier-factor" in basis) == bool(tier)


def test_what_a_seller_follows_its_maker_in_includes_the_cache(book: PriceBook) -> None:
    # A fine-tuned gpt-4o, at Azure as at OpenAI: 3.75, of what was cached half.
    model = "gpt-4o-2024-08-06.ft-0123456789abcdef"
    cached: dict[str, Any] = {"input_tokens": 2_000_000, "cache_read_tokens": 1_000_000, "output_tokens": 0}
    assert cost(book, "azure.ai.openai", model, **cached)[0] == Decimal("5.625")
    usd, basis = cost(book, "azure.ai.openai", model, **cached, service_tier="batch")
    assert usd == Decimal("5.625")
    assert "no-tier" in basis


def test_a_tier_of_azures_that_no_table_has_is_said_to_be_unknown(book: PriceBook) -> None:
    usd, basis = cost(book, "azure.ai.openai", "gpt-4.1", input_tokens=1_000_000, output_tokens=0, service_tier="flex")
    assert usd == 2
    assert "no-tier" in basis


@pytest.mark.parametrize(
    ("provider", "model", "dollars"),
    [
        # Claude Sonnet 4.5 over 200,000 tokens, 6 and 22.50; in a region of Bedrock's, a tenth more: 6.60 and 24.75.
        ("aws.bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", "1.67475"),
        ("aws.bedrock", "global.anthropic.claude-sonnet-4-5-20250929-v1:0", "1.5225"),
        ("aws.bedrock", "us.anthropic.claude-sonnet-4-20250514-v1:0", "1.5225"),
        ("anthropic", "claude-sonnet-4-20250514", "1.5225"),
        ("gcp.vertex_ai", "claude-sonnet-4@20250514", "1.5225"),
        ("gcp.vertex_ai", "claude-sonnet-4-5@20250929", "1.5225"),
        # Claude Opus 4 has no more than 200,000, and one price: 15 and 75.
        ("anthropic", "claude-opus-4-20250514", "3.825"),
    ],
)
def test_long_inputs_have_their_own_rates(book: PriceBook, provider: str, model: str, dollars: str) -> None:
    assert cost(book, provider, model, **LONG)[0] == Decimal(dollars)


def test_shares_of_other_rates_say_nothing_of_these(book: PriceBook) -> None:
    # Grok Code Fast 1 was 0.20 and 1.50; the second table has the 1 and 2 of a later one, twice that over 200,000.
    usd, basis = cost(book, "x-ai", "grok-code-fast-1", **LONG)
    assert usd == Decimal("0.0515")
    assert "other-rates" in basis
    assert "size-factor" not in basis
    assert "other-rates" in STEPS
    entry = {"input_cost_per_token": Decimal(4), "output_cost_per_token": Decimal(20), "mode": "chat"}
    model = SecondModel.of("some/claude", entry)
    for rates, same in (
        ({"input": 4, "output": 20}, True),
        ({"input": 5, "output": 25}, True),
        ({"input": 4, "output": 16}, False),
        ({"input": 9}, True),
    ):
        assert model.is_like(Rates.of({sort: Decimal(rate) / 1_000_000 for sort, rate in rates.items()})) is same


def test_rates_for_long_inputs_begin_over_their_size_and_hold_for_the_cache(book: PriceBook) -> None:
    bedrock = ("aws.bedrock", "global.anthropic.claude-sonnet-4-5-20250929-v1:0")
    # 200,000 x 3; one more is 200,001 x 6.
    assert cost(book, *bedrock, input_tokens=200_000, output_tokens=0)[0] == Decimal("0.6")
    usd, basis = cost(book, *bedrock, input_tokens=200_001, output_tokens=0)
    assert usd == Decimal("1.200006")
    assert '"over":200000' in basis
    # Twice of each: input 6, read 0.60, written 7.50 and for an hour 12; output 22.50.
    assert cost(book, *bedrock, **CACHED)[0] == Decimal("48.6")
    assert cost(book, "anthropic", "claude-sonnet-4-20250514", **CACHED)[0] == Decimal("48.6")


@pytest.mark.parametrize(
    ("provider", "model", "dollars"),
    [
        # Half of each: input, read at a tenth, written at 1.25, for an hour at 2; output.
        # Opus 4.1: 15, 1.50, 18.75, 30; 75.
        ("anthropic", "claude-opus-4-1-20250805", "70.125"),
        # Sonnet 3.7: 3, 0.30, 3.75, 6; 15.
        ("anthropic", "claude-3-7-sonnet-20250219", "14.025"),
        # Haiku 3.5: 0.80, 0.08, 1, 1.60; 4.
        ("anthropic", "claude-3-5-haiku-20241022", "3.74"),
        # Opus 4.5: 5, 0.50, 6.25, 10; 25.
        ("gcp.vertex_ai", "claude-opus-4-5@20251101", "23.375"),
    ],
)
def test_a_batch_of_claude_costs_half_whatever_it_is_of(
    book: PriceBook, provider: str, model: str, dollars: str
) -> None:
    for time in (day(2026, 11, 1), day(2026, 10, 1)):
        assert cost(book, provider, model, start_time=time, **CACHED, service_tier="batch")[0] == Decimal(dollars)


@pytest.mark.parametrize(
    ("provider", "model", "dollars"),
    [("openai", "text-embedding-ada-002", "0.05"), ("gcp.gemini", "gemini-embedding-001", "0.075")],
)
def test_a_batch_of_embeddings_costs_half(book: PriceBook, provider: str, model: str, dollars: str) -> None:
    call: dict[str, Any] = {"step_kind": "embedding", "input_tokens": 1_000_000, "service_tier": "batch"}
    usd, basis = cost(book, provider, model, **call)
    assert usd == Decimal(dollars)
    assert "batch-half" in basis
    assert "batch-half" in STEPS


def test_an_hours_cache_writes_are_halved_as_the_others_are() -> None:
    rates: dict[str, str | int] = {"input_cost_per_token": 4, "cache_creation_input_token_cost": 5,
             "cache_creation_input_token_cost_above_1hr": 8, "output_cost_per_token": 20,
             "input_cost_per_token_batches": 2, "cache_creation_input_token_cost_batches": "2.5",
             "output_cost_per_token_batches": 10}  # fmt: skip
    entry = {name: Decimal(rate) / 1_000_000 for name, rate in rates.items()}
    model = SecondModel.of("some/claude", {**entry, "mode": "chat"})
    standard = model.rates()
    assert standard is not None
    batch = model.tier(standard, "batch")
    assert batch is not None
    assert batch.tiers[0] == standard.tiers[0].scaled(Decimal("0.5"))


def test_a_rate_that_already_is_the_dearer_sorts_is_not_made_dearer_again(book: PriceBook) -> None:
    # gpt-4o-mini-tts: 12 dollars for audio, which is all that it answers with.
    call: dict[str, Any] = {"input_tokens": 0, "output_tokens": 1_000_000, "output_audio_tokens": 1_000_000}
    assert cost(book, "openai", "gpt-4o-mini-tts", **call)[0] == Decimal(12)


@pytest.mark.parametrize(
    ("provider", "model", "priced_as", "dollars"),
    [
        # A million in and out. Fireworks' own R1: 3 and 8, not what DeepSeek takes for its reasoner, at any hour.
        ("fireworks", _FIREWORKS_R1, f"fireworks/{_FIREWORKS_R1}", "11"),
        ("", f"fireworks_ai/{_FIREWORKS_R1}", f"fireworks/{_FIREWORKS_R1}", "11"),
        # Together's distilled R1: 2 and 2; Azure's R1: 1.35 and 5.40; DeepInfra's R1: 0.70 and 2.40.
        ("together_ai", _DISTILLED, f"together/{_DISTILLED}", "4"),
        ("azure.ai.inference", "DeepSeek-R1", "azure/deepseek-r1", "6.75"),
        # Azure's Mistral Large: 2 and 6, of late; 8 and 24 when it came.
        ("azure.ai.inference", "mistral-large-latest", "azure/mistral-large-latest", "8"),
        ("deepinfra", "deepseek-ai/DeepSeek-R1", "deepinfra/deepseek-ai/deepseek-r1", "3.1"),
        # What Azure sells at OpenAI's price follows OpenAI's dated ones: 2.50 and 10.
        ("azure.ai.openai", "gpt-4o", "azure/gpt-4o", "12.5"),
        # Azure in the EU, a tenth more than 2.50 and 10; Bedrock there, Nova Pro 1.05 and 4.20.
        ("azure.ai.openai", "azure/eu/gpt-4o-2024-08-06", "azure/gpt-4o", "13.75"),
        ("aws.bedrock", "eu.amazon.nova-pro-v1:0", "aws/amazon.nova-pro-v1:0", "5.25"),
        ("aws.bedrock", "us.amazon.nova-pro-v1:0", "aws/amazon.nova-pro-v1:0", "4"),
        # The maker, where the provider is a gateway that speaks its protocol.
        ("openai", "claude-sonnet-4-5", "anthropic/claude-sonnet-4-5", "18"),
    ],
)  # fmt: skip
def test_who_sells_a_model_is_who_prices_it(
    book: PriceBook, provider: str, model: str, priced_as: str, dollars: str
) -> None:
    usage = {"input_tokens": 100_000, "output_tokens": 100_000}
    for hour in (3, 18):
        call = llm(provider=provider, request_model=model, **usage, start_time=day(2026, 11, 2).replace(hour=hour))
        (priced,) = price(book, call)
        assert (priced["priced_as"], priced["total_cost_usd"] * 10) == (priced_as, Decimal(dollars))


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("together_ai", "deepseek-ai/DeepSeek-R1-nobody-has"),
        ("groq", "gpt-4o"),
        ("groq", "openai/gpt-4o"),
        ("", "groq/openai/gpt-4o"),
        ("mistral_ai", "claude-sonnet-4-5"),
        # 8 and 24 dollars once, then 4 and 12: another version's price is none of it.
        ("mistral_ai", "mistral-large-2402"),
        # Azure's Mistral Small 2503 is compared with nothing: the maker lists none.
        ("azure.ai.inference", "mistral-small-2603"),
        # Vertex's Codestral 2501 is 0.20 and 0.60, Mistral's 0.30 and 0.90: it does not follow the maker.
        ("gcp.vertex_ai", "codestral-2508"),
        ("azure.ai.inference", "mistral-large-2402-of-ours"),
        ("groq", "mistral-large-2411"),
    ],
)
def test_what_a_seller_has_no_price_of_is_priced_by_nobodys(book: PriceBook, provider: str, model: str) -> None:
    assert cost(book, provider, model, input_tokens=10, output_tokens=10) == (None, "")


@pytest.mark.parametrize(
    ("model", "dollars"),
    [
        # A million in and out. Azure's Mistral Large 2407 is 2 and 6, Codestral 2501 0.30 and 0.90, as Mistral's are;
        # hence 2411 is 2 and 6, 2512 0.50 and 1.50 and Codestral 2508 0.30 and 0.90, which Azure lists under no name.
        ("Mistral-Large-2411", "8"),
        ("mistral-large-2512", "2"),
        ("Codestral-2508", "1.2"),
    ],
)
def test_a_version_that_a_seller_does_not_list_follows_its_maker_if_the_listed_ones_do(
    book: PriceBook, model: str, dollars: str
) -> None:
    call: dict[str, Any] = {"input_tokens": 1_000_000, "output_tokens": 1_000_000}
    usd, basis = cost(book, "azure.ai.inference", model, **call)
    assert usd == Decimal(dollars)
    assert "as-other-versions" in basis
    assert "as-other-versions" in STEPS
    # The maker's batches are not Azure's.
    usd, basis = cost(book, "azure.ai.inference", model, **call, service_tier="batch")
    assert usd == Decimal(dollars)
    assert "no-tier" in basis


@pytest.mark.parametrize(
    ("provider", "model", "dollars"),
    [
        # A million in and out, by calls of 100,000. Bedrock in a region: Sonnet 4.5 3.30 and 16.50, anywhere 3 and 15.
        ("aws.bedrock", "claude-sonnet-4-5", "19.8"),
        ("aws.bedrock", "us.anthropic.claude-sonnet-4-5", "19.8"),
        ("aws.bedrock", "global.anthropic.claude-sonnet-4-5", "18"),
        ("", "bedrock/claude-sonnet-4-5", "19.8"),
        # Haiku 4.5 1.10 and 5.50; Opus 4.1 15 and 75; Sonnet 4 and 3.5 3 and 15; Haiku 3.5 0.80 and 4.
        ("aws.bedrock", "claude-haiku-4-5", "6.6"),
        ("aws.bedrock", "claude-opus-4-1", "90"),
        ("aws.bedrock", "claude-sonnet-4-0", "18"),
        ("aws.bedrock", "claude-3-5-sonnet-latest", "18"),
        ("aws.bedrock", "claude-3-5-haiku-latest", "4.8"),
        # OpenRouter, as Anthropic: Sonnet 4.5 3 and 15, Haiku 4.5 1 and 5, Opus 4.1 15 and 75, 4.6 5 and 25.
        ("openrouter", "claude-sonnet-4-5", "18"),
        ("openrouter", "claude-sonnet-4.5", "18"),
        ("openrouter", "claude-sonnet-4-5-20250929", "18"),
        ("openrouter", "anthropic/claude-sonnet-4-5", "18"),
        ("openrouter", "claude-haiku-4-5", "6"),
        ("openrouter", "claude-haiku-4-5:batch", "3"),
        ("openrouter", "claude-opus-4-1-20250805", "90"),
        ("openrouter", "claude-opus-4-6", "30"),
        ("openrouter", "claude-opus-4-6-fast", "180"),
        # Who has no Claude 5.4, has no price for it; nor has Bedrock one of what is said to be faster.
        ("openrouter", "claude-sonnet-5-4", None),
        ("openrouter", "claude-sonnet-latest", None),
        ("aws.bedrock", "claude-sonnet-4-5-fast", None),
        ("groq", "claude-sonnet-4-5", None),
    ],
)
def test_claudes_many_names_mean_the_sellers_own(
    book: PriceBook, provider: str, model: str, dollars: str | None
) -> None:
    usd, basis = cost(book, provider, model, input_tokens=100_000, output_tokens=100_000)
    assert (usd and usd * 10) == (dollars and Decimal(dollars))
    assert ("same-claude" in basis) == (dollars is not None)
    assert "same-claude" in STEPS


@pytest.mark.parametrize(
    ("model", "priced_as"),
    [
        ("gemini-embedding-001", "google/gemini-embedding-001"),
        ("amazon.titan-embed-text-v1", "aws/amazon.titan-embed-text-v1"),
        ("rerank-english-v3.0", "cohere/rerank-english-v3.0"),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", "aws/regional.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("text-embedding-3-small", "openai/text-embedding-3-small"),
    ],
)
def test_a_model_without_a_provider_is_of_who_sells_it(book: PriceBook, model: str, priced_as: str) -> None:
    (priced,) = price(book, llm(step_kind="embedding", provider="", request_model=model, input_tokens=1))
    assert priced["priced_as"] == priced_as


def test_a_name_for_the_latest_model_means_the_newest_of_its_time(book: PriceBook) -> None:
    used: dict[str, Any] = {"input_tokens": 1_000_000, "output_tokens": 1_000_000}
    # Mistral Large 2: 2 and 6 dollars; Mistral Large 3, from December 2025: 0.50 and 1.50, and half of that in a batch.
    for start, tier, dollars in (
        (day(2025, 12, 1), "", "8"),
        (day(2025, 12, 2), "", "2"),
        (day(2026, 11, 1), "batch", "1"),
    ):
        latest, basis = cost(book, "mistral_ai", "mistral-large-latest", **used, start_time=start, service_tier=tier)
        assert latest == Decimal(dollars)
        assert ("successor" in basis) == (dollars != "8")
    # Both in one batch.
    calls = [
        llm(provider="mistral_ai", request_model="mistral-large-latest", **used, start_time=start)
        for start in (day(2026, 1, 1), day(2025, 1, 1))
    ]
    assert [priced["total_cost_usd"] for priced in price(book, *calls)] == [2, 8]
