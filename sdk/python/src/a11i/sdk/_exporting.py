"""The way out: OTLP/gRPC in bounded requests, with trouble reported once in a while."""

import logging
import threading
from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from a11i.sdk._quiet import Occasional
from a11i.sdk._settings import Settings

REQUEST_TEXT_CHARS = 2 * 1024 * 1024
"""Spans of agents carry whole conversations, so a request is closed at about this much text. gRPC servers take 4 MiB
unless they are told otherwise, and letters outside of ASCII are two to four bytes."""

_NO_PROXY = (("grpc.enable_http_proxy", 0),)
_OFFICIAL_LOGGER = logging.getLogger("opentelemetry.exporter.otlp.proto.grpc.exporter")


class _Overhear(logging.Filter):
    """Takes what the official exporter would log during one of our own exports; other exporters' lines pass."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        if not getattr(self._thread, "listening", False):
            return True
        self._thread.heard = record.getMessage()
        return False

    def start(self) -> None:
        self._thread.listening, self._thread.heard = True, ""

    def stop(self) -> str:
        self._thread.listening = False
        return str(self._thread.heard)


class QuietExporter(SpanExporter):
    """Sends spans over OTLP/gRPC; never raises, and logs losses at most once a minute."""

    def __init__(self, settings: Settings, timeout_s: float) -> None:
        self._target = settings.target
        self._inner = OTLPSpanExporter(
            endpoint=settings.target,
            insecure=settings.insecure,
            headers=(("authorization", f"Bearer {settings.api_key}"),),
            timeout=timeout_s,
            channel_options=_NO_PROXY if settings.local else None,  # type: ignore[arg-type]  # gRPC wants integers
        )
        self._overhear = _Overhear()
        # First: the official exporter's own filter would take a repeated reason away before it is heard.
        _OFFICIAL_LOGGER.filters.insert(0, self._overhear)
        self._trouble = Occasional()
        self._closed = False
        self.lost_spans = 0
        """Spans that were given up since the start."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send `spans` in one or more requests; FAILURE if any of them was given up."""
        results = [self._send(request) for request in requests_of(spans)]
        return SpanExportResult.SUCCESS if all(results) else SpanExportResult.FAILURE

    def _send(self, spans: Sequence[ReadableSpan]) -> bool:
        if self._closed:
            return self._lose(len(spans), "shut down before they were sent")
        self._overhear.start()
        try:
            result = self._inner.export(spans)
            heard = self._overhear.stop()
        except Exception as error:  # one span that cannot be encoded must cost neither the others nor the worker thread
            self._overhear.stop()
            if len(spans) == 1:
                return self._lose(1, f"a span could not be encoded: {type(error).__name__}")
            middle = len(spans) // 2
            return self._send(spans[:middle]) & self._send(spans[middle:])
        if result is SpanExportResult.SUCCESS:
            return True
        return self._lose(len(spans), "shut down before they were sent" if self._closed else heard)

    def _lose(self, count: int, reason: str) -> bool:
        self.lost_spans += count
        self._trouble.warn(f"not sent to {self._target}: {count} span{'s' * (count != 1)} ({reason})")
        return False

    def close(self) -> None:
        """Give up what is being sent or still comes; safe to call twice, from any thread."""
        if not self._closed:
            self._closed = True
            self._inner.shutdown()

    def shutdown(self) -> None:
        """Close for good, when nothing is being sent any more."""
        self.close()
        _OFFICIAL_LOGGER.removeFilter(self._overhear)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing is kept here."""
        return True


def requests_of(spans: Sequence[ReadableSpan]) -> list[Sequence[ReadableSpan]]:
    """Cut `spans` into runs of about REQUEST_TEXT_CHARS of attribute text, at least one span each."""
    requests: list[Sequence[ReadableSpan]] = []
    first = size = 0
    for index, span in enumerate(spans):
        span_size = sum(len(value) for value in (span.attributes or {}).values() if isinstance(value, str))
        if size and size + span_size > REQUEST_TEXT_CHARS:
            requests.append(spans[first:index])
            first, size = index, 0
        size += span_size
    requests.append(spans[first:])
    return requests
