"""QueryService: who asks, what for, and the answer in protobuf."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import grpc

from a11i.query.v1 import query_service_pb2 as pb
from a11i.query.v1 import query_service_pb2_grpc
from a11i_chassis.auth import SCOPE_QUERY, KeyVerifier, bearer_token
from a11i_chassis.errors import NotFoundError
from a11i_query import page_tokens, requests, translate
from a11i_storage.clickhouse import ClickHouseSpanReader, Scope

MAX_SPANS: Final = 10_000
"""Spans of one GetTrace, as its contract says."""

MAX_TRACE_BYTES: Final = 24 * 1024 * 1024
"""Stored bytes of one GetTrace. In the answer texts can stand twice, as attribute and as GenAI field, which keeps it
within the 64 MiB that a11i's clients take."""


_Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


class QueryServicer(query_service_pb2_grpc.QueryServiceServicer):
    """Answers from the store. Whose rows a call sees is decided by its API key alone."""

    def __init__(self, reader: ClickHouseSpanReader, keys: KeyVerifier, *, now_ns: Callable[[], int]) -> None:
        self._reader = reader
        self._keys = keys
        self._now_ns = now_ns

    async def GetTrace(self, request: pb.GetTraceRequest, context: _Context) -> pb.GetTraceResponse:
        """Return a trace's summary and spans."""
        scope = await self._scope(context)
        trace_id = requests.trace_id(request.trace_id)
        trace = await self._reader.get_trace(scope, trace_id, limit=MAX_SPANS, max_bytes=MAX_TRACE_BYTES)
        if trace is None:
            message = f"no span of trace {trace_id.hex()} is stored in this project (yet)"
            raise NotFoundError(message)
        return pb.GetTraceResponse(
            summary=translate.summary(trace.summary),
            spans=translate.spans(trace.spans),
            truncated=trace.truncated,
        )

    async def ListTraces(self, request: pb.ListTracesRequest, context: _Context) -> pb.ListTracesResponse:
        """Return a page of summaries."""
        scope = await self._scope(context)
        listing = requests.listing(request, self._now_ns())
        page = await self._reader.list_traces(scope, listing.which, limit=listing.limit, after=listing.after)
        token = page_tokens.encode(request, listing.which, page.next) if page.next else ""
        return pb.ListTracesResponse(traces=[translate.summary(trace) for trace in page.traces], next_page_token=token)

    async def _scope(self, context: _Context) -> Scope:
        """Return whose rows the caller may see. Raises what KeyVerifier.verify raises."""
        principal = await self._keys.verify(bearer_token(context.invocation_metadata()), SCOPE_QUERY)
        return Scope(principal.tenant_id, principal.project_id)
