"""TokenizationService's calls about prices: the stage's pricing for one's own calls, and tenants' tables."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from a11i.telemetry.v1 import span_pb2
from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i_chassis.auth import TokenCheck
from a11i_chassis.errors import InvalidArgumentError, NotConfiguredError, NotFoundError
from a11i_chassis.grpc_types import Context
from a11i_tokenization.call_models import CallModels
from a11i_tokenization.models import ESTIMATE
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.pricing.basis import BasisError
from a11i_tokenization.pricing.book import PricesByTenant
from a11i_tokenization.pricing.desk import PriceDesk
from a11i_tokenization.pricing.explain import Explained, Line, explain, stored
from a11i_tokenization.pricing.finding import FoundModel
from a11i_tokenization.pricing.offers import CallNames, Prices, Quote
from a11i_tokenization.pricing.rates import MAX_TOKENS
from a11i_tokenization.pricing.readings import MAX_NAME_CHARS
from a11i_tokenization.pricing.sold_units import odd_units
from a11i_tokenization.pricing.steps import sentences
from a11i_tokenization.pricing.usage import TOKEN_COLUMNS

_KINDS: Final = {
    span_pb2.STEP_KIND_UNSPECIFIED: "llm",
    span_pb2.STEP_KIND_LLM: "llm",
    span_pb2.STEP_KIND_EMBEDDING: "embedding",
    span_pb2.STEP_KIND_RERANK: "rerank",
}
_MAX_NAME: Final = 200
_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f\x7f]")
_DEFAULT_PAGE: Final = 50
_MAX_PAGE: Final = 1_000
_MILLION: Final = 1_000_000
_NO_PRICE: Final = frozenset({"no-picture-price", "no-search-price"})
"""Words for pieces that nobody has a price for."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PriceSources:
    """Where prices come from."""

    default: PriceBook
    by_tenant: PricesByTenant
    desk: PriceDesk | None
    """None: tenants' tables are not kept here."""
    models: CallModels


