"""Looks at each item of a request: what is not good is left out or mended, counted, and the others go on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from a11i_ingest import limits as cutting
from a11i_ingest.kinds import Kind
from a11i_ingest.limits import ITEM_TOO_LARGE, RESOURCE_TOO_LARGE, ItemLimits
from a11i_ingest.marks import identity, mark
from a11i_telemetry.findings import Findings, Outcome
from a11i_telemetry.otlp import BAD_PARENT_SPAN_ID, BAD_SPAN_ID, BAD_TRACE_ID
from a11i_telemetry.signals import Signal

BAD_LOG_IDS: Final = "trace id or span id of a log record is malformed"

Keeps = Callable[[Any], bool]
"""Says whether head sampling keeps a span or a log record."""

_MOST_AROUND_BYTES: Final = 64 * 1024 * 1024
"""What a resource may come to on all items of its group."""
_LEAST_AROUND_BYTES: Final = 4 * 1024
"""What a resource may have around however many items."""
_MOST_URL_CHARS: Final = 1024
"""What is left of a schema URL."""

_TRACE_ID_BYTES: Final = 16
_SPAN_ID_BYTES: Final = 8
_NO_TRACE_ID: Final = bytes(_TRACE_ID_BYTES)
_NO_SPAN_ID: Final = bytes(_SPAN_ID_BYTES)


@dataclass(slots=True)
class Checked:
    """What became of a request's items."""

    kept: int = 0
    """Items (points, for metrics) that are good."""
    sampled_out: int = 0
    """Items that head sampling left out."""
    changed: bool = False
    """Whether the request is not as it came any more."""
    repeated_bytes: int = 0
    """What resources and scopes take once each item has its own copy."""


def check(kind: Kind, request: Any, size: int, limits: ItemLimits, keeps: Keeps | None, findings: Findings) -> Checked:
    """Leave the good items in `request`, an Export...ServiceRequest of the kind that takes `size` bytes."""
    checked = Checked()
    if kind.signal is Signal.METRICS:
        _check_metrics(kind, request, size, limits, findings, checked)
    else:
        _check_items(kind, request, size, limits, keeps, findings, checked)
    _check_surroundings(kind, request, limits, findings, checked)
    return checked


def _check_surroundings(kind: Kind, request: Any, limits: ItemLimits, findings: Findings, checked: Checked) -> None:
    """Cut resources and scopes that are too large for as many items, and add up what they take around each."""
    for group in getattr(request, kind.groups):
        scopes = [(scope, _count(kind, getattr(scope, kind.items))) for scope in getattr(group, kind.scopes)]
        items = sum(count for _, count in scopes)
        if not items:
            continue
        checked.changed |= _cut_surrounding(group, group.resource, items, limits, findings)
        group_bytes = group.resource.ByteSize() + len(group.schema_url)
        for scope, count in scopes:
            if count:
                checked.changed |= _cut_surrounding(scope, scope.scope, count, limits, findings)
                around_bytes = group_bytes + scope.scope.ByteSize() + len(scope.schema_url)
                checked.repeated_bytes += around_bytes * count


def _cut_surrounding(holder: Any, around: Any, items: int, limits: ItemLimits, findings: Findings) -> bool:
    """Cut the resource or scope `around` so many items, and the schema URL beside it. Returns whether it did."""
    return cutting.cut_around(around, most_around(items, limits), findings) | cut_schema_url(holder, findings)


def cut_schema_url(holder: Any, findings: Findings) -> bool:
    """Cut the schema URL of a group or scope, text or bytes. Returns whether it was too long."""
    if len(holder.schema_url) <= _MOST_URL_CHARS:
        return False
    findings.add(Outcome.TRUNCATED, RESOURCE_TOO_LARGE, where="schema_url")
    holder.schema_url = holder.schema_url[:_MOST_URL_CHARS]
    return True


