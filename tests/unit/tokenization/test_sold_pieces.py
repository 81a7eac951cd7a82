"""What is not sold by the token: pictures and searches of the web, from a span's attributes to dollars.

Each bill is worked out by hand: pieces times the vendor's price, and tokens times its rates in dollars a million. The
attributes are those that the packages really send, see tests/unit/telemetry/test_units.py.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from a11i_telemetry.batch import SpanBatch
from a11i_tokenization.costs import PRICED_BY, cost_columns
from a11i_tokenization.counts import TokenCounter
from a11i_tokenization.encodings import Encodings
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.pricing.explain import explain, stored
from a11i_tokenization.pricing.offers import CallNames, Offer, Prices
from a11i_tokenization.pricing.rates import MAX_UNITS
from a11i_tokenization.pricing.sheet import Sheet
from a11i_tokenization.stage import TokenizeStage
from tests.unit.tokenization.price_kit import day, explained, line, own, price, sum_of
from tests.unit.tokenization.span_rows import batch_of
from tests.unit.tokenization.test_documented_usage import Attributes, cost_of, decoded, openinference, otel

_AZURE = "azure.ai.openai"
_ANSWER = {"created": 1767225600, "data": [{"url": "https://a"}, {"url": "https://b"}]}
_RESPONSE = {
    "id": "resp_1",
    "output": [
        {
            "type": "web_search_call",
            "id": "ws_1",
            "status": "completed",
            "action": {"type": "search", "query": "Paris"},
        },
        {"type": "web_search_call", "id": "ws_2", "status": "completed", "action": {"type": "open_page", "url": "a"}},
        {"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": "Sunny."}]},
    ],
}


def _perplexity(model: str, **more: object) -> Attributes:
    usage = {"prompt_tokens": 20, "completion_tokens": 200, "total_tokens": 220, **more}
    return otel("perplexity", model, raw=json.dumps(usage))


_BILLS: dict[str, tuple[Attributes, str | None]] = {
    "Azure, DALL-E by OpenInference": (
        {
            "openinference.span.kind": "LLM",
            "llm.provider": "azure",
            "llm.invocation_parameters": '{"model": "dall-e-3", "n": 2, "quality": "hd", "size": "1792x1024"}',
            "output.value": json.dumps(_ANSWER),
        },
        "0.264",  # 2 x 0.132: Azure's page has 13.20 for a hundred
    ),
    "OpenAI, DALL-E, which no table has any more": (
        {
            **otel("openai", "dall-e-3"),
            "gen_ai.operation.name": "image",
            "gen_ai.request.image_size": "1024x1024",
            "gen_ai.request.image_quality": "standard",
            "gen_ai.response.image": ["https://a"],
        },
        None,
    ),
    "xAI, three pictures by Logfire": (
        {
            **otel("x_ai", "grok-imagine-image"),
            "gen_ai.operation.name": "image_generation",
            "request_data": '{"model": "grok-imagine-image", "n": 3}',
            "response_data": '{"images": [{"url": "a"}, {"url": "b"}, {"b64_json": "c"}]}',
        },
        "0.06",  # 3 x 0.02
    ),
    "Anthropic, three searches by Logfire": (
        otel(
            "anthropic",
            "claude-sonnet-4-5-20250929",
            raw=json.dumps({"input_tokens": 1000, "output_tokens": 100, "server_tool_use": {"web_search_requests": 3}}),
        ),
        "0.0345",  # 1000 x 3 + 100 x 15 + 3 x 0.01
    ),
    "OpenAI, a search and a page by OpenInference": (
        {**openinference("openai", "gpt-5", prompt=1000, completion=100), "output.value": json.dumps(_RESPONSE)},
        "0.01225",  # 1000 x 1.25 + 100 x 10 + 0.01
    ),
    # Perplexity's pages: a thousand requests to sonar cost 5, 8 or 12 by how much of the web they look at.
    "Perplexity, little of the web": (
        _perplexity("sonar", search_context_size="low"), "0.00522",  # 20 x 1 + 200 x 1 + 0.005
    ),
    "Perplexity, more of the web, in three searches": (
        _perplexity("sonar", search_context_size="medium", num_search_queries=3), "0.00822",
    ),
    "Perplexity, unknown how much of it": (_perplexity("sonar"), "0.01222"),
    "Perplexity, deep research": (
        _perplexity("sonar-deep-research", num_search_queries=7, search_context_size="low"),
        "0.03664",  # 20 x 2 + 200 x 8 + 7 x 0.005
    ),
    "Gemini, whose first searches are free": (
        otel("gcp.gemini", "gemini-3-flash-preview", in_=1000, out=100, **{"details.web_search_requests": 4}),
        "0.0008",  # 1000 x 0.50 + 100 x 3
    ),
    "xAI, whose searches have a price in no table": (
        otel(
            "x_ai",
            "grok-4",
            raw='{"prompt_tokens": 1000, "completion_tokens": 100, '
            '"server_side_tool_usage_details": {"web_search_calls": 2}}',
        ),
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("attributes", "usd"), _BILLS.values(), ids=_BILLS.keys())
def test_pieces_cost_what_their_vendor_takes(attributes: Attributes, usd: str | None, book: PriceBook) -> None:
    assert cost_of(decoded(attributes), book) == (None if usd is None else Decimal(usd))


def test_the_bill_is_that_of_a_sender_who_prices_searches_too(book: PriceBook) -> None:
    """Pydantic AI's own sum of a call with a search and an opened page, as recorded."""
    used = otel("openai", "gpt-5", in_=1000, out=100, **{"details.web_search_requests": 1})
    columns = decoded({**used, "operation.cost": 0.01225})
    assert cost_of(columns, book) == columns["reported_cost_usd"][0].as_py() == Decimal("0.01225")


