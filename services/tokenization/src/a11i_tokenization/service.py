"""TokenizationService: the stage's counting and pricing, for one's own texts and calls."""

from collections.abc import AsyncIterator
from typing import Any

import grpc

from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i.tokenization.v1 import tokenization_service_pb2_grpc as pb2_grpc
from a11i_tokenization.counting_calls import CountingCalls
from a11i_tokenization.desks import Desks
from a11i_tokenization.price_calls import PriceCalls

_Context = grpc.aio.ServicerContext[Any, Any]


class TokenizationServicer(pb2_grpc.TokenizationServiceServicer):
    """Puts together what counts and what prices."""

    def __init__(self, counting: CountingCalls, prices: PriceCalls, desks: Desks) -> None:
        self._counting = counting
        self._prices = prices
        self._repricings = desks.repricings
        self._budgets = desks.budgets

    async def CountTokens(self, request: pb2.CountTokensRequest, context: _Context) -> pb2.CountTokensResponse:
        """Return the counts of texts and of a call. Raises InvalidArgumentError, NotFoundError."""
        return await self._counting.count_tokens(request)

    async def StreamCountTokens(
        self, request_iterator: AsyncIterator[pb2.StreamCountTokensRequest], context: _Context
    ) -> AsyncIterator[pb2.StreamCountTokensResponse]:
        """Yield the counts of one request after the other. Raises InvalidArgumentError, NotFoundError."""
        async for answer in self._counting.stream_count_tokens(request_iterator):
            yield answer

    async def ListEncodings(self, request: pb2.ListEncodingsRequest, context: _Context) -> pb2.ListEncodingsResponse:
        """Return what can count."""
        return self._counting.list_encodings()

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

    async def Reprice(self, request: pb2.RepriceRequest, context: _Context) -> pb2.RepriceResponse:
        """Order a repricing. Raises UnauthenticatedError, InvalidArgumentError, AlreadyExistsError and so on."""
        return await self._repricings.reprice(request, context)

    async def GetRepricing(self, request: pb2.GetRepricingRequest, context: _Context) -> pb2.GetRepricingResponse:
        """Return a repricing. Raises UnauthenticatedError, NotFoundError, UnavailableError."""
        return await self._repricings.get_repricing(request, context)

    async def ListRepricings(self, request: pb2.ListRepricingsRequest, context: _Context) -> pb2.ListRepricingsResponse:
        """Return a page of repricings. Raises UnauthenticatedError, InvalidArgumentError, UnavailableError."""
        return await self._repricings.list_repricings(request, context)

    async def CancelRepricing(
        self, request: pb2.CancelRepricingRequest, context: _Context
    ) -> pb2.CancelRepricingResponse:
        """End a repricing where it is. Raises UnauthenticatedError, NotFoundError, UnavailableError."""
        return await self._repricings.cancel_repricing(request, context)

    async def PutBudget(self, request: pb2.PutBudgetRequest, context: _Context) -> pb2.PutBudgetResponse:
        """Store a budget. Raises UnauthenticatedError, InvalidArgumentError, UnavailableError."""
        return await self._budgets.put_budget(request, context)

    async def ListBudgets(self, request: pb2.ListBudgetsRequest, context: _Context) -> pb2.ListBudgetsResponse:
        """Return a tenant's budgets. Raises UnauthenticatedError, InvalidArgumentError, UnavailableError."""
        return await self._budgets.list_budgets(request, context)

    async def DeleteBudget(self, request: pb2.DeleteBudgetRequest, context: _Context) -> pb2.DeleteBudgetResponse:
        """Delete a budget. Raises UnauthenticatedError, NotFoundError, UnavailableError."""
        return await self._budgets.delete_budget(request, context)

    async def ListBudgetEvents(
        self, request: pb2.ListBudgetEventsRequest, context: _Context
    ) -> pb2.ListBudgetEventsResponse:
        """Return a page of events. Raises UnauthenticatedError, InvalidArgumentError, UnavailableError."""
        return await self._budgets.list_budget_events(request, context)
