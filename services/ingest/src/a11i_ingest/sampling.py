"""Head sampling by trace id: which traces a project's ratio keeps.

OpenTelemetry's consistent probability sampling: the last 7 bytes of a trace id are its randomness (W3C Trace Context
Level 2, "random-trace-id" flag), and a trace is kept if they are at or over a rejection threshold. So every process
that samples at the same ratio keeps the same traces whole, and a lower ratio keeps a part of what a higher one keeps.
https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
"""

from typing import Final

from a11i_chassis.ingest_policy import IngestPolicy
from a11i_ingest.checks import Keeps
from a11i_ingest.kinds import Kind
from a11i_telemetry.signals import Signal

_RANDOM_VALUES: Final = 1 << 56
"""Values of 7 bytes."""
_TRACE_ID_BYTES: Final = 16
_NO_TRACE_ID: Final = bytes(_TRACE_ID_BYTES)
_STATUS_ERROR: Final = 2
"""OTLP's STATUS_CODE_ERROR."""
_SEVERITY_ERROR: Final = 17
"""OTLP's SEVERITY_NUMBER_ERROR."""

KEEP_ALL: Final = 0
"""The threshold that keeps every trace."""


def rejection_threshold(ratio: float) -> int:
    """Return the threshold for `keeps`, 0 to 2**56, that keeps a share of `ratio` (0 to 1) of all traces.

    0 keeps no trace, and every ratio over 0 keeps some, however small it is.
    """
    kept = round(ratio * _RANDOM_VALUES)  # a power of two: the product is exact
    if ratio > 0:
        kept = max(kept, 1)
    return _RANDOM_VALUES - kept


def keeps(trace_id: bytes, threshold: int) -> bool:
    """Return whether the trace is kept. Where there is no trace id, there is no trace to be left out with: True."""
    kept = int.from_bytes(trace_id[9:]) >= threshold
    return kept or len(trace_id) != _TRACE_ID_BYTES or trace_id == _NO_TRACE_ID


def keeper(kind: Kind, policy: IngestPolicy) -> Keeps | None:
    """Return what says whether a policy's head sampling keeps an item; None if it keeps all.

    Items without a trace are kept, and so are, if the policy says so, errors: spans whose status is an error, and log
    records of that severity or worse. Metrics are always kept: a sum without some of its points is wrong.
    """
    threshold = rejection_threshold(policy.sampling_ratio)
    if threshold == KEEP_ALL or kind.signal is Signal.METRICS:
        return None
    if not policy.keep_errors:
        return lambda item: keeps(item.trace_id, threshold)
    if kind.signal is Signal.SPANS:
        return lambda span: keeps(span.trace_id, threshold) or span.status.code == _STATUS_ERROR
    return lambda record: keeps(record.trace_id, threshold) or record.severity_number >= _SEVERITY_ERROR