def _call(provider: str, model: str, units: dict[str, int], **columns: Any) -> dict[str, Any]:
    named = {"step_kind": "llm", "provider": provider, "request_model": model}
    return named | {"units": list(units.items()), "start_time": day(2026, 11, 1), **columns}


_TOKENS: dict[str, Any] = {"input_tokens": 1000, "output_tokens": 100}
_PICTURE = {"pictures/high/1536x1024": 1}


@pytest.mark.parametrize(
    ("call", "usd"),
    [
        # OpenAI's page: such a picture 0.25, and the prompt's tokens 5 a million.
        (_call("openai", "gpt-image-1", _PICTURE, input_tokens=12), "0.25006"),
        # What was counted of the answer is part of the pictures.
        (_call("openai", "gpt-image-1", _PICTURE, input_tokens=12, output_tokens=20), "0.25006"),
        # What the prompt takes belongs to the bill.
        (_call("openai", "gpt-image-1", _PICTURE), None),
        # Pictures whose tokens are told cost these: 12 x 5 + 6208 x 40.
        (
            _call("openai", "gpt-image-1", _PICTURE, input_tokens=12, output_tokens=6208, output_image_tokens=6208),
            "0.24838",
        ),
        # OpenLIT's word where nobody said a quality, which the table takes for the lowest.
        (_call("openai", "gpt-image-1.5", {"pictures/standard/1024x1024": 1}, input_tokens=12), None),
        # A size without a quality is not enough.
        (_call(_AZURE, "dall-e-3", {"pictures/1792x1024": 2}), None),
        (_call(_AZURE, "dall-e-3", {"pictures/standard/1024x1024": 1}), "0.044"),
        # As a proxy's prefix names the seller.
        (_call("openai", "azure/dall-e-3", {"pictures/hd/1792x1024": 2}), "0.264"),
        # Who runs a model on machines of one's own pays nobody a price of these.
        (_call("vllm", "azure/dall-e-3", {"pictures/hd/1792x1024": 2}), None),
        # A name that is itself that of pictures of one size has their price, however many it tells of.
        (_call("", "fal_ai/low/1024-x-1024/gpt-image-2", {}), "0.006"),
        (_call("", "fal_ai/low/1024-x-1024/gpt-image-2", {"pictures": 3}, input_tokens=12), "0.018"),
        (_call("", "fal_ai/high/3840-x-2160/openai/gpt-image-2.5/flare/edit", {}), "0.10008"),
        (_call("", "1024-x-1024/50-steps/stability.stable-diffusion-xl-v1", {}), "0.04"),
        # As before, where no number is told.
        (_call("x_ai", "grok-imagine-image", {}), "0.02"),
        # What was refused made none.
        (_call("x_ai", "grok-imagine-image", {"pictures": 3}, status_code=2), None),
        # A tier of service without a fee of its own for searches: 1000 x 1.50 + 100 x 7.50 + 0.01.
        (
            _call("anthropic", "claude-sonnet-4-5", {"web_searches": 1}, **_TOKENS, service_tier="batch"),
            "0.01225",
        ),
        # By the second table: 1000 x 3.30 + 100 x 16.50 + 0.01.
        (
            _call("aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", {"web_searches": 1}, **_TOKENS),
            "0.01495",
        ),
        (_call("acme", "acme-1", {"web_searches": 1}, **_TOKENS), None),
    ],
)
def test_a_piece_has_the_price_of_its_kind_or_none(call: dict[str, Any], usd: str | None, book: PriceBook) -> None:
    (cost,) = price(book, call)
    assert cost["total_cost_usd"] == (None if usd is None else Decimal(usd))


