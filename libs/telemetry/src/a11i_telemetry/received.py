"""What ingest puts on the bus: requests as it accepted them, and the columns that the first stage makes of them.

Ingest only makes sure that each item is good and the bus has it. Reading what spans mean takes longer, may change, and
can be done again from what is kept: it is the first stage's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from a11i.telemetry.v1 import span_batch_pb2
from a11i_telemetry import otlp
from a11i_telemetry.batch import BatchDecodeError, SpanBatch, open_envelope
from a11i_telemetry.defects import DEFECTS_KEY as DEFECTS_KEY
from a11i_telemetry.fitting import fitted
from a11i_telemetry.log_records import decode_logs
from a11i_telemetry.metric_points import decode_metrics
from a11i_telemetry.otlp_items import OtlpItemsError
from a11i_telemetry.schema import SCHEMA_MAJOR, SCHEMA_MINOR
from a11i_telemetry.signals import Signal

_NS_PER_S: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ReceivedBatch:
    """A request, or a part of it, as it travels on `spans.received`."""

    batch_id: str
    tenant_id: str
    project_id: str
    received_time_ns: int
    """When ingest took the request, nanoseconds since the epoch."""
    signal: Signal
    item_count: int
    """Spans, log records or points."""
    otlp: bytes
    """A serialized Export...ServiceRequest of the signal."""
    key_id: str = ""
    """Id of the API key that it came with; empty if not known."""

    def encode(self) -> bytes:
        """Return the batch as a serialized a11i.telemetry.v1.SpanBatch."""
        envelope = span_batch_pb2.SpanBatch(
            batch_id=self.batch_id,
            tenant_id=self.tenant_id,
            project_id=self.project_id,
            span_count=self.item_count,
            signal=self.signal.value,
            otlp=self.otlp,
            key_id=self.key_id,
        )
        envelope.schema_version.major = SCHEMA_MAJOR
        envelope.schema_version.minor = SCHEMA_MINOR
        envelope.received_time.seconds, envelope.received_time.nanos = divmod(self.received_time_ns, _NS_PER_S)
        return envelope.SerializeToString()


def decode(payload: bytes) -> SpanBatch:
    """Return the batch of a message of `spans.received`, whose columns stand in it or are made of its OTLP request.

    Rows that became too large for the bus are cut, as `fitting` says.

    Raises BatchDecodeError or SchemaVersionError.
    """
    envelope = open_envelope(payload)
    if envelope.arrow_ipc:
        return SpanBatch.decode(payload)
    signal = Signal(envelope.signal or Signal.SPANS)
    received_time_ns = envelope.received_time.seconds * _NS_PER_S + envelope.received_time.nanos
    columns = _columns(signal, envelope.otlp, received_time_ns)
    if columns.num_rows != envelope.span_count:
        raise BatchDecodeError(f"the batch says {envelope.span_count} items and {columns.num_rows} of them are good")
    return SpanBatch.of(envelope, fitted(columns))


def _columns(signal: Signal, payload: bytes, received_time_ns: int) -> pa.RecordBatch:
    if signal not in _READERS:
        raise BatchDecodeError(f"a batch of {signal.name} holds no columns")
    try:
        return _READERS[signal](payload, received_time_ns)
    except (otlp.OtlpDecodeError, otlp.OtlpTooLargeError, OtlpItemsError) as error:
        raise BatchDecodeError(str(error)) from error


def _spans(payload: bytes, received_time_ns: int) -> pa.RecordBatch:
    return otlp.decode_traces(payload, received_time_ns).columns


_READERS: Final[dict[Signal, Callable[[bytes, int], pa.RecordBatch]]] = {
    Signal.SPANS: _spans,
    Signal.LOGS: decode_logs,
    Signal.METRICS: decode_metrics,
}
"""How each signal's request, received then, becomes columns."""
