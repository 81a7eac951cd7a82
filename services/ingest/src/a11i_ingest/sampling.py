"""Head sampling by trace id: which traces a project's ratio keeps.

OpenTelemetry's consistent probability sampling: the last 7 bytes of a trace id are its randomness (W3C Trace Context
Level 2, "random-trace-id" flag), and a trace is kept if they are at or over a rejection threshold. So every process
that samples at the same ratio keeps the same traces whole, and a lower ratio keeps a part of what a higher one keeps.
https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
"""

from typing import Final

_RANDOM_VALUES: Final = 1 << 56
"""Values of 7 bytes."""
_TRACE_ID_BYTES: Final = 16

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
    """Return whether the trace is kept. What is no trace id of 16 bytes has no trace to be left out with: True."""
    return int.from_bytes(trace_id[9:]) >= threshold or len(trace_id) != _TRACE_ID_BYTES