def most_around(items: int, limits: ItemLimits) -> int:
    """Return the bytes that a resource or scope may have around so many items: each gets its own copy."""
    return min(limits.resource_bytes, max(_LEAST_AROUND_BYTES, _MOST_AROUND_BYTES // items))


def count_items(kind: Kind, request: Any) -> int:
    """Return the number of a request's spans, log records or points."""
    return sum(_count(kind, items) for items in _lists(kind, request))


def _count(kind: Kind, items: Any) -> int:
    return sum(map(count_points, items)) if kind.signal is Signal.METRICS else len(items)


def _check_items(
    kind: Kind,
    request: Any,
    size: int,
    limits: ItemLimits,
    keeps: Keeps | None,
    findings: Findings,
    checked: Checked,
) -> None:
    fault = _span_fault if kind.signal is Signal.SPANS else _log_fault
    has_large = size > limits.value_bytes
    for items in _lists(kind, request):
        keep = []
        for item in items:
            reason = fault(item, checked, findings)
            if not reason and keeps is not None and not keeps(item):
                checked.sampled_out += 1
                continue
            if not reason and cutting.over_counts(item, limits):
                cutting.cut_counts(item, limits, findings)
                checked.changed = True
            if not reason and has_large and item.ByteSize() > limits.value_bytes:
                checked.changed = True
                reason = "" if cutting.cut_values(item, limits, findings) else ITEM_TOO_LARGE
            if reason:
                findings.add(Outcome.REJECTED, reason, **identity(item))
            else:
                keep.append(item)
        _leave(items, keep, checked)
        checked.kept += len(keep)


def count_points(metric: Any) -> int:
    """Return the number of a metric's data points."""
    data = metric.WhichOneof("data")
    return len(getattr(metric, data).data_points) if data else 0


def _lists(kind: Kind, request: Any) -> Iterator[Any]:
    """Yield the list of items of each scope."""
    for group in getattr(request, kind.groups):
        for scope in getattr(group, kind.scopes):
            yield getattr(scope, kind.items)


def _leave(items: Any, keep: list[Any], checked: Checked) -> None:
    """Take all items but those to keep off the list."""
    if len(keep) < len(items):
        checked.changed = True
        del items[:]
        items.extend(keep)


def _span_fault(span: Any, checked: Checked, findings: Findings) -> str:
    """Return why the span cannot be stored; "" if it can."""
    trace_id, span_id = span.trace_id, span.span_id
    if len(trace_id) != _TRACE_ID_BYTES or trace_id == _NO_TRACE_ID:
        return BAD_TRACE_ID
    if len(span_id) != _SPAN_ID_BYTES or span_id == _NO_SPAN_ID:
        return BAD_SPAN_ID
    if len(span.parent_span_id) not in (0, _SPAN_ID_BYTES):
        return BAD_PARENT_SPAN_ID
    return ""


def _log_fault(record: Any, checked: Checked, findings: Findings) -> str:
    """Return ""; malformed ids are taken off, as OTLP has receivers take such a record for one without."""
    if len(record.trace_id) not in (0, _TRACE_ID_BYTES) or len(record.span_id) not in (0, _SPAN_ID_BYTES):
        findings.add(Outcome.REPAIRED, BAD_LOG_IDS, **identity(record))
        mark(record, BAD_LOG_IDS)
        record.ClearField("trace_id")
        record.ClearField("span_id")
        checked.changed = True
    return ""


def _check_metrics(
    kind: Kind, request: Any, size: int, limits: ItemLimits, findings: Findings, checked: Checked
) -> None:
    has_large = size > limits.item_bytes
    for metrics in _lists(kind, request):
        keep = []
        for metric in metrics:
            points = count_points(metric)
            if has_large and metric.ByteSize() > limits.item_bytes:
                findings.add(Outcome.REJECTED, ITEM_TOO_LARGE, where=metric.name[:200], count=points)
            else:
                keep.append(metric)
                checked.kept += points
        _leave(metrics, keep, checked)
