"""The same trace from five clients, in every encoding that they know, is stored as the same spans."""

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from a11i.telemetry.v1 import span_pb2
from tests.e2e import same_trace
from tests.e2e.conftest import RunningMesh
from tests.e2e.otlp import RPC_TIMEOUT_S
from tests.e2e.otlp_go_client import run_go
from tests.e2e.otlp_js_client import run_js
from tests.e2e.otlp_python import send_python

Request = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sender:
    """A client and the encoding in which it sends."""

    client: str
    protocol: str
    """Named as in OTEL_EXPORTER_OTLP_PROTOCOL."""
    gzip: bool = False

    def __str__(self) -> str:
        return f"{self.client}-{self.protocol.replace('/', '-')}{'-gzip' if self.gzip else ''}"


SENDERS = (
    *(Sender("python", protocol, gzip) for protocol in ("grpc", "http/protobuf") for gzip in (False, True)),
    *(Sender("js", protocol, gzip) for protocol in ("grpc", "http/protobuf", "http/json") for gzip in (False, True)),
    *(Sender("go", protocol, gzip) for protocol in ("grpc", "http/protobuf", "http/json") for gzip in (False, True)),
    Sender("file", "http/json"),
)
"""`python` and `js`: the official exporters. `go`: the Collector's own encoder. `file`: the bytes of the definition."""


@pytest.mark.timeout(300)  # The first build of the Go program and npm's installation are part of it.
@pytest.mark.parametrize("sender", SENDERS, ids=str)
def test_a_trace_is_stored_as_it_was_meant_whoever_sends_it(mesh: RunningMesh, sender: Sender) -> None:
    request = same_trace.request(uuid.uuid4().hex, time.time_ns() - 5_000_000_000)
    expected = same_trace.stored(request)

    _send(sender, request, mesh)
    spans = _read(mesh, request)

    if sender.client == "python":  # Its exporters leave it out.
        expected = same_trace.without_trace_state_of_links(expected)
    assert _text({span_id: same_trace.from_client(span) for span_id, span in spans.items()}) == _text(expected)


@pytest.mark.timeout(300)
def test_what_is_worked_out_of_a_trace_is_the_same_whoever_sent_it(mesh: RunningMesh) -> None:
    start_ns = time.time_ns() - 5_000_000_000
    requests = {sender: same_trace.request(uuid.uuid4().hex, start_ns) for sender in SENDERS}

    for sender, request in requests.items():
        _send(sender, request, mesh)
    results = {
        str(sender): same_trace.without_trace_state_of_links(_read(mesh, request))
        for sender, request in requests.items()
    }

    for spans in results.values():
        for span in spans.values():
            span.ClearField("trace_id")
            span.ClearField("received_time")
            # How long it took, and how much there was, with or without the trace state of links.
            span.redaction.ClearField("took_us")
            span.redaction.ClearField("examined_bytes")
    first = results[str(SENDERS[0])]
    assert first["00f067aa0ba902b8"].gen_ai.usage.input_tokens == 120
    assert first["00f067aa0ba902b8"].gen_ai.input_messages.startswith('[{"role":"user"')
    for name, spans in results.items():
        assert _text(spans) == _text(first), name


def _send(sender: Sender, request: Request, mesh: RunningMesh) -> None:
    endpoint = mesh.env["A11I_OTLP_GRPC" if sender.protocol == "grpc" else "A11I_OTLP_HTTP"]
    authorization = f"Bearer {mesh.env['A11I_API_KEY']}"
    text = json.dumps(request)
    send: dict[str, Callable[[], object]] = {
        "python": lambda: send_python(
            request, sender.protocol, endpoint, authorization=authorization, gzip=sender.gzip
        ),
        "js": lambda: run_js(
            *("send_trace.mjs", sender.protocol, endpoint, *(["gzip"] if sender.gzip else [])),
            environment={"AUTHORIZATION": authorization},
            text=text,
        ),
        "go": lambda: run_go(sender.protocol, endpoint, authorization=authorization, text=text, gzip=sender.gzip),
        "file": lambda: _post(text, endpoint, authorization),
    }
    send[sender.client]()


def _text(spans: dict[str, span_pb2.Span]) -> list[str]:
    """Return the spans as lines, of which a failed comparison shows those that differ."""
    return [line for _, span in sorted(spans.items()) for line in str(span).splitlines()]


def _post(text: str, endpoint: str, authorization: str) -> None:
    answer = httpx.post(
        f"http://{endpoint}/v1/traces",
        content=text,
        headers={"content-type": "application/json", "authorization": authorization},
        timeout=RPC_TIMEOUT_S,
    )
    assert (answer.status_code, answer.json()) == (200, {})


def _read(mesh: RunningMesh, request: Request) -> dict[str, span_pb2.Span]:
    expected = same_trace.stored(request)
    trace_id = next(iter(expected.values())).trace_id
    trace = mesh.client.wait_for_trace(trace_id, spans=len(expected))
    return {span.span_id: span for span in trace.spans}
