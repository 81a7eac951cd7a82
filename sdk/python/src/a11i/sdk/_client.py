"""Starting and stopping: `init` and the handle that it returns."""

import atexit
import threading
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.util.types import AttributeValue

from a11i.sdk._exporting import QuietExporter
from a11i.sdk._quiet import logger
from a11i.sdk._scope import attributes_of
from a11i.sdk._settings import ConfigurationError, Settings, resolve

SCOPE = "a11i.sdk"
"""Instrumentation scope of the spans made here."""
EXPORT_TIMEOUT_S = 10.0
"""For one request with its retries; OTLP exporters' default."""
SHUTDOWN_TIMEOUT_S = 5.0
"""A program that ends waits no longer than this for a receiver that does not answer."""
SCHEDULE_DELAY_S = 1.0
"""A span leaves within about a second, so that a trace can be looked at while its agent still runs."""
MAX_QUEUED_SPANS = 4096
"""At about 2.3 kB a span 10 MB; beyond it spans are dropped, and the OpenTelemetry SDK says so in its log."""
MAX_BATCHED_SPANS = 256

_lock = threading.Lock()
_client: "Client | None" = None  # one a process, as OpenTelemetry's own provider is


class _Processor(SpanProcessor):
    """Puts session and user on each span as it starts, and hands ended spans to the batch, until it is closed.

    A provider keeps its processors for good, so one that is done has to be silent instead.
    """

    def __init__(self, batch: BatchSpanProcessor) -> None:
        self._batch = batch
        self.closed = False

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        if not self.closed and (attributes := attributes_of(parent_context)):
            span.set_attributes(attributes)

    def on_end(self, span: ReadableSpan) -> None:
        if not self.closed:
            self._batch.on_end(span)

    def shutdown(self) -> None:
        if not self.closed:
            self.closed = True
            self._batch.shutdown()  # type: ignore[no-untyped-call]  # the OpenTelemetry SDK leaves it without types

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self.closed or bool(self._batch.force_flush(timeout_millis))


class Client:
    """The running connection to a11i; `init` makes it. As a `with` block, it shuts down at the block's end."""

    def __init__(self, settings: Settings, provider: TracerProvider, timeout_s: float) -> None:
        self.settings = settings
        self.tracer_provider = provider
        self.tracer = provider.get_tracer(SCOPE, _version())
        self._exporter = QuietExporter(settings, timeout_s)
        self._processor = _Processor(
            BatchSpanProcessor(
                self._exporter,
                max_queue_size=MAX_QUEUED_SPANS,
                schedule_delay_millis=SCHEDULE_DELAY_S * 1000,
                max_export_batch_size=MAX_BATCHED_SPANS,
            )
        )
        provider.add_span_processor(self._processor)
        atexit.register(self.shutdown)

    @property
    def lost_spans(self) -> int:
        """Spans given up so far: refused, or not sent within the time-outs."""
        return self._exporter.lost_spans

    def flush(self) -> bool:
        """Send what has ended so far, and wait for it; return whether all of it was acknowledged. Never raises.

        Waits at most about the export time-out of `init` for each 256 spans.
        """
        lost_before = self._exporter.lost_spans
        return self._processor.force_flush() and self._exporter.lost_spans == lost_before

    def shutdown(self, timeout_s: float = SHUTDOWN_TIMEOUT_S) -> None:
        """Send what is left within about `timeout_s` seconds and stop; later spans are not sent. Safe to call twice.

        Runs by itself when the interpreter exits.
        """
        global _client
        with _lock:
            if _client is self:
                _client = None
        atexit.unregister(self.shutdown)
        give_up = threading.Timer(timeout_s, self._exporter.close)
        give_up.daemon = True
        give_up.start()
        self._processor.shutdown()
        give_up.cancel()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.shutdown()


def init(
    api_key: str | None = None,
    endpoint: str | None = None,
    service_name: str | None = None,
    *,
    resource_attributes: Mapping[str, AttributeValue] | None = None,
    tracer_provider: TracerProvider | None = None,
    timeout_s: float = EXPORT_TIMEOUT_S,
) -> Client:
    """Start sending spans to a11i, and return the handle to flush and stop it.

    api_key: the project's key; default: A11I_API_KEY.
    endpoint: host:port, http://host:port or https://host:port of OTLP/gRPC; default: A11I_OTLP_GRPC, else
        localhost:4317. Without a scheme, TLS is used for every host but this machine.
    service_name: `service.name` of the spans; default: OTEL_SERVICE_NAME.
    resource_attributes: more attributes of the resource, such as `deployment.environment.name`.
    tracer_provider: a provider of your own to send from. Default: the process's provider if one is set already, else
        a new one, which becomes the process's. A provider that exists keeps its resource.
    timeout_s: for one export request with its retries, in seconds.

    A second call returns the handle of the first. Raises ConfigurationError for settings that cannot work, and
    nothing else: trouble with sending is logged by the logger "a11i.sdk" once a minute.
    """
    global _client
    settings = resolve(api_key, endpoint)
    if timeout_s <= 0:
        raise ConfigurationError("timeout_s must be more than 0")
    with _lock:
        if _client is not None:
            if _client.settings != settings or tracer_provider not in (None, _client.tracer_provider):
                logger.warning("init was called again with other settings: the first call's stay, until shutdown()")
            return _client
        provider = tracer_provider or _process_provider(service_name, resource_attributes or {})
        _client = Client(settings, provider, timeout_s)
        return _client


def tracer() -> trace.Tracer:
    """Return the tracer for a step: the running client's, else the process's, which may do nothing."""
    client = _client
    return client.tracer if client is not None else trace.get_tracer(SCOPE)


def _process_provider(service_name: str | None, more: Mapping[str, AttributeValue]) -> TracerProvider:
    """Return the process's provider, made now if there is none."""
    existing = trace.get_tracer_provider()
    if isinstance(existing, TracerProvider):
        return existing
    attributes: dict[str, AttributeValue] = {
        "telemetry.distro.name": "a11i-sdk",
        "telemetry.distro.version": _version(),
        **more,
    }
    if service_name:
        attributes["service.name"] = service_name
    # The client has its own hook at exit, which is bounded in time.
    provider = TracerProvider(resource=Resource.create(attributes), shutdown_on_exit=False)
    trace.set_tracer_provider(provider)
    return provider


def _version() -> str:
    try:
        return version("a11i-sdk")
    except PackageNotFoundError:  # vendored or zipped without its metadata
        return ""
