"""QueryService: who asks, what for, and the answer in protobuf."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import grpc

from a11i.query.v1 import query_service_pb2 as pb
from a11i_chassis.auth import SCOPE_QUERY, KeyVerifier, bearer_token
from a11i_chassis.errors import NotFoundError
from a11i_chassis.grpc_types import Context
from a11i_query import page_tokens, redactions, requests, signal_messages, signal_requests, translate, usage_reports
from a11i_query.event_join import EventsBySpan
from a11i_storage.clickhouse import (
    ClickHouseRedactionReader,
    ClickHouseSignalReader,
    ClickHouseSpanReader,
    ClickHouseUsageReader,
    RowPage,
    Scope,
    TimeRange,
)

MAX_SPANS: Final = 10_000
"""Spans of one GetTrace, as its contract says."""

MAX_TRACE_BYTES: Final = 24 * 1024 * 1024
"""Stored bytes of one GetTrace. In the answer texts can stand twice, as attribute and as GenAI field, which keeps it
within the 64 MiB that a11i's clients take."""

MAX_EVENTS: Final = 10_000
"""GenAI events among a trace's log records that one GetTrace joins."""

MAX_EVENT_BYTES: Final = 8 * 1024 * 1024
"""Their stored bytes; together with the spans' within what clients take."""

MAX_PAGE_BYTES: Final = 24 * 1024 * 1024
"""Stored bytes of a page of log records or points, but for a single one that is larger."""

QUERY_SERVICE: Final = pb.DESCRIPTOR.services_by_name["QueryService"].full_name


