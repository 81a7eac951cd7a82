"""Measures OTLP/JSON beside protobuf: python -m tests.bench.bench_otlp_json [spans a request]."""

import json
import sys
import time
from collections.abc import Callable, Sequence

import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from a11i_telemetry.findings import Findings
from a11i_telemetry.otlp_json import parse_traces
from tests.bench.load import describe, generate
from tests.unit.telemetry.otlp_json_documents import printed

_REQUESTS = 8
_SECONDS_EACH = 2
_ATTRIBUTES = 25
"""What instrumentations of model calls set, about; the load's spans have fewer, so they get some more."""


def _bodies(spans_each: int) -> tuple[list[bytes], list[bytes], int]:
    """Return the same requests as protobuf and as JSON, and how many spans they have."""
    requests = generate(_REQUESTS * spans_each, seed=1, now_ns=time.time_ns(), spans_a_request=spans_each)
    print(describe(requests))
    messages = [ExportTraceServiceRequest.FromString(request.payload) for request in requests]
    for message in messages:
        for span in (span for group in message.resource_spans for scope in group.scope_spans for span in scope.spans):
            for number in range(len(span.attributes), _ATTRIBUTES):
                span.attributes.add(key=f"gen_ai.request.option_{number}").value.string_value = "of this request"
    texts = [orjson.dumps(printed(message)) for message in messages]
    return [message.SerializeToString() for message in messages], texts, sum(request.spans for request in requests)


def _measure(name: str, step: Callable[[bytes], object], bodies: Sequence[bytes], spans: int) -> None:
    rounds, started = 0, time.process_time()
    while time.process_time() - started < _SECONDS_EACH:
        for body in bodies:
            step(body)
        rounds += 1
    elapsed = (time.process_time() - started) / rounds
    size = sum(map(len, bodies))
    print(f"{name:<40} {elapsed / spans * 1e6:6.1f} us/span {size / elapsed / 1e6:8.1f} MB/s {size // spans} B/span")


def _lenient(body: bytes) -> bytes:
    """Return the request with a bare NaN, which strict parsers refuse."""
    return b'{"unknown":NaN,' + body[1:]


def main() -> None:
    """Print the CPU time of the steps on one thread."""
    protobuf, texts, spans = _bodies(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
    _measure("protobuf, strict", ExportTraceServiceRequest.FromString, protobuf, spans)
    _measure("json alone (orjson)", orjson.loads, texts, spans)
    _measure("json alone (json)", json.loads, texts, spans)
    _measure("OTLP/JSON", lambda body: parse_traces(body, Findings()), texts, spans)
    _measure("... + to protobuf", lambda body: parse_traces(body, Findings()).SerializeToString(), texts, spans)
    mendable = [_lenient(body) for body in texts]
    _measure("OTLP/JSON that orjson refuses", lambda body: parse_traces(body, Findings()), mendable, spans)


if __name__ == "__main__":
    main()
