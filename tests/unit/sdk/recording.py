"""A client whose spans are kept in memory, for the SDK's tests."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from a11i.sdk import Client, init

NOWHERE = "127.0.0.1:1"
"""Nothing listens there: what the client itself exports is refused at once."""


class Recording:
    """The spans that ended, as the process's own provider sees them."""

    def __init__(self, exporter: InMemorySpanExporter, provider: TracerProvider, client: Client) -> None:
        self._exporter = exporter
        self.provider = provider
        self.client = client

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """All ended spans, in the order in which they ended."""
        return self._exporter.get_finished_spans()

    def one(self) -> ReadableSpan:
        """Return the only span."""
        (span,) = self.spans
        return span

    def attributes(self, name: str) -> dict[str, object]:
        """Return the attributes of the only span of that name."""
        (span,) = (span for span in self.spans if span.name == name)
        return dict(span.attributes or {})


@contextmanager
def recording() -> Iterator[Recording]:
    """Run a client on a provider of its own."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    client = init(api_key="test", endpoint=NOWHERE, tracer_provider=provider, timeout_s=0.5)
    try:
        yield Recording(exporter, provider, client)
    finally:
        client.shutdown(timeout_s=0.2)
