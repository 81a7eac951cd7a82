"""The gRPC server that every service runs: errors to statuses, health, reflection, limits, a graceful stop."""

import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Final

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from a11i_chassis import metrics
from a11i_chassis.errors import A11iError, TransientError, to_status
from a11i_chassis.grpc_client import MAX_MESSAGE_BYTES
from a11i_chassis.grpc_types import Context, MethodHandler
from a11i_chassis.logging import log_defect
from a11i_chassis.settings import GrpcServerSettings

_MAX_STATUS_MESSAGE: Final = 1024
"""Characters of a status message. Trailers are limited to 8 KiB by many clients."""

_SERVER_OPTIONS: Final = (
    # A port that another process holds is an error, never shared in silence.
    ("grpc.so_reuseport", 0),
    # Clients may ping every 10 s even without calls; the default would close their connection as abusive.
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # A busy machine delivers pings late and then two at once: that is no abuse, and to end the connection for it fails
    # calls that are under way.
    ("grpc.http2.max_ping_strikes", 0),
)


class ErrorInterceptor(grpc.aio.ServerInterceptor):
    """Answers every A11iError with its status and details, and everything else with INTERNAL and an error id."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[MethodHandler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> MethodHandler | None:
        """Return the method's handler, wrapped; None for a method that nobody serves."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return handler
        method = handler_call_details.method
        coders = (handler.request_deserializer, handler.response_serializer)
        if handler.unary_unary is not None:
            return grpc.unary_unary_rpc_method_handler(_answering(method, handler.unary_unary), *coders)
        if handler.stream_unary is not None:
            return grpc.stream_unary_rpc_method_handler(_answering(method, handler.stream_unary), *coders)
        if handler.unary_stream is not None:
            return grpc.unary_stream_rpc_method_handler(_streaming(method, handler.unary_stream), *coders)
        assert handler.stream_stream is not None  # noqa: S101  (one of the four is set, by gRPC's contract)
        return grpc.stream_stream_rpc_method_handler(_streaming(method, handler.stream_stream), *coders)


def _answering(method: str, behaviour: Callable[..., Any]) -> Callable[..., Any]:
    async def call(request: Any, context: Context) -> Any:
        start = time.perf_counter()
        try:
            return await behaviour(request, context)
        except Exception as error:
            await _abort(method, context, error)
        finally:
            _observe(method, context, start)

    return call


def _streaming(method: str, behaviour: Callable[..., Any]) -> Callable[..., Any]:
    async def call(request: Any, context: Context) -> AsyncIterator[Any]:
        start = time.perf_counter()
        try:
            responses = behaviour(request, context)
            if inspect.isawaitable(responses):  # a handler that writes to the context itself and returns nothing
                await responses
                return
            async for response in responses:
                yield response
        except Exception as error:
            await _abort(method, context, error)
        finally:
            _observe(method, context, start)

    return call


def _observe(method: str, context: Context, start: float) -> None:
    code = context.code()
    name = code.name if isinstance(code, grpc.StatusCode) else "OK"
    metrics.RPC_SECONDS.labels(method, name).observe(time.perf_counter() - start)


async def _abort(method: str, context: Context, error: Exception) -> None:
    if isinstance(error, grpc.aio.AbortError):
        raise error
    if not isinstance(error, A11iError):
        error = A11iError(log_defect("rpc_failed", error, method=method))
    status = to_status(error)
    trailers: list[tuple[str, bytes]] = [("grpc-status-details-bin", status.SerializeToString())]
    if isinstance(error, TransientError):
        # The official Python exporter reads the delay from a trailer of its own.
        trailers.append(("google.rpc.retryinfo-bin", error.retry_info().SerializeToString()))
    context.set_trailing_metadata(tuple(trailers))
    await context.abort(error.code, error.message[:_MAX_STATUS_MESSAGE])


class HealthReporter:
    """What the server's health service says: one status for the process, the same for each of its services."""

    def __init__(self, services: Sequence[str]) -> None:
        self.servicer = health.aio.HealthServicer()
        self._names = ("", *services)

    async def set_serving(self, serving: bool) -> None:
        """Say SERVING or NOT_SERVING for all names."""
        status = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        for name in self._names:
            await self.servicer.set(name, status)

    async def shut_down(self) -> None:
        """Say NOT_SERVING from now on, whatever is set later."""
        await self.servicer.enter_graceful_shutdown()


def build_server(
    settings: GrpcServerSettings,
    services: Sequence[str],
    register: Sequence[Callable[[grpc.aio.Server], None]],
    reporter: HealthReporter,
    options: Sequence[tuple[str, int]] = (),
) -> tuple[grpc.aio.Server, int]:
    """Return a server, bound but not started, and its port. Raises RuntimeError if the address cannot be bound."""
    server = grpc.aio.server(
        interceptors=[ErrorInterceptor()],
        options=[
            # gRPC takes the first of two of the same name: the service's own go before the usual ones.
            *options,
            *_SERVER_OPTIONS,
            ("grpc.max_receive_message_length", settings.max_receive_bytes),
            ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
        ],
        maximum_concurrent_rpcs=settings.max_concurrent_rpcs,
    )
    for add in register:
        add(server)
    health_pb2_grpc.add_HealthServicer_to_server(reporter.servicer, server)
    if settings.reflection:
        names = (*services, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, server)
    return server, server.add_insecure_port(settings.listen)