@pytest.mark.parametrize(
    "call",
    [
        _call("anthropic", "claude-sonnet-4-5", {"web_searches": 3}, **_TOKENS),
        _call("openai", "gpt-image-1", _PICTURE, input_tokens=12),
        _call(_AZURE, "dall-e-3", {"pictures/hd/1792x1024": 2}),
        _call("perplexity", "sonar", {"requests/low": 1, "web_searches": 2}, **_TOKENS),
        _call("x_ai", "grok-4", {"web_searches": 2}, **_TOKENS),
    ],
)
def test_lines_add_up_now_and_by_what_the_span_kept(call: dict[str, Any], book: PriceBook) -> None:
    now = explained(book, call)
    unnamed = batch_of(call | {"provider": "", "request_model": ""}).columns
    then = explain({name: unnamed[name][0].as_py() for name in PRICED_BY}, stored(now.costs["price_basis"]))
    assert then.costs == now.costs
    assert [(one.sort, one.tokens, one.usd) for one in then.lines] == [
        (one.sort, one.tokens, one.usd) for one in now.lines
    ]
    total = now.costs["total_cost_usd"]
    sides = sum((now.costs[name] or Decimal(0) for name in ("input_cost_usd", "output_cost_usd")), Decimal(0))
    assert sum_of(now) == (sides if total is None else total)


def test_lines_name_pieces_and_words_say_whose_price_was_taken(book: PriceBook) -> None:
    found = explained(book, _call("openai", "gpt-image-1", {"pictures/high/1536x1024": 2}, input_tokens=12))
    assert [(one.sort, one.tokens, one.usd_per_token) for one in found.lines] == [
        ("input", 12, Decimal("0.000005")),
        ("picture", 2, Decimal("0.25")),
    ]
    assert found.quote is not None
    assert "picture-kind" in found.quote.how


@pytest.mark.parametrize(
    ("units", "word"),
    [({"web_searches": 2}, "no-search-price"), ({"pictures/hd/1024x1024": 2}, "no-picture-price")],
)
def test_a_piece_without_a_price_leaves_the_total_unknown_and_says_why(
    units: dict[str, int], word: str, book: PriceBook
) -> None:
    found = explained(book, _call("x_ai", "grok-4", units, **_TOKENS))
    assert (found.costs["input_cost_usd"], found.costs["total_cost_usd"]) == (Decimal("0.003"), None)
    assert found.quote is not None
    assert word in found.quote.how


@pytest.mark.parametrize(
    "units",
    [
        {"web_searches": MAX_UNITS + 1},
        {"web_searches": -1},
        {"pictures": 1, "pictures/hd/1024x1024": 1},
        {"requests/low": 1, "requests/high": 1},
        {"requests/low": 1000},
        {"seconds_of_audio": 5},
    ],
)
def test_pieces_that_cannot_be_are_not_priced(units: dict[str, int], book: PriceBook) -> None:
    found = explained(book, _call("anthropic", "claude-sonnet-4-5", units, **_TOKENS))
    assert found.costs["total_cost_usd"] is None
    assert found.flags == ("absurd units",)


def test_calls_with_pieces_are_priced_among_others(book: PriceBook) -> None:
    plain = _call("anthropic", "claude-sonnet-4-5", {}, **_TOKENS)
    searched = plain | {"units": [("web_searches", 3)]}
    before = price(book, plain)
    found = price(book, plain, searched, plain, _call("x_ai", "grok-4", {"web_searches": 1}, **_TOKENS), searched)
    assert [cost["total_cost_usd"] for cost in found] == [
        *(Decimal(usd) for usd in ("0.0045", "0.0345", "0.0045")),
        None,
        Decimal("0.0345"),
    ]
    assert [found[0], found[2]] == [*before, *before]
    assert batch_of(plain).columns["units"].to_pylist() == [[]]


