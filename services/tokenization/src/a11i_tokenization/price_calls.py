"""TokenizationService's calls about prices: the stage's pricing, for one's own calls."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa

from a11i.telemetry.v1 import span_pb2
from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i_chassis.errors import InvalidArgumentError, NotFoundError
from a11i_telemetry.schema import SCHEMA
from a11i_tokenization.costs import PRICED_BY, Costs, cost_columns
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.pricing.offers import Prices
from a11i_tokenization.pricing.rates import MAX_TOKENS
from a11i_tokenization.pricing.usage import TOKEN_COLUMNS

_KINDS: Final = {
    span_pb2.STEP_KIND_UNSPECIFIED: "llm",
    span_pb2.STEP_KIND_LLM: "llm",
    span_pb2.STEP_KIND_EMBEDDING: "embedding",
    span_pb2.STEP_KIND_RERANK: "rerank",
}


class PriceCalls:
    """Translates requests, and leaves pricing to the code that the stage uses."""

    def __init__(self, book: PriceBook, *, now: Callable[[], datetime]) -> None:
        self._book = book
        self._now = now

    def calculate_cost(self, request: pb2.CalculateCostRequest) -> pb2.CalculateCostResponse:
        """Price the call; an unset number of output tokens is none."""
        if not request.model:
            raise InvalidArgumentError("name the model, such as gpt-4o", field="model")
        usage = _checked_usage(request.usage)
        costs = _priced(request, usage, self._time(request), self._book)
        if costs.unpriced_calls:
            raise NotFoundError(_unpriced(request.model, self._book.nearest(request.model)))
        cost = _cost(costs)
        if cost is None:
            raise InvalidArgumentError("the model is not sold by tokens of this sort", field=_unsold(costs))
        return pb2.CalculateCostResponse(cost=cost)

    def _time(self, request: pb2.CalculateCostRequest) -> datetime:
        return request.time.ToDatetime(self._now().tzinfo) if request.HasField("time") else self._now()


def _priced(request: pb2.CalculateCostRequest, usage: dict[str, int], time: datetime, prices: Prices) -> Costs:
    if request.step_kind not in _KINDS:
        raise InvalidArgumentError("only calls of models have a price: llm, embedding, rerank", field="step_kind")
    call: dict[str, Any] = usage | {
        "step_kind": _KINDS[request.step_kind],
        "provider": request.provider,
        "response_model": "",
        "request_model": request.model,
        "service_tier": request.service_tier,
        "start_time": time,
    }
    columns = {name: pa.array([call.get(name)], SCHEMA.field(name).type) for name in PRICED_BY}
    return cost_columns(columns, np.ones(1, np.bool_), prices)


def _cost(costs: Costs) -> span_pb2.Cost | None:
    """Return the cost of the one call; None if its total is not known."""
    values = {name: column[0].as_py() for name, column in costs.columns.items()}
    if values["total_cost_usd"] is None:
        return None
    return span_pb2.Cost(
        total_usd=float(values["total_cost_usd"]),
        input_usd=float(values["input_cost_usd"] or Decimal(0)),
        output_usd=float(values["output_cost_usd"] or Decimal(0)),
        price_version=values["price_version"],
        priced_as=values["priced_as"],
        basis=values["price_basis"],
    )


def _unsold(costs: Costs) -> str:
    known = costs.columns["input_cost_usd"][0].is_valid
    return "usage.output_tokens" if known else "usage.input_tokens"


def _checked_usage(usage: span_pb2.Usage) -> dict[str, int]:
    """Return the numbers that are set, by column. Raises InvalidArgumentError for what no call can have used."""
    numbers = {field.name: value for field, value in usage.ListFields() if field.name in TOKEN_COLUMNS}
    for name, value in numbers.items():
        if not 0 <= value <= MAX_TOKENS:
            raise InvalidArgumentError(f"{value} is not between 0 and {MAX_TOKENS} tokens", field=f"usage.{name}")
    if "input_tokens" not in numbers:
        raise InvalidArgumentError("a call has input tokens", field="usage.input_tokens")
    if usage.cache_read_tokens + usage.cache_write_tokens > usage.input_tokens:
        raise InvalidArgumentError("cached tokens are part of the input, which is fewer", field="usage.input_tokens")
    if usage.input_audio_tokens + usage.input_image_tokens > usage.input_tokens:
        raise InvalidArgumentError("audio and images are part of the input", field="usage.input_tokens")
    if usage.cache_write_1h_tokens > usage.cache_write_tokens:
        raise InvalidArgumentError("they are part of the cache writes", field="usage.cache_write_1h_tokens")
    if usage.reasoning_tokens > usage.output_tokens:
        raise InvalidArgumentError("reasoning is part of the output, which is less", field="usage.output_tokens")
    if usage.output_audio_tokens + usage.output_image_tokens > usage.output_tokens:
        raise InvalidArgumentError("audio and images are part of the output", field="usage.output_tokens")
    return {"output_tokens": 0} | numbers


def _unpriced(model: str, nearest: list[str]) -> str:
    hint = f"; did you mean {' or '.join(nearest)}?" if nearest else ""
    return f"no price by the token is known for {model[:64]!r}{hint}"
