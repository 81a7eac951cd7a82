"""What ingest does with a project's telemetry before it acknowledges it: sampling and rates."""

from dataclasses import dataclass
from typing import Final

from a11i.auth.v1 import auth_service_pb2


@dataclass(frozen=True, slots=True)
class IngestPolicy:
    """A project's policy, as a11i.auth.v1.IngestPolicy says it. The default keeps everything and has no rate.

    Rates are a second, for each API key in each ingest process; 0 means what the ingest service's settings say.
    """

    sampling_ratio: float = 1.0
    """Share of traces that is kept, 0 to 1."""
    keep_errors: bool = False
    """Whether errors are kept whatever their trace id."""
    requests_per_second: float = 0.0
    request_burst: float = 0.0
    """Requests that may come at once; 0: what ten seconds of the rate bring."""
    spans_per_second: float = 0.0
    """Of spans, log records and metric points together."""
    span_burst: float = 0.0
    """As `request_burst`."""
    bytes_per_second: float = 0.0
    """Of requests after decompression."""
    byte_burst: float = 0.0
    """As `request_burst`."""


DEFAULT_INGEST_POLICY: Final = IngestPolicy()
"""The policy of a project that was never given one."""

RATES: Final = (
    ("requests_per_second", "request_burst"),
    ("spans_per_second", "span_burst"),
    ("bytes_per_second", "byte_burst"),
)
"""Each rate's field and the one of its burst; the message and the dataclass name them alike."""


def from_message(message: auth_service_pb2.IngestPolicy) -> IngestPolicy:
    """Return the message's policy."""
    return IngestPolicy(
        sampling_ratio=message.sampling_ratio if message.HasField("sampling_ratio") else 1.0,
        keep_errors=message.keep_errors,
        requests_per_second=message.requests_per_second,
        request_burst=message.request_burst,
        spans_per_second=message.spans_per_second,
        span_burst=message.span_burst,
        bytes_per_second=message.bytes_per_second,
        byte_burst=message.byte_burst,
    )


def to_message(policy: IngestPolicy) -> auth_service_pb2.IngestPolicy:
    """Return the policy as a message, with the sampling ratio said in any case."""
    return auth_service_pb2.IngestPolicy(
        sampling_ratio=policy.sampling_ratio,
        keep_errors=policy.keep_errors,
        requests_per_second=policy.requests_per_second,
        request_burst=policy.request_burst,
        spans_per_second=policy.spans_per_second,
        span_burst=policy.span_burst,
        bytes_per_second=policy.bytes_per_second,
        byte_burst=policy.byte_burst,
    )