def test_calls_with_the_same_pieces_are_looked_up_together_and_each_at_its_own_time(book: PriceBook) -> None:
    """DeepSeek's prices depended on the hour in 2025, by genai-prices."""
    used = _call("deepseek", "deepseek-chat", {"web_searches": 1}, **_TOKENS)
    times = [datetime(2025, 8, 1, hour, tzinfo=UTC) for hour in (12, 20, 12, 20)]
    calls = [used | {"start_time": time} for time in times]
    costs = price(book, *calls)
    assert [cost["input_cost_usd"] for cost in costs] == [price(book, call)[0]["input_cost_usd"] for call in calls]
    assert len({cost["input_cost_usd"] for cost in costs}) == 2


class _Counting:
    """Prices that note what they are asked for."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._sheet = Sheet(self)
        self.asked: list[CallNames] = []

    def offer(self, call: CallNames) -> Offer | None:
        self.asked.append(call)
        return self._prices.offer(call)

    def sheet(self) -> Sheet:
        return self._sheet


def test_pieces_that_cannot_be_are_not_looked_up(book: PriceBook) -> None:
    """What a sender makes up could else be looked up, and remembered, for each call."""
    prices = _Counting(book)
    calls = [_call("anthropic", "claude-sonnet-4-5", {f"words{number}": 1}, **_TOKENS) for number in range(50)]
    costs = price(prices, *calls)
    assert [(cost["input_cost_usd"], cost["total_cost_usd"]) for cost in costs] == [(Decimal("0.003"), None)] * 50
    assert [call.sold for call in prices.asked] == [""]


def test_pieces_of_what_is_no_call_cost_nothing(book: PriceBook) -> None:
    columns = batch_of(*[_call("anthropic", "claude-sonnet-4-5", {"web_searches": 3}, **_TOKENS)] * 2).columns
    costs = cost_columns({name: columns[name] for name in PRICED_BY}, np.array([False, True]), book).columns
    assert costs["total_cost_usd"].to_pylist() == [None, Decimal("0.0345")]


def test_a_picture_and_the_prompt_that_was_counted_for_it_are_the_bill(encodings: Encodings, book: PriceBook) -> None:
    """As OpenLIT sends a picture of gpt-image-1: without tokens, and with words of its own for what nobody asked."""
    prompt = [{"role": "user", "parts": [{"type": "text", "content": "a dog"}]}]
    columns = decoded(
        {
            **otel("openai", "gpt-image-1"),
            "gen_ai.operation.name": "image",
            "gen_ai.request.image_size": "1024x1024",
            "gen_ai.request.image_quality": "standard",
            "gen_ai.response.image_size": "1536x1024",
            "gen_ai.response.image_quality": "high",
            "gen_ai.input.messages": json.dumps(prompt),
            "gen_ai.response.image": ["[base64_image_data]"],
        }
    )
    batch = TokenizeStage(TokenCounter.of(encodings, 1 << 20), book)(SpanBatch("b", "acme", "p", 0, columns))
    (row,) = batch.columns.to_pylist(maps_as_pydicts="strict")
    assert (row["input_source"], row["units"]) == ("estimated", {"pictures/high/1536x1024": 1})
    assert row["total_cost_usd"] == Decimal("0.25") + Decimal("0.000005") * row["input_tokens"]


class TestOwn:
    """A tenant's lines."""

    def test_a_line_can_have_a_price_for_pieces(self, book: PriceBook) -> None:
        rates = {"input": "1", "output": "2", "web_search": "0.05", "picture": "0.5"}
        prices = own(book, line("grok-4", rates, currency="EUR", usd_per_unit="2"))
        (cost,) = price(prices, _call("x_ai", "grok-4", {"web_searches": 3}, **_TOKENS))
        assert cost["total_cost_usd"] == Decimal("0.3024")  # (1000 x 1 + 100 x 2 + 3 x 0.05) x 2

    def test_a_discount_is_taken_off_pieces_too(self, book: PriceBook) -> None:
        prices = own(book, line("claude-*", discount_percent="10"))
        (cost,) = price(prices, _call("anthropic", "claude-sonnet-4-5", {"web_searches": 3}, **_TOKENS))
        assert cost["total_cost_usd"] == Decimal("0.03105")  # 0.0345 x 0.9

    def test_pieces_that_a_line_has_no_price_for_cost_what_they_do_by_default(self, book: PriceBook) -> None:
        prices = own(book, line("claude-*", {"input": "1", "output": "1"}))
        found = explained(prices, _call("anthropic", "claude-sonnet-4-5", {"web_searches": 3}, **_TOKENS))
        assert found.costs["total_cost_usd"] == Decimal("0.0311")  # 1000 x 1 + 100 x 1 + 3 x 0.01
        assert found.costs["price_version"] == "acme/3, genai-prices 0.2.3"
        assert found.quote is not None
        assert "default-pieces" in found.quote.how

    def test_a_fee_for_the_call_is_all_that_its_pictures_cost(self, book: PriceBook) -> None:
        prices = own(book, line("*", {"input": "0", "call": "0.04"}))
        costs = price(
            prices,
            _call(_AZURE, "dall-e-3", {"pictures/hd/1792x1024": 2}),
            _call("acme", "acme-draw", {"pictures": 2}),
        )
        assert [cost["total_cost_usd"] for cost in costs] == [Decimal("0.04")] * 2

    def test_the_defaults_price_of_a_picture_is_that_of_the_whole_answer(self, book: PriceBook) -> None:
        prices = own(book, line("gpt-image-1", {"input": "5", "output": "40"}))
        call = _call("openai", "gpt-image-1", {"pictures/high/1024x1024": 1}, input_tokens=12, output_tokens=300)
        assert explained(prices, call).costs["total_cost_usd"] == Decimal("0.16706")  # 12 x 5 + 0.167
        assert explained(prices, call).costs["total_cost_usd"] == explained(book, call).costs["total_cost_usd"]
        # Where the tokens of pictures are told, they are what is sold.
        told = call | {"output_tokens": 6208, "output_image_tokens": 6208}
        assert explained(prices, told).costs["total_cost_usd"] == Decimal("0.24838")

    @pytest.mark.parametrize(
        ("rates", "usd", "words"),
        [
            # 20 x 1 + 200 x 1, and the default's fee of a request that looks at little of the web.
            ({}, "0.00522", ("default-pieces",)),
            # A fee of the tenant's own has the searches in it, too.
            ({"call": "0.003"}, "0.00322", ("default-pieces",)),
            ({"call": "0"}, "0.00022", ("default-pieces",)),
            # Who pays by the search pays no fee.
            ({"web_search": "0.001"}, "0.00222", ()),
        ],
    )
    def test_the_defaults_fee_comes_with_the_searches_that_are_in_it(
        self, rates: dict[str, str], usd: str, words: tuple[str, ...], book: PriceBook
    ) -> None:
        used = _call("perplexity", "sonar", {"requests/low": 1, "web_searches": 2}, input_tokens=20, output_tokens=200)
        found = explained(own(book, line("sonar", {"input": "1", "output": "1"} | rates)), used)
        assert found.costs["total_cost_usd"] == Decimal(usd)
        assert found.quote is not None
        assert found.quote.how == words

    @pytest.mark.parametrize(
        ("units", "words"),
        [
            ({"web_searches": 3}, ("no-search-price",)),
            ({"pictures": 3}, ("no-picture-price",)),
            ({"pictures": 3, "web_searches": 1}, ("no-picture-price", "no-search-price")),
        ],
    )
    def test_a_piece_that_nobody_has_a_price_for_leaves_the_total_unknown_and_says_why(
        self, units: dict[str, int], words: tuple[str, ...], book: PriceBook
    ) -> None:
        found = explained(
            own(book, line("acme-1", {"input": "1", "output": "1"})), _call("", "acme-1", units, **_TOKENS)
        )
        assert found.costs["total_cost_usd"] is None
        assert found.quote is not None
        assert found.quote.how == words

    def test_calls_without_pieces_keep_the_basis_that_they_had(self, book: PriceBook) -> None:
        (cost,) = price(own(book, line("claude-*", {"input": "1"})), _call("anthropic", "claude-x", {}, **_TOKENS))
        assert "web_search" not in cost["price_basis"]
