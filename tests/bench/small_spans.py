"""Small spans as OTLP requests, ready to send: about 400 bytes each, as of the HTTP and database calls of agents.

requests = generate_small(spans=20_000, seed=1, now_ns=time.time_ns())
"""

import random
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from tests.bench.load import TRACE_SPREAD_NS, Request
from tests.bench.traces import AGENTS, Attribute, to_key_values

SPANS_A_REQUEST: Final = 512
"""What OpenTelemetry's batch processors send at most."""
SPANS_A_TRACE: Final = 16
METHODS: Final = ("GET", "POST", "PUT")
PATHS: Final = ("/v1/orders/{order}", "/v1/documents/{document}", "/v1/customers/{customer}")


def generate_small(spans: int, seed: int, now_ns: int) -> list[Request]:
    """Return requests of `spans` spans or a few more in all; the same arguments make the same bytes."""
    rng = random.Random(seed)  # noqa: S311  # no secret is made of it
    salt = rng.randbytes(8)
    return [_request(rng, salt, now_ns) for _ in range(-(-spans // SPANS_A_REQUEST))]


def _request(rng: random.Random, salt: bytes, now_ns: int) -> Request:
    spans: list[Span] = []
    while len(spans) < SPANS_A_REQUEST:
        trace_id, root = salt + rng.randbytes(8), rng.randbytes(8)
        begun_ns = now_ns - rng.randrange(TRACE_SPREAD_NS)
        spans.append(_span(rng, trace_id, root, b"", begun_ns))
        spans += [_span(rng, trace_id, rng.randbytes(8), root, begun_ns) for _ in range(SPANS_A_TRACE - 1)]
    request = ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=Resource(attributes=to_key_values({"service.name": rng.choice(AGENTS)})),
                scope_spans=[ScopeSpans(scope=InstrumentationScope(name="bench", version="1"), spans=spans)],
            )
        ]
    )
    return Request(request.SerializeToString(), len(spans), spans[0].trace_id.hex(), message_chars=0, repeated_chars=0)


def _span(rng: random.Random, trace_id: bytes, span_id: bytes, parent: bytes, begun_ns: int) -> Span:
    method, path = rng.choice(METHODS), rng.choice(PATHS)
    attributes: dict[str, Attribute] = {
        "http.request.method": method,
        "http.response.status_code": rng.choice((200, 200, 201, 404)),
        "http.route": path,
        "server.address": "api.example.com",
        "server.port": 443,
        "network.protocol.version": "2",
        "url.full": f"https://api.example.com{path.partition('{')[0]}{rng.randbytes(8).hex()}",
        "gen_ai.conversation.id": f"session-{trace_id[8:12].hex()}",
    }
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=parent,
        name=f"{method} {path}",
        kind=Span.SPAN_KIND_CLIENT,
        start_time_unix_nano=begun_ns,
        end_time_unix_nano=begun_ns + rng.randint(1, 400) * 1_000_000,
        attributes=to_key_values(attributes),
    )
