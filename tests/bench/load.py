"""Agent traces as OTLP requests, ready to send: about 2.3 kB a span, with histories that repeat.

    requests = generate(spans=20_000, seed=1, now_ns=time.time_ns())

A trace is one run of an agent: turns of a model call and mostly a tool, under one root. A model call carries the whole
conversation so far, as agents resend it, so about four fifths of the message text of a trace stood in an earlier span
of it. No sentence is repeated on purpose from trace to trace, so that no cache knows what is to come.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from tests.bench.traces import AGENTS, Run, to_key_values

SPANS_A_REQUEST: Final = 256
"""What a11i.sdk batches at most; other exporters send up to 512."""
TRACE_SPREAD_NS: Final = 30_000_000_000
"""Traces begin within the 30 s before `now_ns`: a trace lasts up to 25 s, so most end near to now."""


@dataclass(frozen=True, slots=True)
class Request:
    """An encoded ExportTraceServiceRequest that holds whole traces."""

    payload: bytes
    spans: int
    trace_id: str
    """One of its traces, 32 hexadecimal digits; the first 16 are the same in the whole load."""
    message_chars: int
    """Of the messages in it."""
    repeated_chars: int
    """Of them, those that stood in an earlier span of their trace."""


def generate(spans: int, seed: int, now_ns: int, spans_a_request: int = SPANS_A_REQUEST) -> list[Request]:
    """Return requests of `spans` spans or a few more in all; the same arguments make the same bytes."""
    rng = random.Random(seed)  # noqa: S311  # no secret is made of it
    salt = rng.randbytes(8)
    requests: list[Request] = []
    left = spans
    while left > 0:
        requests.append(_request(rng, salt, now_ns, min(spans_a_request, left)))
        left -= requests[-1].spans
    return requests


def resalted(requests: Sequence[Request], seed: int) -> list[Request]:
    """Return the requests under other trace ids, quickly. Their text is the same, so this suits ingest alone."""
    old = bytes.fromhex(requests[0].trace_id)[:8]
    new = random.Random(seed).randbytes(8)  # noqa: S311  # no secret is made of it
    return [
        replace(
            request,
            payload=request.payload.replace(old, new),
            trace_id=request.trace_id.replace(old.hex(), new.hex(), 1),
        )
        for request in requests
    ]


def describe(requests: Sequence[Request]) -> str:
    """Return what a load is like, for a table's heading."""
    spans, size = sum(request.spans for request in requests), sum(len(request.payload) for request in requests)
    repeated = sum(r.repeated_chars for r in requests) / sum(r.message_chars for r in requests)
    return (
        f"{spans:,} spans in {len(requests):,} requests, {size / spans:,.0f} bytes a span, "
        f"{repeated:.0%} of the message text repeats within its trace"
    )


def _request(rng: random.Random, salt: bytes, now_ns: int, spans: int) -> Request:
    by_agent: dict[str, list[Span]] = {}
    count = sent_chars = new_chars = 0
    while count < spans:
        run = Run(rng, salt + rng.randbytes(8), now_ns - rng.randrange(TRACE_SPREAD_NS), rng.choice(AGENTS))
        trace = list(run.spans())
        by_agent.setdefault(run.agent, []).extend(trace)
        count += len(trace)
        sent_chars += run.conversation.sent_chars
        new_chars += run.conversation.new_chars
    return Request(_encode(by_agent), count, run.trace_id.hex(), sent_chars, sent_chars - new_chars)


def _encode(by_agent: dict[str, list[Span]]) -> bytes:
    scope = InstrumentationScope(name="bench", version="1")
    request = ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=Resource(attributes=to_key_values({"service.name": agent, "service.version": "1.4.2"})),
                scope_spans=[ScopeSpans(scope=scope, spans=spans)],
            )
            for agent, spans in sorted(by_agent.items())
        ]
    )
    return request.SerializeToString()
