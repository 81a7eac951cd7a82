"""TokenizationService's calls about repricings: orders, and how far each has come."""

import uuid
from dataclasses import astuple, replace
from typing import Final

import structlog
from google.protobuf.timestamp_pb2 import Timestamp

from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i_chassis.auth import TokenCheck
from a11i_chassis.errors import AlreadyExistsError, InvalidArgumentError, NotConfiguredError, NotFoundError
from a11i_chassis.grpc_types import Context
from a11i_storage.postgres import RepricingStore
from a11i_storage.postgres.repricings import NewRepricing, Repricing
from a11i_tokenization import requests
from a11i_tokenization.repricing.tables import RepricingTables, price_version

_MAX_REQUEST_ID: Final = 100
_MAX_RANGE_NS: Final = 400 * 86_400_000_000_000
_LAST_NS: Final = 2**63 - 1
_log: Final = structlog.stdlib.get_logger(__name__)


class RepricingCalls:
    """Translates requests; `Repricer` carries out what they order."""

    def __init__(
        self, store: RepricingStore | None, tables: RepricingTables | None, check_caller: TokenCheck, *, has_spans: bool
    ) -> None:
        """Answer without a store, or spans to reprice, that the settings name none."""
        self._kept = store
        self._tables = tables
        self._check_caller = check_caller
        self._has_spans = has_spans

    async def reprice(self, request: pb2.RepriceRequest, context: Context) -> pb2.RepriceResponse:
        """Order a repricing. Raises InvalidArgumentError, AlreadyExistsError, NotFoundError, NotConfiguredError."""
        self._check_caller(context)
        order = _order(request)
        store = self._store
        if self._tables is None or not self._has_spans:
            raise NotConfiguredError("the service knows no spans: set A11I_TOKENIZATION_CLICKHOUSE__URL")
        asked = request.price_version if request.HasField("price_version") else None
        own_version = await self._tables.own_version(order.tenant_id, asked)
        order = replace(order, default_tables=self._tables.default_tables, own_version=own_version)
        repricing = await store.add(order)
        if _asked(repricing.order) != _asked(order) or asked not in (None, repricing.order.own_version):
            raise AlreadyExistsError("request_id names another repricing, which was asked for before")
        _log.info("repricing_ordered", repricing_id=str(repricing.order.id), tenant_id=order.tenant_id)
        return pb2.RepriceResponse(repricing=_message(repricing))

    async def get_repricing(self, request: pb2.GetRepricingRequest, context: Context) -> pb2.GetRepricingResponse:
        """Return a repricing. Raises NotFoundError, NotConfiguredError."""
        self._check_caller(context)
        found = await self._store.get(requests.identity(request.id))
        return pb2.GetRepricingResponse(repricing=_found(found))

    async def list_repricings(self, request: pb2.ListRepricingsRequest, context: Context) -> pb2.ListRepricingsResponse:
        """Return a page of repricings. Raises InvalidArgumentError, NotConfiguredError."""
        self._check_caller(context)
        tenant_id, size = requests.optional(request.tenant_id, "tenant_id"), requests.page_size(request.page_size)
        found = await self._store.list_repricings(tenant_id, size + 1, requests.cursor(request.page_token))
        answer = pb2.ListRepricingsResponse(repricings=map(_message, found[:size]))
        if len(found) > size:
            answer.next_page_token = requests.page_token(found[size - 1].create_time, found[size - 1].order.id)
        return answer

    async def cancel_repricing(
        self, request: pb2.CancelRepricingRequest, context: Context
    ) -> pb2.CancelRepricingResponse:
        """End a repricing where it is. Raises NotFoundError, NotConfiguredError."""
        self._check_caller(context)
        found = await self._store.cancel(requests.identity(request.id))
        return pb2.CancelRepricingResponse(repricing=_found(found))

    @property
    def _store(self) -> RepricingStore:
        if self._kept is None:
            raise NotConfiguredError("repricings are not kept here: set A11I_TOKENIZATION_POSTGRES__DSN")
        return self._kept


def _order(request: pb2.RepriceRequest) -> NewRepricing:
    """Return what a request orders, for tables that are not named yet. Raises InvalidArgumentError."""
    start_ns, end_ns = _ns(request.start_time, "start_time"), _ns(request.end_time, "end_time")
    if not start_ns < end_ns:
        raise InvalidArgumentError("start_time must be before end_time", field="start_time")
    if end_ns - start_ns > _MAX_RANGE_NS:
        raise InvalidArgumentError("the range is 400 days at most", field="end_time")
    return NewRepricing(
        id=uuid.uuid4(),
        tenant_id=requests.name(request.tenant_id, "tenant_id"),
        project_id=requests.optional(request.project_id, "project_id"),
        start_ns=start_ns,
        end_ns=end_ns,
        unpriced_only=request.unpriced_only,
        dry_run=request.dry_run,
        actor=requests.name(request.actor, "actor"),
        request_id=requests.name(request.request_id, "request_id", _MAX_REQUEST_ID),
        default_tables="",
        own_version=0,
    )


def _asked(order: NewRepricing) -> tuple[object, ...]:
    """Return what of an order the caller says, but for who it is."""
    return astuple(replace(order, id=uuid.UUID(int=0), actor="", default_tables="", own_version=0))


def _found(repricing: Repricing | None) -> pb2.Repricing:
    if repricing is None:
        raise NotFoundError("there is no repricing of that id")
    return _message(repricing)


def _message(repricing: Repricing) -> pb2.Repricing:
    order, progress = repricing.order, repricing.progress
    message = pb2.Repricing(
        id=str(order.id),
        request=pb2.RepriceRequest(
            tenant_id=order.tenant_id,
            project_id=order.project_id,
            unpriced_only=order.unpriced_only,
            actor=order.actor,
            request_id=order.request_id,
            dry_run=order.dry_run,
            price_version=order.own_version,
        ),
        state=pb2.RepricingState.ValueType(repricing.state),
        price_version=price_version(order),
        call_count=progress.call_count,
        changed_count=progress.changed_count,
        before_usd=float(progress.before_usd),
        after_usd=float(progress.after_usd),
        unpriced_before_count=progress.unpriced_before_count,
        unpriced_after_count=progress.unpriced_after_count,
        failure=repricing.failure,
    )
    message.request.start_time.FromNanoseconds(order.start_ns)
    message.request.end_time.FromNanoseconds(order.end_ns)
    message.done_until.FromNanoseconds(progress.done_until_ns)
    requests.set_time(message.create_time, repricing.create_time)
    if repricing.finish_time is not None:
        requests.set_time(message.end_time, repricing.finish_time)
    return message


def _ns(time: Timestamp, field: str) -> int:
    nanoseconds = time.seconds * 1_000_000_000 + time.nanos
    if not (0 < nanoseconds <= _LAST_NS and 0 <= time.nanos < 1_000_000_000):
        raise InvalidArgumentError(f"{field} is needed: a time from 1970 to 2262", field=field)
    return nanoseconds
