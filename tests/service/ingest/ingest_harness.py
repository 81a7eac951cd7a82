"""Ingest in this process, between a bus and an auth service of the test's own."""

import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc import status_pb2
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from pydantic import SecretStr

from a11i.auth.v1 import auth_service_pb2, auth_service_pb2_grpc
from a11i_bus import Bus, BusSettings, connect, topology
from a11i_bus.memory import MemoryBroker, MemoryBus
from a11i_chassis.app import serving
from a11i_chassis.settings import ClientSettings
from a11i_ingest.app import wire
from a11i_ingest.settings import GrpcSettings, HttpSettings, IngestSettings, IntakeSettings
from a11i_telemetry import received
from a11i_telemetry.batch import SpanBatch, open_envelope
from a11i_telemetry.defects import DEFECTS_KEY
from a11i_telemetry.signals import Signal

KEY = "a11i_" + "good"
READ_ONLY_KEY = "a11i_" + "read"
TENANT, PROJECT = "tenant-1", "project-1"

_FETCH_S = 0.3
"""For NATS to say that there is nothing more."""


class FakeAuth(auth_service_pb2_grpc.AuthServiceServicer):
    """Knows two keys of one project, can be taught others, forget them, and be told that its store is away."""

    def __init__(self, ttl_s: int) -> None:
        self.away = False
        self.keys = {KEY: auth_service_pb2.SCOPE_INGEST, READ_ONLY_KEY: auth_service_pb2.SCOPE_QUERY}
        self.tenants: dict[str, str] = {}
        """Of keys that are not TENANT's. The key's id is the tenant's with "-key"."""
        self.policies: dict[str, auth_service_pb2.IngestPolicy] = {}
        """Of the keys whose project has one."""
        self._ttl = Duration(seconds=ttl_s)

    def add_tenant(self, tenant_id: str, policy: auth_service_pb2.IngestPolicy | None = None) -> str:
        """Return a new key, of a project of another tenant."""
        key = f"a11i_{tenant_id}"
        self.keys[key] = auth_service_pb2.SCOPE_INGEST
        self.tenants[key] = tenant_id
        if policy is not None:
            self.policies[key] = policy
        return key

    async def VerifyApiKey(  # the RPC's name
        self,
        request: auth_service_pb2.VerifyApiKeyRequest,
        context: grpc.aio.ServicerContext[auth_service_pb2.VerifyApiKeyRequest, auth_service_pb2.VerifyApiKeyResponse],
    ) -> auth_service_pb2.VerifyApiKeyResponse:
        if self.away:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "the store is away")
        scope = self.keys.get(request.api_key)
        if scope is None:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "unknown key")
        tenant_id = self.tenants.get(request.api_key, TENANT)
        return auth_service_pb2.VerifyApiKeyResponse(
            tenant_id=tenant_id,
            project_id=PROJECT,
            key_id="key-1" if tenant_id == TENANT else f"{tenant_id}-key",
            scopes=[scope],
            cache_ttl=self._ttl,
            ingest_policy=self.policies.get(request.api_key),
        )


@dataclass(slots=True)
class Harness:
    """A running ingest."""

    grpc_address: str
    http_address: str
    bus: Bus
    broker: MemoryBroker
    """Of the bus in memory."""
    auth: FakeAuth
    channel: grpc.aio.Channel
    stop: Callable[[], Coroutine[Any, Any, None]]
    """Stops the server, as SIGTERM would."""
    metadata: Sequence[tuple[str, str]] = field(default=(("authorization", f"Bearer {KEY}"),))

    def start_export(
        self,
        body: bytes,
        metadata: Sequence[tuple[str, str]] | None = None,
        compression: grpc.Compression = grpc.Compression.NoCompression,
    ) -> Any:
        """Start a call of TraceService/Export with raw bytes."""
        channel: Any = self.channel  # Its stub wants serializers, which bytes do not need.
        export = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        sent = self.metadata if metadata is None else metadata
        return export(body, metadata=sent, compression=compression, timeout=10)

    async def export(
        self,
        body: bytes,
        metadata: Sequence[tuple[str, str]] | None = None,
        compression: grpc.Compression = grpc.Compression.NoCompression,
    ) -> bytes:
        """Call TraceService/Export with raw bytes, and return the raw answer."""
        answer: bytes = await self.start_export(body, metadata, compression)
        return answer

    async def payloads(self) -> list[bytes]:
        """Take everything off the topic of received spans. On a bus of several tests, return the own tenant's."""
        payloads = []
        wait_s = 0.0 if isinstance(self.bus, MemoryBus) else _FETCH_S
        async with self.bus.subscribe(topology.SPANS_RECEIVED, "tokenization", max_unsettled=1000) as group:
            while deliveries := await group.fetch(100, wait_s):
                for delivery in deliveries:
                    if isinstance(self.bus, MemoryBus) or delivery.message.key == self.auth.tenants[KEY]:
                        payloads.append(delivery.message.payload)
                    await delivery.ack()
        return payloads

    async def stored(self) -> list[SpanBatch]:
        """Take everything off the topic of received spans, as the first stage reads it."""
        return [received.decode(payload) for payload in await self.payloads()]

    async def kept(self) -> "Kept":
        """Take everything off the topic of received spans, as ingest put it there, item by item."""
        kept = Kept()
        for payload in await self.payloads():
            received.decode(payload)  # what ingest acknowledges, the first stage must be able to read
            kept.add(open_envelope(payload))
        return kept