class QueryServicer:
    """Answers from the store. Whose rows a call sees is decided by its API key alone."""

    def __init__(
        self,
        reader: ClickHouseSpanReader,
        signals: ClickHouseSignalReader,
        receipts: ClickHouseRedactionReader,
        usage: ClickHouseUsageReader,
        keys: KeyVerifier,
        *,
        now_ns: Callable[[], int],
    ) -> None:
        self._reader = reader
        self._signals = signals
        self._receipts = receipts
        self._usage = usage
        self._keys = keys
        self._now_ns = now_ns

    def register(self, server: grpc.aio.Server) -> None:
        """Add the service to `server`."""
        methods: dict[str, Any] = {
            # Large answers come serialized: gRPC would do that in the event loop, and nobody else's call would go on.
            "GetTrace": grpc.unary_unary_rpc_method_handler(
                self.get_trace, request_deserializer=pb.GetTraceRequest.FromString
            ),
            "ListTraces": grpc.unary_unary_rpc_method_handler(
                self.list_traces,
                request_deserializer=pb.ListTracesRequest.FromString,
                response_serializer=pb.ListTracesResponse.SerializeToString,
            ),
            "ListLogs": grpc.unary_unary_rpc_method_handler(
                self.list_logs, request_deserializer=pb.ListLogsRequest.FromString
            ),
            "ListMetricPoints": grpc.unary_unary_rpc_method_handler(
                self.list_metric_points, request_deserializer=pb.ListMetricPointsRequest.FromString
            ),
            "ListIngestIssues": grpc.unary_unary_rpc_method_handler(
                self.list_ingest_issues,
                request_deserializer=pb.ListIngestIssuesRequest.FromString,
                response_serializer=pb.ListIngestIssuesResponse.SerializeToString,
            ),
            "SummariseRedactions": grpc.unary_unary_rpc_method_handler(
                self.summarise_redactions,
                request_deserializer=pb.SummariseRedactionsRequest.FromString,
                response_serializer=pb.SummariseRedactionsResponse.SerializeToString,
            ),
            "CompareTokenCounts": grpc.unary_unary_rpc_method_handler(
                self.compare_token_counts,
                request_deserializer=pb.CompareTokenCountsRequest.FromString,
                response_serializer=pb.CompareTokenCountsResponse.SerializeToString,
            ),
            "ListUnpricedModels": grpc.unary_unary_rpc_method_handler(
                self.list_unpriced_models,
                request_deserializer=pb.ListUnpricedModelsRequest.FromString,
                response_serializer=pb.ListUnpricedModelsResponse.SerializeToString,
            ),
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(QUERY_SERVICE, methods),))

    async def get_trace(self, request: pb.GetTraceRequest, context: Context) -> bytes:
        """Return a trace's summary and spans, a GetTraceResponse serialized."""
        scope = await self._scope(context)
        trace_id = requests.trace_id(request.trace_id)
        trace, events = await asyncio.gather(
            self._reader.get_trace(scope, trace_id, limit=MAX_SPANS, max_bytes=MAX_TRACE_BYTES),
            self._signals.trace_events(scope, trace_id, limit=MAX_EVENTS, max_bytes=MAX_EVENT_BYTES),
        )
        if trace is None:
            message = f"no span of trace {trace_id.hex()} is stored in this project (yet)"
            raise NotFoundError(message)
        return await asyncio.to_thread(lambda: b"".join(translate.trace(trace, EventsBySpan(events))))

    async def list_traces(self, request: pb.ListTracesRequest, context: Context) -> pb.ListTracesResponse:
        """Return a page of summaries."""
        scope = await self._scope(context)
        listing = requests.listing(request, self._now_ns())
        page = await self._reader.list_traces(scope, listing.which, limit=listing.limit, after=listing.after)
        token = page_tokens.encode(request, listing.which, page.next) if page.next else ""
        return pb.ListTracesResponse(traces=[translate.summary(trace) for trace in page.traces], next_page_token=token)

    async def list_logs(self, request: pb.ListLogsRequest, context: Context) -> bytes:
        """Return a page of log records, a ListLogsResponse serialized."""
        scope = await self._scope(context)
        asked = signal_requests.logs(request, self._now_ns())
        page = await self._signals.list_logs(
            scope, asked.which, limit=asked.limit, max_bytes=MAX_PAGE_BYTES, after=asked.after
        )
        token = _next_token(request, asked.which.times, page)

        def answer() -> bytes:
            records = signal_messages.log_records(page.rows)
            return pb.ListLogsResponse(log_records=records, next_page_token=token).SerializeToString()

        return await asyncio.to_thread(answer)

    async def list_metric_points(self, request: pb.ListMetricPointsRequest, context: Context) -> bytes:
        """Return a page of points, a ListMetricPointsResponse serialized."""
        scope = await self._scope(context)
        asked = signal_requests.metric_points(request, self._now_ns())
        page = await self._signals.list_metric_points(
            scope, asked.which, limit=asked.limit, max_bytes=MAX_PAGE_BYTES, after=asked.after
        )
        token = _next_token(request, asked.which.times, page)

        def answer() -> bytes:
            points = signal_messages.metric_points(page.rows)
            return pb.ListMetricPointsResponse(metric_points=points, next_page_token=token).SerializeToString()

        return await asyncio.to_thread(answer)

    async def list_ingest_issues(
        self, request: pb.ListIngestIssuesRequest, context: Context
    ) -> pb.ListIngestIssuesResponse:
        """Return a page of issues."""
        scope = await self._scope(context)
        asked = signal_requests.ingest_issues(request, self._now_ns())
        page = await self._signals.list_ingest_issues(scope, asked.which, limit=asked.limit, after=asked.after)
        token = _next_token(request, asked.which.times, page)
        return pb.ListIngestIssuesResponse(
            ingest_issues=signal_messages.ingest_issues(page.rows), next_page_token=token
        )

    async def summarise_redactions(
        self, request: pb.SummariseRedactionsRequest, context: Context
    ) -> pb.SummariseRedactionsResponse:
        """Return what was redacted where."""
        scope = await self._scope(context)
        page = redactions.asked(request, self._now_ns())
        found = await self._receipts.summarise(scope, page.which, limit=page.limit, behind=page.behind)
        return redactions.answer(request, page, found)

    async def compare_token_counts(
        self, request: pb.CompareTokenCountsRequest, context: Context
    ) -> pb.CompareTokenCountsResponse:
        """Return what was counted beside what was reported, by model."""
        scope = await self._scope(context)
        return await usage_reports.compare_counts(self._usage, scope, request, self._now_ns())

    async def list_unpriced_models(
        self, request: pb.ListUnpricedModelsRequest, context: Context
    ) -> pb.ListUnpricedModelsResponse:
        """Return the models without a price."""
        scope = await self._scope(context)
        return await usage_reports.unpriced_models(self._usage, scope, request, self._now_ns())

    async def _scope(self, context: Context) -> Scope:
        """Return whose rows the caller may see. Raises what KeyVerifier.verify raises."""
        principal = await self._keys.verify(bearer_token(context.invocation_metadata()), SCOPE_QUERY)
        return Scope(principal.tenant_id, principal.project_id)


def _next_token(request: page_tokens.RowsRequest, times: TimeRange, page: RowPage) -> str:
    return page_tokens.encode_rows(request, times, page.next) if page.next else ""
