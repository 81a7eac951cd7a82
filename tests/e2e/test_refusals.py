"""What the mesh refuses, and how it says so."""

import time

import grpc
import pytest
from google.rpc import error_details_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from tests.e2e.conftest import RunningMesh
from tests.e2e.otlp import chat_span, request
from tests.grpc_errors import rich_status, trailers

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def _export_raw(mesh: RunningMesh, payload: bytes, api_key: str | None) -> grpc.RpcError:
    metadata = (("authorization", f"Bearer {api_key}"),) if api_key else ()
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(mesh.env["A11I_OTLP_GRPC"], options=options) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary(EXPORT, bytes, bytes)(payload, metadata=metadata, timeout=20)
        return caught.value


@pytest.mark.parametrize("api_key", [None, "nonsense", "a11i_abcdefgh_secret_check"])
def test_without_a_good_key_nothing_is_parsed(mesh: RunningMesh, api_key: str | None) -> None:
    error = _export_raw(mesh, b"\xff\xff not protobuf at all", api_key)

    assert error.code() is grpc.StatusCode.UNAUTHENTICATED


def test_what_does_not_parse_is_an_invalid_argument(mesh: RunningMesh) -> None:
    error = _export_raw(mesh, b"\xff\xff not protobuf at all", mesh.env["A11I_API_KEY"])

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_over_the_size_limit_is_resource_exhausted_without_a_retry_hint(mesh: RunningMesh) -> None:
    error = _export_raw(mesh, b"\0" * (64 * 1024 * 1024 + 1), mesh.env["A11I_API_KEY"])

    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "google.rpc.retryinfo-bin" not in trailers(error)


def test_one_bad_span_is_counted_and_the_rest_is_stored(mesh: RunningMesh) -> None:
    good = chat_span("good", time.time_ns())
    bad = chat_span("bad", time.time_ns())
    bad.span_id = b"\0" * 8

    response = mesh.client.send(request([good, bad]))

    assert response.partial_success.rejected_spans == 1
    assert "span" in response.partial_success.error_message
    assert mesh.client.wait_for_trace(good.trace_id.hex()).summary.span_count == 1


def test_while_the_bus_is_away_nothing_is_acknowledged_and_the_client_is_told_when_to_retry(mesh: RunningMesh) -> None:
    spans = [chat_span(f"bus-away-{index}", time.time_ns()) for index in range(50)]
    mesh.kill("nats")
    errors = [error for span in spans if (error := _send_until_taken(mesh, span)) is not None]

    assert errors, "the bus must be away for at least one request"
    assert {error.code() for error in errors} == {grpc.StatusCode.UNAVAILABLE}
    assert min(_retry_delay_s(error) for error in errors) >= 1.0
    for span in spans:
        assert mesh.client.wait_for_trace(span.trace_id.hex()).summary.span_count == 1


def _send_until_taken(mesh: RunningMesh, span: trace_pb2.Span) -> grpc.RpcError | None:
    """Send a span again until it is acknowledged; return the first refusal, if there was one."""
    first: grpc.RpcError | None = None
    deadline = time.monotonic() + 60
    while True:
        try:
            mesh.client.send(request([span]))
        except grpc.RpcError as error:
            first = first or error
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return first


def _retry_delay_s(error: grpc.RpcError) -> float:
    for detail in rich_status(error).details:
        info = error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            return float(info.retry_delay.ToTimedelta().total_seconds())
    return 0.0