class PriceCalls:
    """Translates requests, and leaves pricing to the code that the stage uses."""

    def __init__(self, sources: PriceSources, check_caller: TokenCheck, *, now: Callable[[], datetime]) -> None:
        self._default = sources.default
        self._by_tenant = sources.by_tenant
        self._desk = sources.desk
        self._models = sources.models
        self._check_caller = check_caller
        self._now = now

    def resolve_model(self, request: pb2.ResolveModelRequest, context: Context) -> pb2.ResolveModelResponse:
        """Say how a model's name is read. Raises InvalidArgumentError, NotFoundError, UnauthenticatedError."""
        _name(request.model, "model", "name the model, such as gpt-4o", MAX_NAME_CHARS)
        prices = self._prices(request.tenant_id, context)
        model = self._models.find(request.provider, "", request.model)
        quote = _quote(prices, CallNames(request.provider, "", request.model, ""), self._time(request))
        known = self._default.find(request.provider, (request.model,))
        unknown = "" if quote else _unknown(request.provider, request.model, self._default)
        if quote is None and known is None and model.tokenizer == ESTIMATE and model.context_window is None:
            raise NotFoundError(unknown)
        answer = pb2.ResolveModelResponse(
            encoding=model.tokenizer.encoding,
            source=span_pb2.NUMBER_SOURCE_COUNTED if model.tokenizer.exact else span_pb2.NUMBER_SOURCE_ESTIMATED,
            priced_as=quote.priced_as if quote else "",
            price_version=quote.version if quote else "",
            steps=[
                step
                for step in (
                    *_whose(request.tenant_id, prices),
                    *_steps(known, quote),
                    unknown,
                    model.tokenizer.why,
                )
                if step
            ],
        )
        if model.context_window is not None:
            answer.context_window = model.context_window
        return answer

    def calculate_cost(self, request: pb2.CalculateCostRequest, context: Context) -> pb2.CalculateCostResponse:
        """Price a call; an unset number of output tokens is none. Raises InvalidArgumentError, NotFoundError."""
        prices = self._prices(request.tenant_id, context)
        _check_usage(request.usage)
        explained = self._explained(request, prices)
        cost = _cost(explained)
        if cost is None:
            side = "input" if explained.costs["input_cost_usd"] is None else "output"
            sent = request.usage.HasField("input_tokens")
            why = "the model is not sold by such tokens" if sent else "a call has input tokens"
            if request.usage.flags:
                why = "tokens that are flagged have no cost"
            if request.usage.units and explained.quote and not _NO_PRICE.isdisjoint(explained.quote.how):
                lacking = (word for word in explained.quote.how if word in _NO_PRICE)
                raise InvalidArgumentError(" and ".join(sentences(lacking)), field="usage.units")
            raise InvalidArgumentError(why, field=f"usage.{side}_tokens")
        return pb2.CalculateCostResponse(cost=cost)

    def explain_cost(self, request: pb2.ExplainCostRequest, context: Context) -> pb2.ExplainCostResponse:
        """Say line by line why a call costs what it does. Raises InvalidArgumentError, NotFoundError."""
        prices = self._prices(request.call.tenant_id, context)
        found, whose = None, []
        if request.basis:
            try:
                explained = explain(self._call(request.call), stored(request.basis))
            except BasisError as error:
                raise InvalidArgumentError(f"this is no basis of a cost: {error}", field="basis") from None
        else:
            explained, whose = self._explained(request.call, prices), _whose(request.call.tenant_id, prices)
            found = self._default.find(request.call.provider, (request.call.model,))
        return pb2.ExplainCostResponse(
            cost=_cost(explained),
            lines=map(_line, explained.lines),
            steps=[*whose, *_steps(found, explained.quote)],
            flags=explained.flags,
        )

    async def put_prices(self, request: pb2.PutPricesRequest, context: Context) -> pb2.PutPricesResponse:
        """Store a tenant's table. Raises InvalidArgumentError (names line and field), ConflictError."""
        self._check_caller(context)
        _name(request.tenant_id, "tenant_id")
        _name(request.actor, "actor")
        expected = request.expected_version if request.HasField("expected_version") else None
        table = await self._kept().put(request.tenant_id, request.lines, request.actor, expected)
        return pb2.PutPricesResponse(table=table)

    async def get_prices(self, request: pb2.GetPricesRequest, context: Context) -> pb2.GetPricesResponse:
        """Return a tenant's table. Raises NotFoundError."""
        self._check_caller(context)
        _name(request.tenant_id, "tenant_id")
        return pb2.GetPricesResponse(table=await self._kept().get(request.tenant_id, request.version))

    async def list_price_versions(
        self, request: pb2.ListPriceVersionsRequest, context: Context
    ) -> pb2.ListPriceVersionsResponse:
        """Return the versions of a tenant's table, the latest first. Raises InvalidArgumentError."""
        self._check_caller(context)
        _name(request.tenant_id, "tenant_id")
        if request.page_size < 0:
            raise InvalidArgumentError("page_size: not negative", field="page_size")
        size = min(request.page_size, _MAX_PAGE) or _DEFAULT_PAGE
        tables, token = await self._kept().versions(request.tenant_id, size, request.page_token)
        return pb2.ListPriceVersionsResponse(tables=tables, next_page_token=token)

    def _prices(self, tenant_id: str, context: Context) -> Prices:
        if not tenant_id:
            return self._default
        self._check_caller(context)
        return self._by_tenant.of(_name(tenant_id, "tenant_id"))

    def _kept(self) -> PriceDesk:
        if self._desk is None:
            raise NotConfiguredError("price tables are not kept here: set A11I_TOKENIZATION_POSTGRES__DSN")
        return self._desk

    def _explained(self, request: pb2.CalculateCostRequest, prices: Prices) -> Explained:
        _name(request.model, "model", "name the model, such as gpt-4o", MAX_NAME_CHARS)
        call = self._call(request)
        kinds = " ".join(sorted(unit for unit, _ in call["units"]))
        names = CallNames(request.provider, "", request.model, request.service_tier, kinds)
        if _quote(prices, names, call["start_time"]) is None:
            raise NotFoundError(_unknown(request.provider, request.model, self._default))
        return explain(call, prices)

    def _call(self, request: pb2.CalculateCostRequest) -> dict[str, Any]:
        if request.step_kind not in _KINDS:
            raise InvalidArgumentError("only calls of models have a price: llm, embedding, rerank", field="step_kind")
        numbers = {field.name: value for field, value in request.usage.ListFields() if field.name in TOKEN_COLUMNS}
        return {
            **({"output_tokens": 0} if "input_tokens" in numbers else {}),
            **numbers,
            "step_kind": _KINDS[request.step_kind],
            "provider": request.provider,
            "response_model": "",
            "request_model": request.model,
            "service_tier": request.service_tier,
            "start_time": self._time(request),
            "usage_flags": list(request.usage.flags),
            "units": sorted(request.usage.units.items()),
        }

    def _time(self, request: pb2.CalculateCostRequest | pb2.ResolveModelRequest) -> datetime:
        if not request.HasField("time"):
            return self._now()
        try:
            time = request.time.ToDatetime(UTC)
        except (ValueError, OverflowError):
            time = datetime.min.replace(tzinfo=UTC)
        if not 1970 <= time.year < 2262:
            raise InvalidArgumentError("a call begins between 1970 and 2262", field="time")
        return time


