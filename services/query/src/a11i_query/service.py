"""QueryService: who asks, what for, and the answer in protobuf."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import grpc

from a11i.query.v1 import query_service_pb2 as pb
from a11i_chassis.auth import SCOPE_QUERY, KeyVerifier, bearer_token
from a11i_chassis.errors import NotFoundError
from a11i_chassis.grpc_types import Context
from a11i_query import page_tokens, requests, translate
from a11i_storage.clickhouse import ClickHouseSpanReader, Scope

MAX_SPANS: Final = 10_000
"""Spans of one GetTrace, as its contract says."""

MAX_TRACE_BYTES: Final = 24 * 1024 * 1024
"""Stored bytes of one GetTrace. In the answer texts can stand twice, as attribute and as GenAI field, which keeps it
within the 64 MiB that a11i's clients take."""

QUERY_SERVICE: Final = pb.DESCRIPTOR.services_by_name["QueryService"].full_name


class QueryServicer:
    """Answers from the store. Whose rows a call sees is decided by its API key alone."""

    def __init__(self, reader: ClickHouseSpanReader, keys: KeyVerifier, *, now_ns: Callable[[], int]) -> None:
        self._reader = reader
        self._keys = keys
        self._now_ns = now_ns

    def register(self, server: grpc.aio.Server) -> None:
        """Add the service to `server`."""
        methods: dict[str, Any] = {
            # Its answer comes serialized: gRPC would do that in the event loop, and nobody else's call would go on.
            "GetTrace": grpc.unary_unary_rpc_method_handler(
                self.get_trace, request_deserializer=pb.GetTraceRequest.FromString
            ),
            "ListTraces": grpc.unary_unary_rpc_method_handler(
                self.list_traces,
                request_deserializer=pb.ListTracesRequest.FromString,
                response_serializer=pb.ListTracesResponse.SerializeToString,
            ),
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(QUERY_SERVICE, methods),))

    async def get_trace(self, request: pb.GetTraceRequest, context: Context) -> bytes:
        """Return a trace's summary and spans, a GetTraceResponse serialized."""
        scope = await self._scope(context)
        trace_id = requests.trace_id(request.trace_id)
        trace = await self._reader.get_trace(scope, trace_id, limit=MAX_SPANS, max_bytes=MAX_TRACE_BYTES)
        if trace is None:
            message = f"no span of trace {trace_id.hex()} is stored in this project (yet)"
            raise NotFoundError(message)
        return await asyncio.to_thread(lambda: b"".join(translate.trace(trace)))

    async def list_traces(self, request: pb.ListTracesRequest, context: Context) -> pb.ListTracesResponse:
        """Return a page of summaries."""
        scope = await self._scope(context)
        listing = requests.listing(request, self._now_ns())
        page = await self._reader.list_traces(scope, listing.which, limit=listing.limit, after=listing.after)
        token = page_tokens.encode(request, listing.which, page.next) if page.next else ""
        return pb.ListTracesResponse(traces=[translate.summary(trace) for trace in page.traces], next_page_token=token)

    async def _scope(self, context: Context) -> Scope:
        """Return whose rows the caller may see. Raises what KeyVerifier.verify raises."""
        principal = await self._keys.verify(bearer_token(context.invocation_metadata()), SCOPE_QUERY)
        return Scope(principal.tenant_id, principal.project_id)