@dataclass(slots=True)
class Kept:
    """What was on the bus."""

    spans: list[Span] = field(default_factory=list)
    records: list[LogRecord] = field(default_factory=list)
    metrics: list[Metric] = field(default_factory=list)
    requests: list[ExportTraceServiceRequest] = field(default_factory=list)
    """The requests for traces that the spans stand in."""
    issues: list[dict[str, Any]] = field(default_factory=list)
    """Rows of `issue_schema.COLUMNS`."""

    def add(self, envelope: Any) -> None:
        """Add a batch's items."""
        match envelope.signal:
            case Signal.SPANS:
                request = ExportTraceServiceRequest.FromString(envelope.otlp)
                self.requests.append(request)
                self.spans += [
                    one for group in request.resource_spans for scope in group.scope_spans for one in scope.spans
                ]
            case Signal.LOGS:
                for logs in ExportLogsServiceRequest.FromString(envelope.otlp).resource_logs:
                    self.records += [one for scope in logs.scope_logs for one in scope.log_records]
            case Signal.METRICS:
                for metrics in ExportMetricsServiceRequest.FromString(envelope.otlp).resource_metrics:
                    self.metrics += [one for scope in metrics.scope_metrics for one in scope.metrics]
            case Signal.ISSUES:
                self.issues += SpanBatch.decode(envelope.SerializeToString()).columns.to_pylist()

    def defects(self) -> list[list[str]]:
        """Return what ingest says on each span that it mended or cut."""
        return [
            [one.string_value for one in pair.value.array_value.values]
            for span in self.spans
            for pair in span.attributes
            if pair.key == DEFECTS_KEY
        ]


@asynccontextmanager
async def running_ingest(
    intake: IntakeSettings | None = None,
    *,
    max_receive_bytes: int = 4 * 1024 * 1024,
    capacity_bytes: int = 64 * 1024**2,
    key_ttl_s: int = 30,
    grpc_read_timeout_s: float = 30,
    http: HttpSettings | None = None,
    bus_url: str = "memory://",
) -> AsyncIterator[Harness]:
    """Run ingest while the context is open, on a bus in memory unless `bus_url` says another."""
    auth, auth_server = FakeAuth(key_ttl_s), grpc.aio.server()
    auth_service_pb2_grpc.add_AuthServiceServicer_to_server(auth, auth_server)
    auth_port = auth_server.add_insecure_port("127.0.0.1:0")
    await auth_server.start()
    settings = IngestSettings(
        grpc=GrpcSettings(
            listen="127.0.0.1:0", max_receive_bytes=max_receive_bytes, read_timeout_s=grpc_read_timeout_s
        ),
        http=(http or HttpSettings()).model_copy(update={"listen": "127.0.0.1:0"}),
        bus=BusSettings(url=SecretStr(bus_url), capacity_bytes=capacity_bytes),
        auth=ClientSettings(address=f"127.0.0.1:{auth_port}"),
        intake=intake or IntakeSettings(),
        shutdown_budget_s=5,
    )
    broker = MemoryBroker(settings.bus)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(auth_server.stop, None)
        bus = broker.bus()
        if bus_url != "memory://":
            bus = await stack.enter_async_context(connect(settings.bus))
            auth.tenants[KEY] = f"tenant-{uuid.uuid4()}"  # else another test's requests would be this one's, sent again
        wired = await stack.enter_async_context(wire(settings, bus))
        server_stack = await stack.enter_async_context(AsyncExitStack())
        server = await server_stack.enter_async_context(serving("ingest", settings, wired.app))
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(server.address))
        yield Harness(server.address, wired.http_address, bus, broker, auth, channel, server_stack.aclose)


def request(*span_ids: int, text: str = "") -> ExportTraceServiceRequest:
    """Return a request of spans with these ids; 0 makes a span that must be rejected."""
    made = ExportTraceServiceRequest()
    spans = made.resource_spans.add().scope_spans.add().spans
    for span_id in span_ids:
        span = spans.add(trace_id=b"t" * 16, span_id=span_id.to_bytes(8, "big"), name="chat")
        span.attributes.add(key="gen_ai.operation.name").value.string_value = "chat"
        span.attributes.add(key="gen_ai.input.messages").value.string_value = text
    return made


def trailer(error: grpc.aio.AioRpcError, name: str) -> bytes:
    """Return a binary trailer that came with an error."""
    trailers: Any = error.trailing_metadata()
    found = dict(trailers)[name]
    assert isinstance(found, bytes)
    return found


def status_of(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    """Return the google.rpc.Status that came with an error."""
    return status_pb2.Status.FromString(trailer(error, "grpc-status-details-bin"))
