"""Metrics out of OTLP/JSON, whose items are their data points."""

from typing import Any, Final

from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from a11i_telemetry.findings import Findings, Outcome
from a11i_telemetry.otlp_json_fields import fields_of, read_message
from a11i_telemetry.otlp_json_notes import keep, reject
from a11i_telemetry.otlp_json_scalars import WRONG_TYPE, BadFieldError
from a11i_telemetry.otlp_json_values import TWO_MEMBERS, Notes

_DATA: Final = {field.json_name: field.name for field in Metric.DESCRIPTOR.oneofs_by_name["data"].fields}
"""Names of the kinds of data, in JSON and in the message."""
_POINTS: Final = "dataPoints"


def read_metric(metrics: Any, document: Any, findings: Findings) -> int:
    """Add a metric with its good points to `metrics`. Returns how many points it has, bad ones included."""
    points = _points(document)
    sent = sum(map(len, points.values()))
    metric = metrics.add()
    notes = Notes()
    try:
        _read_own(metric, document, notes)
    except BadFieldError as bad:
        del metrics[-1]
        reject(document, bad, findings, max(sent, 1))
        return max(sent, 1)
    for reason, (outcome, where) in notes.noted.items():
        findings.add(outcome, reason, where=where, count=max(sent, 1))
    kept = metric.WhichOneof("data")
    for name, documents in points.items():
        if _DATA[name] != kept:
            findings.add(Outcome.REJECTED, TWO_MEMBERS, where=name, count=len(documents))
        else:
            read_points(getattr(metric, kept).data_points, documents, findings)
    return sent


def read_points(points: Any, documents: list[Any], findings: Findings) -> None:
    """Add the good points to `points`."""
    for document in documents:
        point = points.add()
        notes = Notes()
        try:
            read_message(point, document, fields_of(point.DESCRIPTOR), notes)
        except BadFieldError as bad:
            del points[-1]
            reject(None, bad, findings)
        else:
            if notes.noted:
                keep(point, notes, findings, marked=False)


def _points(document: Any) -> dict[str, list[Any]]:
    """Return the points of each kind of data that a metric's object has."""
    found = {}
    if type(document) is dict:
        for name in document:
            data = document[name] if name in _DATA else None
            points = data.get(_POINTS) if type(data) is dict else None
            if type(points) is list and points:
                found[name] = points
    return found


def _read_own(metric: Any, document: Any, notes: Notes) -> None:
    """Read a metric's object but for the points. Raises BadFieldError."""
    if type(document) is not dict:
        raise BadFieldError(WRONG_TYPE)
    without = {}
    for name, value in document.items():
        without[name] = value
        if name in _DATA and type(value) is dict:
            without[name] = {
                inner: value[inner] for inner in value if inner != _POINTS or type(value[inner]) is not list
            }
    read_message(metric, without, fields_of(Metric.DESCRIPTOR), notes)
