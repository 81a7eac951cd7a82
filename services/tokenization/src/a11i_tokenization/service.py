"""TokenizationService: the stage's counting and pricing, for one's own texts and calls."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import grpc
import numpy as np
import pyarrow as pa

from a11i.telemetry.v1 import span_pb2
from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i.tokenization.v1 import tokenization_service_pb2_grpc as pb2_grpc
from a11i_chassis.errors import InvalidArgumentError, NotFoundError
from a11i_telemetry.schema import SCHEMA
from a11i_tokenization.costs import PRICED_BY, cost_columns, minute_of
from a11i_tokenization.encodings import KNOWN_ENCODINGS, Encodings
from a11i_tokenization.models import Tokenizer, tokenizer_for
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.rates import MAX_TOKENS

_Context = grpc.aio.ServicerContext[Any, Any]

MAX_TEXTS: Final = 1_000
MAX_TEXT_BYTES: Final = 4_000_000
"""Of one CountTokens: a second's work at the worst."""

_NUMBERS: Final = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")


class TokenizationServicer(pb2_grpc.TokenizationServiceServicer):
    """Translates requests, and leaves counting and pricing to the code that the stage uses."""

    def __init__(self, encodings: Encodings, book: PriceBook, *, now: Callable[[], datetime]) -> None:
        self._encodings = encodings
        self._book = book
        self._now = now

    async def CountTokens(self, request: pb2.CountTokensRequest, context: _Context) -> pb2.CountTokensResponse:
        """Count in a thread, as tiktoken lets go of the interpreter and four megabytes take a second."""
        tokenizer = _tokenizer(request)
        if len(request.texts) > MAX_TEXTS:
            raise InvalidArgumentError(f"{len(request.texts)} texts; {MAX_TEXTS} at most in a call", field="texts")
        size = sum(len(text.encode()) for text in request.texts)
        if size > MAX_TEXT_BYTES:
            raise InvalidArgumentError(f"{size} bytes of text; {MAX_TEXT_BYTES} at most in a call", field="texts")
        counts = await asyncio.to_thread(self._encodings.count_all, tokenizer.encoding, request.texts)
        return pb2.CountTokensResponse(
            counts=counts,
            encoding=tokenizer.encoding,
            source=span_pb2.NUMBER_SOURCE_COUNTED if tokenizer.exact else span_pb2.NUMBER_SOURCE_ESTIMATED,
        )

    async def CalculateCost(self, request: pb2.CalculateCostRequest, context: _Context) -> pb2.CalculateCostResponse:
        """Price the call at the rates of now; an unset number of output tokens is none."""
        if not request.model:
            raise InvalidArgumentError("name the model, such as gpt-4o", field="model")
        usage = _checked_usage(request.usage)
        now = self._now()
        model = self._book.find(request.provider, (request.model,))
        if model is None or model.rates_at(minute_of(now)) is None:
            raise NotFoundError(_unpriced(request.model, self._book.nearest(request.model)))
        call = usage | {
            "step_kind": "llm",
            "provider": request.provider,
            "response_model": "",
            "request_model": request.model,
            "start_time": now,
        }
        columns = {name: pa.array([call.get(name)], SCHEMA.field(name).type) for name in PRICED_BY}
        costs = cost_columns(columns, np.ones(1, np.bool_), self._book).columns
        total = costs["total_cost_usd"][0].as_py()
        if total is None:
            raise InvalidArgumentError(f"{model.priced_as} is sold without output", field="usage.output_tokens")
        return pb2.CalculateCostResponse(
            cost=span_pb2.Cost(
                total_usd=float(total),
                input_usd=float(costs["input_cost_usd"][0].as_py()),
                output_usd=float(costs["output_cost_usd"][0].as_py()),
                price_version=costs["price_version"][0].as_py(),
                priced_as=costs["priced_as"][0].as_py(),
            )
        )


def _tokenizer(request: pb2.CountTokensRequest) -> Tokenizer:
    if request.encoding:
        if request.encoding not in KNOWN_ENCODINGS:
            raise NotFoundError(f"no encoding {request.encoding[:64]!r}; known are {', '.join(KNOWN_ENCODINGS)}")
        return Tokenizer(request.encoding, exact=True)
    if not request.model:
        raise InvalidArgumentError("name a model, such as gpt-4o, or an encoding, such as o200k_base", field="model")
    return tokenizer_for([request.model])


def _checked_usage(usage: span_pb2.Usage) -> dict[str, Any]:
    """Return the numbers that are set, by column. Raises InvalidArgumentError for what no call can have used."""
    numbers = {field.name: value for field, value in usage.ListFields() if field.name in _NUMBERS}
    for name, value in numbers.items():
        if not 0 <= value <= MAX_TOKENS:
            raise InvalidArgumentError(f"{value} is not between 0 and {MAX_TOKENS} tokens", field=f"usage.{name}")
    if "input_tokens" not in numbers:
        raise InvalidArgumentError("a call has input tokens", field="usage.input_tokens")
    if usage.cache_read_tokens + usage.cache_write_tokens > usage.input_tokens:
        raise InvalidArgumentError("cached tokens are part of the input, which is fewer", field="usage.input_tokens")
    if usage.reasoning_tokens > usage.output_tokens:
        raise InvalidArgumentError("reasoning is part of the output, which is less", field="usage.output_tokens")
    return {"output_tokens": 0} | numbers


def _unpriced(model: str, nearest: list[str]) -> str:
    hint = f"; did you mean {' or '.join(nearest)}?" if nearest else ""
    return f"no price by the token is known for {model[:64]!r}{hint}"