def _quote(prices: Prices, names: CallNames, time: datetime) -> Quote | None:
    offer = prices.offer(names)
    return offer.quote_at((time - _EPOCH) // timedelta(microseconds=1) * 1_000) if offer else None


def _whose(tenant_id: str, prices: Prices) -> list[str]:
    """Return what is to be said of a tenant that has no prices: its id may be mistyped."""
    if not tenant_id or not isinstance(prices, PriceBook):
        return []
    return [f"no prices of its own are known of the tenant {tenant_id}; the default ones hold"]


def _steps(found: FoundModel | None, quote: Quote | None) -> list[str]:
    """Return how a model was found: in sentences that quote its name where it was just looked up."""
    if quote is None:
        return []
    said = found.how if found else ()
    return [*(found.steps if found else ()), *sentences(word for word in quote.how if word not in said)]


def _cost(explained: Explained) -> span_pb2.Cost | None:
    """Return a call's cost; None if its total is not known."""
    costs = explained.costs
    if costs["total_cost_usd"] is None:
        return None
    return span_pb2.Cost(
        total_usd=float(costs["total_cost_usd"]),
        input_usd=float(costs["input_cost_usd"] or 0),
        output_usd=float(costs["output_cost_usd"] or 0),
        price_version=costs["price_version"],
        priced_as=costs["priced_as"],
        basis=costs["price_basis"],
    )


def _line(line: Line) -> pb2.CostLine:
    return pb2.CostLine(
        sort=line.sort,
        tokens=line.tokens,
        usd_per_million=_decimal(line.usd_per_token * _MILLION),
        usd=_decimal(line.usd),
        source=line.source,
    )


def _decimal(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _check_usage(usage: span_pb2.Usage) -> None:
    """Raise InvalidArgumentError for what no call can have used."""
    numbers = {field.name: value for field, value in usage.ListFields() if field.name in TOKEN_COLUMNS}
    for name, value in numbers.items():
        if not 0 <= value <= MAX_TOKENS:
            raise InvalidArgumentError(f"{value} is not between 0 and {MAX_TOKENS} tokens", field=f"usage.{name}")
    if odd := odd_units(usage.units.items()):
        raise InvalidArgumentError(odd, field="usage.units")
    if usage.cache_read_tokens + usage.cache_write_tokens > usage.input_tokens:
        raise InvalidArgumentError("cached tokens are part of the input, which is fewer", field="usage.input_tokens")
    if usage.input_audio_tokens + usage.input_image_tokens > usage.input_tokens:
        raise InvalidArgumentError("audio and images are part of the input", field="usage.input_tokens")
    if usage.HasField("cache_write_tokens") and usage.cache_write_1h_tokens > usage.cache_write_tokens:
        raise InvalidArgumentError("they are part of the cache writes", field="usage.cache_write_1h_tokens")
    if usage.reasoning_tokens > usage.output_tokens:
        raise InvalidArgumentError("reasoning is part of the output, which is less", field="usage.output_tokens")
    if usage.output_audio_tokens + usage.output_image_tokens > usage.output_tokens:
        raise InvalidArgumentError("audio and images are part of the output", field="usage.output_tokens")


def _name(text: str, field: str, missing: str = "", most: int = _MAX_NAME) -> str:
    if not text:
        raise InvalidArgumentError(missing or f"{field} is needed", field=field)
    if len(text) > most or _CONTROL_CHARACTER.search(text):
        raise InvalidArgumentError(f"{field}: at most {most} characters, no control characters", field=field)
    return text


def _unknown(provider: str, model: str, book: PriceBook) -> str:
    """Say what is known of a model that has no price."""
    if unit := book.unit(model):
        return (
            f"{model[:64]!r} is sold by the {unit}: the span does not tell of them, or no table has their price; "
            "a line of the tenant's own prices can say what a call costs, with a rate for `call`"
        )
    if (seller := book.seller(provider)) and book.find("", (model,)) is not None:
        return (
            f"no table has a price of {seller}'s for {model[:64]!r}, and another's would be a guess; "
            f"a line of the tenant's own prices can say what {seller} takes"
        )
    nearest = [name for name in book.nearest(model) if name != model.strip().lower()]
    hint = f"; did you mean {' or '.join(nearest)}?" if nearest else ""
    return f"no price by the token is known for {model[:64]!r}{hint}"
