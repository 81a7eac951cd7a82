"""TokenizationService: the stage's counting and pricing, for one's own texts and calls."""

import asyncio
from typing import Any, Final

import grpc

from a11i.telemetry.v1 import span_pb2
from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i.tokenization.v1 import tokenization_service_pb2_grpc as pb2_grpc
from a11i_chassis.errors import InvalidArgumentError, NotFoundError
from a11i_tokenization.encodings import KNOWN_ENCODINGS, Encodings
from a11i_tokenization.models import Tokenizer, tokenizer_for
from a11i_tokenization.price_calls import PriceCalls

_Context = grpc.aio.ServicerContext[Any, Any]

MAX_TEXTS: Final = 1_000
MAX_TEXT_BYTES: Final = 4_000_000
"""Of one CountTokens: a second's work at the worst."""


class TokenizationServicer(pb2_grpc.TokenizationServiceServicer):
    """Translates requests, and leaves counting and pricing to the code that the stage uses."""

    def __init__(self, encodings: Encodings, prices: PriceCalls) -> None:
        self._encodings = encodings
        self._prices = prices

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
        """Return what a call costs. Raises InvalidArgumentError, NotFoundError."""
        return self._prices.calculate_cost(request, context)

    async def ResolveModel(self, request: pb2.ResolveModelRequest, context: _Context) -> pb2.ResolveModelResponse:
        """Return how a model's name is read. Raises InvalidArgumentError, NotFoundError."""
        return self._prices.resolve_model(request, context)

    async def ExplainCost(self, request: pb2.ExplainCostRequest, context: _Context) -> pb2.ExplainCostResponse:
        """Return why a call costs what it does. Raises InvalidArgumentError, NotFoundError."""
        return self._prices.explain_cost(request, context)

    async def PutPrices(self, request: pb2.PutPricesRequest, context: _Context) -> pb2.PutPricesResponse:
        """Store a tenant's prices. Raises UnauthenticatedError, InvalidArgumentError, ConflictError and so on."""
        return await self._prices.put_prices(request, context)

    async def GetPrices(self, request: pb2.GetPricesRequest, context: _Context) -> pb2.GetPricesResponse:
        """Return a tenant's prices. Raises UnauthenticatedError, NotFoundError, UnavailableError."""
        return await self._prices.get_prices(request, context)

    async def ListPriceVersions(
        self, request: pb2.ListPriceVersionsRequest, context: _Context
    ) -> pb2.ListPriceVersionsResponse:
        """Return the versions of a tenant's prices. Raises UnauthenticatedError, UnavailableError."""
        return await self._prices.list_price_versions(request, context)


def _tokenizer(request: pb2.CountTokensRequest) -> Tokenizer:
    if request.encoding:
        if request.encoding not in KNOWN_ENCODINGS:
            raise NotFoundError(f"no encoding {request.encoding[:64]!r}; known are {', '.join(KNOWN_ENCODINGS)}")
        return Tokenizer(request.encoding, exact=True)
    if not request.model:
        raise InvalidArgumentError("name a model, such as gpt-4o, or an encoding, such as o200k_base", field="model")
    return tokenizer_for([request.model])
