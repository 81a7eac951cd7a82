"""A query service that answers from a list of spans; a real gRPC server, so that the command's calls are real."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.message import Message

from a11i.query.v1 import query_service_pb2 as pb
from a11i.query.v1 import query_service_pb2_grpc as rpc
from a11i.telemetry.v1.span_pb2 import Cost, GenAi, NumberSource, RedactionReceipt, Span, StatusCode, StepKind, Usage

API_KEY = "-".join(("key", "of", "the", "fake"))
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


@dataclass(slots=True)
class FakeQuery(rpc.QueryServiceServicer):
    """Holds one trace, of whose spans the n-th call of GetTrace shows only `arriving[n]`, and summaries to list."""

    spans: Sequence[Span] = ()
    arriving: list[int] = field(default_factory=list)
    summaries: Sequence[pb.TraceSummary] = ()
    asked: list[pb.ListTracesRequest] = field(default_factory=list)
    rows: Sequence[Message] = ()
    """What each other call lists."""
    asked_for_rows: list[Any] = field(default_factory=list)
    redactions: pb.SummariseRedactionsResponse = field(default_factory=pb.SummariseRedactionsResponse)

    def GetTrace(self, request: pb.GetTraceRequest, context: grpc.ServicerContext) -> pb.GetTraceResponse:
        self._authenticate(context)
        spans = self.spans[: self.arriving.pop(0)] if self.arriving else self.spans
        if request.trace_id != TRACE_ID or not spans:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such trace")
        return pb.GetTraceResponse(summary=summary_of(spans), spans=spans)

    def ListTraces(self, request: pb.ListTracesRequest, context: grpc.ServicerContext) -> pb.ListTracesResponse:
        self._authenticate(context)
        self.asked.append(pb.ListTracesRequest.FromString(request.SerializeToString()))
        begin = int(request.page_token or 0)
        end = begin + request.page_size
        token = str(end) if end < len(self.summaries) else ""
        return pb.ListTracesResponse(traces=self.summaries[begin:end], next_page_token=token)

    def ListLogs(self, request: pb.ListLogsRequest, context: grpc.ServicerContext) -> pb.ListLogsResponse:
        rows, token = self._page(request, context)
        return pb.ListLogsResponse(log_records=rows, next_page_token=token)

    def ListMetricPoints(
        self, request: pb.ListMetricPointsRequest, context: grpc.ServicerContext
    ) -> pb.ListMetricPointsResponse:
        rows, token = self._page(request, context)
        return pb.ListMetricPointsResponse(metric_points=rows, next_page_token=token)

    def ListIngestIssues(
        self, request: pb.ListIngestIssuesRequest, context: grpc.ServicerContext
    ) -> pb.ListIngestIssuesResponse:
        rows, token = self._page(request, context)
        return pb.ListIngestIssuesResponse(ingest_issues=rows, next_page_token=token)

    def SummariseRedactions(
        self, request: pb.SummariseRedactionsRequest, context: grpc.ServicerContext
    ) -> pb.SummariseRedactionsResponse:
        self._authenticate(context)
        self.asked_for_rows.append(pb.SummariseRedactionsRequest.FromString(request.SerializeToString()))
        begin = int(request.page_token or 0)
        end = begin + (request.group_limit or len(self.redactions.groups))
        answer = pb.SummariseRedactionsResponse(
            groups=self.redactions.groups[begin:end],
            group_count=self.redactions.group_count,
            totals=self.redactions.totals,
        )
        answer.next_page_token = str(end) if end < len(self.redactions.groups) else ""
        return answer

    def CompareTokenCounts(
        self, request: pb.CompareTokenCountsRequest, context: grpc.ServicerContext
    ) -> pb.CompareTokenCountsResponse:
        rows, token = self._page(request, context)
        return pb.CompareTokenCountsResponse(comparisons=rows, next_page_token=token)

    def ListUnpricedModels(
        self, request: pb.ListUnpricedModelsRequest, context: grpc.ServicerContext
    ) -> pb.ListUnpricedModelsResponse:
        rows, token = self._page(request, context)
        return pb.ListUnpricedModelsResponse(models=rows, next_page_token=token)

    def _page(self, request: Any, context: grpc.ServicerContext) -> tuple[Any, str]:
        self._authenticate(context)
        self.asked_for_rows.append(type(request).FromString(request.SerializeToString()))
        begin = int(request.page_token or 0)
        end = begin + request.page_size
        return self.rows[begin:end], str(end) if end < len(self.rows) else ""

    def _authenticate(self, context: grpc.ServicerContext) -> None:
        if ("authorization", f"Bearer {API_KEY}") not in context.invocation_metadata():
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "the API key is not valid")


@contextmanager
def serving(servicer: FakeQuery) -> Iterator[str]:
    """Serves it; gives host:port."""
    with ThreadPoolExecutor(2) as threads:
        server = grpc.server(threads)
        rpc.add_QueryServiceServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(None).wait()


def summary_of(spans: Sequence[Span]) -> pb.TraceSummary:
    """What the command prints as the trace's totals."""
    summary = pb.TraceSummary(trace_id=TRACE_ID, span_count=len(spans), input_tokens=1412, output_tokens=38)
    summary.error_count = sum(span.status_code == StatusCode.STATUS_CODE_ERROR for span in spans)
    summary.cost_usd, summary.unpriced_calls = 0.000234, 1
    summary.service_name, summary.session_id, summary.user_id = "desk", "s-1", "ann"
    summary.duration.FromMilliseconds(1840)
    summary.start_time.FromSeconds(int(time.time()))
    summary.redacted_entities["EMAIL_ADDRESS"] = 2
    return summary


def agent_spans() -> list[Span]:
    """An agent that asked a model, ran a tool that failed, and asked another model."""
    agent = span("a1", "", "invoke_agent desk", GenAi(step_kind=StepKind.STEP_KIND_AGENT), 1840)
    reported, counted = NumberSource.NUMBER_SOURCE_REPORTED, NumberSource.NUMBER_SOURCE_COUNTED
    usage = Usage(input_tokens=1412, output_tokens=38, input_source=reported, output_source=counted)
    chat = GenAi(
        step_kind=StepKind.STEP_KIND_LLM, response_model="gpt-4o-mini", usage=usage, cost=Cost(total_usd=0.000234)
    )
    first = span("b1", "a1", "chat gpt-4o-mini", chat, 420)
    first.redaction.CopyFrom(RedactionReceipt(entities={"EMAIL_ADDRESS": 2}))
    tool = span("b2", "a1", "execute_tool look_up", GenAi(step_kind=StepKind.STEP_KIND_TOOL), 12)
    tool.status_code, tool.status_message = StatusCode.STATUS_CODE_ERROR, "no such order\x1b[2J"
    inner = span("c1", "b2", "GET /orders", None, 3)
    return [agent, first, tool, inner]


def span(span_id: str, parent: str, name: str, gen_ai: GenAi | None, duration_ms: int) -> Span:
    """A span of the trace."""
    made = Span(trace_id=TRACE_ID, span_id=span_id * 8, parent_span_id=parent * 8, name=name, gen_ai=gen_ai)
    made.duration.FromMilliseconds(duration_ms)
    return made
