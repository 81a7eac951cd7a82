"""From a request's bytes to the messages that the bus stores: pure, and run off the event loop."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from a11i_bus.port import Message
from a11i_chassis.errors import InvalidArgumentError, TooLargeError
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.otlp import DecodedSpans, OtlpDecodeError, OtlpTooLargeError, decode_traces


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes of messages in bytes."""

    part_bytes: int
    """Aimed at."""
    max_payload_bytes: int
    """The largest that the bus takes; a span over it alone is rejected."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request, ready to publish."""

    messages: Sequence[Message]
    accepted: int
    """Spans in the messages."""
    rejected: dict[str, int]
    """Spans left out, by reason."""


def prepare(tenant_id: str, project_id: str, payload: bytes, received_time_ns: int, limits: Limits) -> Prepared:
    """Decode a serialized ExportTraceServiceRequest into messages of SpanBatches.

    The same request of the same project makes messages of the same ids, so that the bus stores it once.
    Raises InvalidArgumentError if it cannot be decoded, TooLargeError if that would take too much memory.
    """
    try:
        decoded = decode_traces(payload)
    except OtlpDecodeError as error:
        raise InvalidArgumentError(str(error)) from None
    except OtlpTooLargeError as error:
        raise TooLargeError(str(error)) from None
    batch = SpanBatch(
        batch_id=_batch_id(tenant_id, project_id, payload, decoded),
        tenant_id=tenant_id,
        project_id=project_id,
        received_time_ns=received_time_ns,
        columns=decoded.columns,
    )
    rejected = dict(decoded.reasons)
    messages: list[Message] = []
    too_large = 0
    for part in batch.split(limits.part_bytes):
        message = Message(id=part.batch_id, key=tenant_id, payload=part.encode())
        if len(message.payload) <= limits.max_payload_bytes:
            messages.append(message)
        else:
            too_large += part.columns.num_rows
    if too_large:
        rejected[f"span is larger than {limits.max_payload_bytes} bytes"] = too_large
    return Prepared(messages=messages, accepted=decoded.columns.num_rows - too_large, rejected=rejected)


def _batch_id(tenant_id: str, project_id: str, payload: bytes, decoded: DecodedSpans) -> str:
    """Return 32 hexadecimal digits for the content and for which span of it is in which row.

    A part's id adds its rows, so a known id means known spans, and the bus drops nothing else for it. Were the id for
    the content alone, a decoder that takes or leaves other spans than the one before it would put other spans into
    the same rows. Where the parts are cut does not count: parts of the same rows are the same.
    """
    digest = hashlib.sha256("\0".join((tenant_id, project_id, "")).encode())
    digest.update(decoded.columns.select(["trace_id", "span_id"]).serialize())
    digest.update(payload)
    return digest.hexdigest()[:32]
