"""Asking the query service for traces."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import grpc

from a11i.query.v1 import query_service_pb2 as pb
from a11i.query.v1 import query_service_pb2_grpc as rpc
from a11i.telemetry.v1.span_pb2 import Span
from a11i_cli.errors import CommandError, explain
from a11i_cli.target import Target
from a11i_cli.tree import lacks_parent

CALL_TIMEOUT_S = 15.0
POLL_S = 0.2  # While waiting for a trace; it is queryable about a second after it was sent.
LARGEST_PAGE = 200  # QueryService's limit.
LARGEST_ANSWER_BYTES = 256 * 1024 * 1024  # 10,000 spans with their texts.
PASSING = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}


class Traces:
    """The traces of one project."""

    def __init__(self, stub: rpc.QueryServiceStub, target: Target) -> None:
        self._stub = stub
        self._address = target.address
        self._metadata = (("authorization", f"Bearer {target.api_key}"),)

    def list(self, request: pb.ListTracesRequest, limit: int) -> pb.ListTracesResponse:
        """The latest `limit` traces that match, from as many pages as it takes. Raises CommandError."""
        found = pb.ListTracesResponse()
        while True:
            request.page_size = min(limit - len(found.traces), LARGEST_PAGE)
            with self._explained():
                page = self._stub.ListTraces(request, timeout=CALL_TIMEOUT_S, metadata=self._metadata)
            found.traces.extend(page.traces)
            found.next_page_token = request.page_token = page.next_page_token
            if not page.next_page_token or len(found.traces) >= limit:
                return found

    def get(self, trace_id: str, wait: timedelta = timedelta(0)) -> pb.GetTraceResponse:
        """A trace. Raises CommandError if there is none after `wait`.

        Waits, too, for the parents of the spans that are there, and until no further span comes; what there is at the
        end of the wait is returned.
        """
        deadline_s = time.monotonic() + wait.total_seconds()
        before = -1
        while True:
            out_of_time = time.monotonic() >= deadline_s
            trace = self._get_once(trace_id, must_exist=out_of_time)
            if trace is not None:
                settled = len(trace.spans) == before and not lacks_parent(trace.spans)
                if out_of_time or settled:
                    return trace
                before = len(trace.spans)
            time.sleep(POLL_S)

    def _get_once(self, trace_id: str, *, must_exist: bool) -> pb.GetTraceResponse | None:
        try:
            return self._stub.GetTrace(
                pb.GetTraceRequest(trace_id=trace_id), timeout=CALL_TIMEOUT_S, metadata=self._metadata
            )
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                if not must_exist:
                    return None
                raise CommandError(
                    f"trace {trace_id} is not stored in this project, or not yet; --wait 10s waits for it"
                ) from None
            if error.code() in PASSING and not must_exist:
                return None
            raise explain(error, self._address) from None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except grpc.RpcError as error:
            raise explain(error, self._address) from None


@contextmanager
def connect(target: Target) -> Iterator[Traces]:
    """A connection to the target's query service."""
    options = (("grpc.max_receive_message_length", LARGEST_ANSWER_BYTES),)
    with grpc.insecure_channel(target.address, options=options) as channel:
        yield Traces(rpc.QueryServiceStub(channel), target)


def span_of(trace: pb.GetTraceResponse, prefix: str) -> Span:
    """The one span whose id begins so. Raises CommandError."""
    found = [span for span in trace.spans if span.span_id.startswith(prefix)]
    if len(found) == 1:
        return found[0]
    if found:
        some = ", ".join(span.span_id for span in found[:5])
        raise CommandError(f"{len(found)} spans' ids begin with {prefix}, such as {some}")
    where = f"among the first {len(trace.spans):,} spans of" if trace.truncated else "in"
    raise CommandError(f"no span's id begins with {prefix} {where} trace {trace.summary.trace_id}")
