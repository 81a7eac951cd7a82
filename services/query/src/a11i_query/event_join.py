"""GenAI events that arrived as log records, joined to the spans that they name.

A span's own content counts before an event's. Older instrumentations send one event a message: together, in the order
of time, they are the conversation. Newer ones send one event with all of it, which then counts alone.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from a11i.telemetry.v1 import span_pb2 as pb
from a11i_query.columns import Row, rows
from a11i_query.log_values import body_value
from a11i_query.times import timestamp
from a11i_storage.clickhouse import TraceEvents
from a11i_telemetry import attributes

_WHOLE: Final = "gen_ai.client.inference.operation.details"
"""The event that has a call's content whole."""

_CHAIN: Final = "chain"
"""Some senders' events come when the call has ended, with the id of the chain around it, which said nothing."""

_CONTENT: Final = ("input_messages", "output_messages", "system_instructions", "tool_definitions")
_EVALUATION: Final = ("evaluation_name", "evaluation_score", "evaluation_label", "evaluation_explanation")


class EventsBySpan:
    """The events of one trace."""

    def __init__(self, events: TraceEvents) -> None:
        self.truncated = events.truncated
        """Whether the trace has more than these."""
        self._by_span: Mapping[bytes, list[Row]] = defaultdict(list)
        for batch in events.rows.to_batches():
            for row in rows(batch):
                self._by_span[row["span_id"]].append(row)

    def of(self, span_id: bytes) -> list[pb.SpanEvent]:
        """Return the events of a span, by time."""
        return [_event(row) for row in self._by_span.get(span_id, ())]

    def filled(self, span: Row) -> Row:
        """Return the span's row with what its events say in the columns for which it has nothing of its own."""
        events = self._by_span.get(span["span_id"])
        if not events or span["step_kind"] == _CHAIN:
            return span
        found: dict[str, Any] = {name: _joined(events, name) for name in _CONTENT if not span[name]}
        if not span["finish_reasons"]:
            found["finish_reasons"] = _finish_reasons(found.get("output_messages", ""))
        if not any(span[name] not in ("", None) for name in _EVALUATION):
            judged = (event for event in events if any(event[name] not in ("", None) for name in _EVALUATION))
            found |= {name: one[name] for one in [next(judged, span)] for name in _EVALUATION}
        return {**span, **found}


def by_time(events: Iterable[pb.SpanEvent]) -> list[pb.SpanEvent]:
    """Return the events in the order of their times."""
    return sorted(events, key=lambda event: (event.time.seconds, event.time.nanos))


def _event(row: Row) -> pb.SpanEvent:
    return pb.SpanEvent(
        time=timestamp(row["time"]),
        name=row["event_name"],
        attributes=attributes.to_key_values({**row, "lifted": ()}),
        dropped_attributes_count=row["dropped_attributes_count"],
        log_record_id=row["record_id"].hex(),
        body=body_value(row),
    )


def _joined(events: Sequence[Row], name: str) -> str:
    """Return the JSON text of what the events say in a column; "" for nothing."""
    whole = [event[name] for event in events if event["event_name"] == _WHOLE and event[name]]
    texts = whole[:1] or [event[name] for event in events if event[name]]
    if len(texts) < 2:
        return texts[0] if texts else ""
    return json.dumps([item for text in texts for item in _items(text)], ensure_ascii=False, separators=(",", ":"))


def _finish_reasons(output_messages: str) -> list[str]:
    """Return why the model stopped, one a choice that says it."""
    reasons = [one.get("finish_reason") for one in _items(output_messages) if isinstance(one, dict)]
    return [reason for reason in reasons if isinstance(reason, str) and reason]


def _items(text: str) -> list[Any]:
    """Return the items of a JSON array; none for empty text, or what redaction withheld whole."""
    try:
        items = json.loads(text)
    except ValueError:
        return []
    return items if isinstance(items, list) else []
