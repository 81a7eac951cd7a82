"""What is said of an item of an OTLP/JSON request that was not taken as it came."""

import binascii
from typing import Any, Final

from a11i_telemetry.defects import DEFECTS_KEY
from a11i_telemetry.findings import Findings, Outcome
from a11i_telemetry.otlp_json_scalars import BadFieldError
from a11i_telemetry.otlp_json_values import Notes

_LARGEST_COUNT: Final = 2**32 - 1


def reject(document: Any, bad: BadFieldError, findings: Findings, count: int = 1) -> None:
    """Count an item that is not stored."""
    findings.add(
        Outcome.REJECTED,
        bad.reason,
        trace_id=_id(document, "traceId"),
        span_id=_id(document, "spanId"),
        where=bad.where,
        count=count,
    )


def keep(item: Any, notes: Notes, findings: Findings, *, marked: bool = True) -> None:
    """Count an item that is stored with something mended, and say so on it if it is to be `marked`."""
    for counter, count in notes.dropped.items():
        if hasattr(item, counter):
            setattr(item, counter, min(getattr(item, counter) + count, _LARGEST_COUNT))
    trace_id, span_id = getattr(item, "trace_id", b""), getattr(item, "span_id", b"")
    for reason, (outcome, where) in notes.noted.items():
        findings.add(outcome, reason, where=where, trace_id=trace_id, span_id=span_id)
    if marked:
        values = item.attributes.add(key=DEFECTS_KEY).value.array_value.values
        for reason, (_, where) in notes.noted.items():
            values.add(string_value=f"{reason}: {where}" if where else reason)


def _id(document: Any, name: str) -> bytes:
    """Return an item's id as far as it can be told."""
    digits = document.get(name) if type(document) is dict else None
    try:
        return binascii.unhexlify(digits) if type(digits) is str else b""
    except ValueError:
        return b""
