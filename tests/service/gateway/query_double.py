"""A query service behind the gateway: a real gRPC server of the chassis that answers from what a test gives it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc
from google.protobuf.message import Message
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from a11i.query.v1 import query_service_pb2 as pb
from a11i.query.v1 import query_service_pb2_grpc as rpc
from a11i.telemetry.v1.ingest_issue_pb2 import IngestIssue
from a11i.telemetry.v1.log_record_pb2 import LogRecord
from a11i.telemetry.v1.metric_point_pb2 import MetricPoint
from a11i_chassis.app import App, serving
from a11i_chassis.errors import A11iError, UnauthenticatedError
from a11i_chassis.settings import ServiceSettings

API_KEY = "-".join(("key", "of", "the", "double"))


@dataclass(slots=True)
class QueryDouble(rpc.QueryServiceServicer):
    """Remembers what it was asked; raises `failure` if there is one."""

    trace: pb.GetTraceResponse = field(default_factory=pb.GetTraceResponse)
    failure: A11iError | None = None
    get_requests: list[pb.GetTraceRequest] = field(default_factory=list)
    list_requests: list[pb.ListTracesRequest] = field(default_factory=list)
    row_requests: list[Message] = field(default_factory=list)
    """Of ListLogs, ListMetricPoints, ListIngestIssues and the reports."""
    metadata: dict[str, str] = field(default_factory=dict)

    async def GetTrace(
        self, request: pb.GetTraceRequest, context: grpc.aio.ServicerContext[pb.GetTraceRequest, pb.GetTraceResponse]
    ) -> pb.GetTraceResponse:
        self._check(context.invocation_metadata())
        self.get_requests.append(request)
        return self.trace

    async def ListTraces(
        self,
        request: pb.ListTracesRequest,
        context: grpc.aio.ServicerContext[pb.ListTracesRequest, pb.ListTracesResponse],
    ) -> pb.ListTracesResponse:
        self._check(context.invocation_metadata())
        self.list_requests.append(request)
        return pb.ListTracesResponse(traces=[self.trace.summary], next_page_token="more")

    async def ListLogs(
        self, request: pb.ListLogsRequest, context: grpc.aio.ServicerContext[pb.ListLogsRequest, pb.ListLogsResponse]
    ) -> pb.ListLogsResponse:
        self._check(context.invocation_metadata())
        self.row_requests.append(request)
        return pb.ListLogsResponse(log_records=[LogRecord(body=AnyValue(double_value=float("nan")))])

    async def ListMetricPoints(
        self,
        request: pb.ListMetricPointsRequest,
        context: grpc.aio.ServicerContext[pb.ListMetricPointsRequest, pb.ListMetricPointsResponse],
    ) -> pb.ListMetricPointsResponse:
        self._check(context.invocation_metadata())
        self.row_requests.append(request)
        return pb.ListMetricPointsResponse(metric_points=[MetricPoint(count=2**64 - 1, sum=float("inf"))])

    async def ListIngestIssues(
        self,
        request: pb.ListIngestIssuesRequest,
        context: grpc.aio.ServicerContext[pb.ListIngestIssuesRequest, pb.ListIngestIssuesResponse],
    ) -> pb.ListIngestIssuesResponse:
        self._check(context.invocation_metadata())
        self.row_requests.append(request)
        return pb.ListIngestIssuesResponse(ingest_issues=[IngestIssue(reason="bad ids")])

    async def SummariseRedactions(
        self,
        request: pb.SummariseRedactionsRequest,
        context: grpc.aio.ServicerContext[pb.SummariseRedactionsRequest, pb.SummariseRedactionsResponse],
    ) -> pb.SummariseRedactionsResponse:
        self._check(context.invocation_metadata())
        self.row_requests.append(request)
        return pb.SummariseRedactionsResponse(groups=[pb.RedactionGroup(entity="JWT", finding_count=2**40)])

    async def CompareTokenCounts(
        self,
        request: pb.CompareTokenCountsRequest,
        context: grpc.aio.ServicerContext[pb.CompareTokenCountsRequest, pb.CompareTokenCountsResponse],
    ) -> pb.CompareTokenCountsResponse:
        self._check(context.invocation_metadata())
        self.row_requests.append(request)
        sums = pb.TokenSums(call_count=1, reported_tokens=2**40, difference_percent=-100.0)
        return pb.CompareTokenCountsResponse(comparisons=[pb.TokenComparison(model="gpt-4o", input=sums)])

    async def ListUnpricedModels(
        self,
        request: pb.ListUnpricedModelsRequest,
        context: grpc.aio.ServicerContext[pb.ListUnpricedModelsRequest, pb.ListUnpricedModelsResponse],
    ) -> pb.ListUnpricedModelsResponse:
        self._check(context.invocation_metadata())
        self.row_requests.append(request)
        return pb.ListUnpricedModelsResponse(models=[pb.UnpricedModel(model="acme-1", input_tokens=2**40)])

    def _check(self, metadata: object) -> None:
        self.metadata = {str(key): str(value) for key, value in metadata}  # type: ignore[attr-defined]  # any iterable
        if self.metadata.get("authorization") != f"Bearer {API_KEY}":
            raise UnauthenticatedError("the API key is not valid")
        if self.failure is not None:
            raise self.failure


@asynccontextmanager
async def running(double: QueryDouble) -> AsyncIterator[str]:
    """Serves it; gives host:port."""
    app = App(
        register=[lambda server: rpc.add_QueryServiceServicer_to_server(double, server)],
        services=["a11i.query.v1.QueryService"],
    )
    async with serving("query-double", ServiceSettings(), app) as server:
        yield server.address
