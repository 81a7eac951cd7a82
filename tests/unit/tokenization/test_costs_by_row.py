"""Whole columns are priced as each call would be alone, in plain Python."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from a11i_telemetry.schema import SCHEMA
from a11i_tokenization.costs import COST_COLUMNS, PRICED_BY, cost_columns
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.pricing import basis
from a11i_tokenization.pricing.offers import CallNames, Quote
from a11i_tokenization.pricing.own_prices import OwnPrices
from a11i_tokenization.pricing.rates import FEES, MAX_TOKENS, SORTS
from a11i_tokenization.pricing.readings import MAX_NAME_CHARS
from a11i_tokenization.pricing.usage import TOKEN_COLUMNS
from tests.unit.effort import times
from tests.unit.tokenization.price_kit import day, line, own
from tests.unit.tokenization.span_rows import llm

EXACT = Context(prec=60)
PICODOLLAR = Decimal("1e-12")
NOTHING = dict.fromkeys(COST_COLUMNS[:3]) | dict.fromkeys(COST_COLUMNS[3:], "")
_MIDNIGHT = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp()) * 1_000_000_000
INPUT, OUTPUT = TOKEN_COLUMNS[:6], TOKEN_COLUMNS[6:]
WHOLE = (INPUT[0], OUTPUT[0])

MODELS = [
    ("openai", "gpt-4o"), ("openai", "gpt-4o-mini"), ("openai", "gpt-99"), ("openai", "gpt-4o-audio-preview"),
    ("openai", "text-embedding-3-small"),  # not sold by output
    ("anthropic", "claude-sonnet-4-5"), ("gcp.gemini", "gemini-2.5-pro"),  # dearer above a size
    ("openai", "o3"), ("anthropic", "claude-opus-4-6"), ("mistral_ai", "mistral-large-4"),  # dearer before a date
    ("deepseek", "deepseek-chat"), ("deepseek", "deepseek-v4-flash"),  # cheaper at some hours
    ("perplexity", "sonar"), ("cohere", "rerank-v3.5"), ("ollama", "gpt-4o"), ("", ""), ("n" * 300, "gpt-4o"),
]  # fmt: skip
COMMON = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")


def calls_of(rng: Random, when: Sequence[datetime]) -> list[dict[str, Any]]:
    """Return the calls of a batch; half of the time with common sorts of tokens alone, and numbers that can be."""
    sorts = rng.choice([COMMON, TOKEN_COLUMNS])
    mend = rng.choice([_possible, _impossible])
    return [mend(rng, _call(rng, when, sorts)) for _ in range(rng.randint(1, 20))]


def _call(rng: Random, when: Sequence[datetime], sorts: Sequence[str]) -> dict[str, Any]:
    provider, model = rng.choice(MODELS)
    parts = {name: rng.choice([None, 0, rng.randint(0, 100)]) if name in sorts else None for name in TOKEN_COLUMNS}
    wholes = {name: rng.choice([None, 0, rng.randint(0, 300), rng.randint(0, 300_000)]) for name in WHOLE}
    return llm(
        step_kind=rng.choice(["llm", "llm", "embedding", "rerank"]),
        provider=provider,
        request_model=model,
        service_tier=rng.choice(["", "", "batch", "priority"]),
        status_code=rng.choice([0, 2]),
        start_time=rng.choice(when),
        **parts | wholes,
    )


def _possible(_: Random, row: dict[str, Any]) -> dict[str, Any]:
    return row | {
        name: row[name] and row[name] % ((row[names[0]] or 0) // 8 + 1)
        for names in (INPUT, OUTPUT)
        for name in names[1:]
    }


def _impossible(rng: Random, row: dict[str, Any]) -> dict[str, Any]:
    return row | {rng.choice(COMMON): rng.choice([None, -1, MAX_TOKENS + 1, 2**62, -(2**63), 50])}


@cache
def instants(book: PriceBook) -> list[datetime]:
    """Return when models begin to cost something else, and just before."""
    offers = [book.offer(CallNames(provider, "", model, "")) for provider, model in MODELS]
    dates = {date for offer in offers if offer for date in offer.dates_ns} | {_MIDNIGHT}
    hours = {hour for offer in offers if offer for hour in offer.hours_ns} | {0}
    changes = {*dates, *(_MIDNIGHT + hour for hour in hours)}
    return [
        datetime.fromtimestamp(0, UTC) + timedelta(microseconds=at // 1_000 + by) for at in changes for by in (-1, 0)
    ]


@cache
def quoted(prices: PriceBook | OwnPrices, names: CallNames, at: datetime) -> Quote | None:
    offer = prices.offer(names)
    since = at - datetime.fromtimestamp(0, UTC)
    return offer.quote_at(since // timedelta(microseconds=1) * 1_000) if offer else None


def sides(call: dict[str, Any]) -> tuple[dict[str, int] | None, dict[str, int] | None]:
    """Return the tokens of the input and of the output by sort; None where they are not known, or cannot be."""
    sane = {name: 0 <= (call[name] or 0) <= MAX_TOKENS for name in TOKEN_COLUMNS}
    used = {name.removesuffix("_tokens"): (call[name] or 0) * sane[name] for name in TOKEN_COLUMNS}
    whole, read, audio, image = (used[name] for name in ("input", "cache_read", "input_audio", "input_image"))
    written_1h = used["cache_write_1h"]
    written = used["cache_write"] if call["cache_write_tokens"] is not None else written_1h
    sent: dict[str, int] | None = None
    fits = read + written <= whole and audio + image <= whole
    if fits and call["input_tokens"] is not None and all(sane[name] for name in INPUT):
        uncached = whole - read - written
        of_audio = min(audio, uncached)
        of_image = min(image, uncached - of_audio)
        for_long = min(written_1h, written)
        sent = {"input": uncached - of_audio - of_image, "cache_read": read, "cache_write": written - for_long}
        sent |= {"cache_write_1h": for_long, "input_audio": of_audio, "input_image": of_image}
    answer, audio, image = used["output"], used["output_audio"], used["output_image"]
    said: dict[str, int] | None = None
    told = all(sane[name] for name in OUTPUT if name != "reasoning_tokens")
    if call["output_tokens"] is not None and told and audio + image <= answer:
        thought = min(used["reasoning"], answer - audio - image)
        said = {"output": answer - audio - image - thought, "reasoning": thought}
        said |= {"output_audio": audio, "output_image": image}
    return sent, said


def by_row(call: dict[str, Any], prices: PriceBook | OwnPrices) -> dict[str, Any]:
    """Return the cost columns of one call."""
    # A name too long to be any counts as none.
    provider = call["provider"] if len(call["provider"]) <= MAX_NAME_CHARS else ""
    names = CallNames(provider, "", call["request_model"], call["service_tier"])
    quote = quoted(prices, names, call["start_time"])
    if quote is None:
        return NOTHING
    size = call["input_tokens"] or 0
    tier = sum(start < (size if 0 <= size <= MAX_TOKENS else 0) for start in quote.rates.starts)
    rates = quote.rates.tiers[tier]
    usd = {
        sort: None if atto is None else Decimal(atto).scaleb(-18, EXACT)
        for sort, atto in zip(SORTS, rates.atto, strict=True)
    }
    sent, said = (_cost(tokens, usd) for tokens in sides(call))
    fee = (usd["call"] or Decimal(0)).quantize(PICODOLLAR, ROUND_HALF_UP, EXACT)
    found = dict(NOTHING)
    found["input_cost_usd"], found["output_cost_usd"] = sent, said
    if sent is not None and said is not None:
        found["total_cost_usd"] = sent + said + fee
    elif sent is not None and call["output_tokens"] is None and call["step_kind"] in ("embedding", "rerank"):
        found["total_cost_usd"] = sent + fee
    only_fee = fee > 0 and not any(usd[sort] for sort in SORTS if sort not in FEES)
    refused = call["status_code"] == 2 and call["input_tokens"] is None and call["output_tokens"] is None
    if only_fee and not refused:
        if call["output_tokens"] is None:
            found["input_cost_usd"] = Decimal(0)
        found["total_cost_usd"] = fee
    if any(found[name] is not None for name in COST_COLUMNS[:3]):
        found |= {"price_version": quote.version, "priced_as": quote.priced_as, "price_basis": basis.write(quote, tier)}
    return found


def _cost(tokens: dict[str, int] | None, usd: dict[str, Decimal | None]) -> Decimal | None:
    if tokens is None or any(count and usd[sort] is None for sort, count in tokens.items()):
        return None
    exact = sum((EXACT.multiply(usd[sort] or Decimal(0), count) for sort, count in tokens.items()), Decimal(0))
    return exact.quantize(PICODOLLAR, ROUND_HALF_UP, EXACT)


def by_column(rows: Sequence[dict[str, Any]], prices: PriceBook | OwnPrices, skipped: int) -> list[dict[str, Any]]:
    """Return the cost columns of calls, the first few of which are in the batch but cut off from it."""
    columns = {
        name: pa.array([row.get(name, [] if name == "usage_flags" else "") for row in rows], SCHEMA.field(name).type)[
            skipped:
        ]
        for name in PRICED_BY
    }
    asked = np.ones(max(len(rows) - skipped, 0), np.bool_)
    asked[::3] = False
    costs = cost_columns(columns, asked, prices).columns
    for name in COST_COLUMNS:
        costs[name].validate(full=True)
    return pa.table(dict(costs)).to_pylist()


@pytest.fixture(scope="module")
def discounted(book: PriceBook) -> OwnPrices:
    """Prices of a tenant: rates of less than 1e-12 dollars, some for a time, and a discount on all others."""
    return own(
        book,
        line("gpt-4o-mini", {"input": "0.0000012345678", "output": "0.3333333"}),
        line("gpt-4o", {"input": "9", "output": "9"}, valid_from=day(2025, 1, 1), valid_until=day(2026, 1, 1)),
        line("*", discount_percent="12.34567"),
    )


@settings(max_examples=times(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), skipped=st.integers(0, 3), tenants=st.booleans())
def test_columns_are_priced_as_each_call_is(
    book: PriceBook, discounted: OwnPrices, seed: int, skipped: int, tenants: bool
) -> None:
    prices = discounted if tenants else book
    rows = calls_of(Random(seed), instants(book))  # noqa: S311  # no secret is made of it
    expected = [NOTHING if at % 3 == 0 else by_row(row, prices) for at, row in enumerate(rows[skipped:])]
    for call, found, right in zip(rows[skipped:], by_column(rows, prices, skipped), expected, strict=True):
        assert found == right, call


def test_calls_at_both_ends_of_time_are_priced_beside_dated_ones(book: PriceBook) -> None:
    nothing = dict.fromkeys(TOKEN_COLUMNS) | {"service_tier": "", "status_code": 0}
    calls = [
        llm(**nothing | {"input_tokens": 1_000, "output_tokens": 0}, request_model=model, start_time=at)
        for model in ("o3", "gpt-4o", "gpt-99")
        for at in (0, -(2**63), 2**63 - 1, 0)
    ]
    totals = [cost["total_cost_usd"] for cost in by_column([calls[0], *calls], book, 1)]
    asked = [at % 3 != 0 for at in range(len(calls))]
    dollars = [
        Decimal("0.01"),
        Decimal("0.01"),
        Decimal("0.002"),
        Decimal("0.01"),
        *[Decimal("0.0025")] * 4,
        *[None] * 4,
    ]
    assert totals == [usd if at else None for usd, at in zip(dollars, asked, strict=True)]
