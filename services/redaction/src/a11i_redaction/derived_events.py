"""What GenAI events put into columns of their row: those of spans, and log records that are such events."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from a11i_redaction.policy.attributes import KeySet
from a11i_redaction.values import Parser, members, rewrite
from a11i_telemetry.messages import EventContent, event_messages, is_genai_event
from a11i_telemetry.signals import Signal

_COLUMNS: Final[dict[str, frozenset[str]]] = {
    "input_messages": frozenset({"input_messages", "tool_arguments", "tool_result"}),
    "output_messages": frozenset({"output_messages", "tool_arguments", "tool_result", "finish_reasons"}),
    "system_instructions": frozenset({"system_instructions"}),
    "tool_definitions": frozenset({"tool_definitions"}),
    "evaluations": frozenset({"evaluation_name", "evaluation_score", "evaluation_label", "evaluation_explanation"}),
}
"""What an event says -> the columns that it can stand in."""
COLUMNS: Final = frozenset().union(*_COLUMNS.values())
"""All of these columns."""
_MAPS: Final = ("attr_string", "attr_int", "attr_double", "attr_bool", "attr_json")


@dataclass(frozen=True, slots=True)
class Said:
    """What one event put into columns of its row."""

    row: int
    columns: frozenset[str]
    members: Counter[str]
    """How often each member of its JSON is dropped; empty if one of its columns is dropped whole."""


@dataclass(frozen=True, slots=True)
class _Event:
    row: int
    name: str
    body: str
    """JSON."""
    attributes: str
    """JSON."""
    whole: bool
    """Whether a column that it stands in is dropped."""

    def content(self) -> EventContent:
        """Return what it says."""
        return event_messages(self.name, json.loads(self.body), json.loads(self.attributes)) or EventContent()


def said_by_dropped(columns: pa.RecordBatch, signal: Signal, dropped: KeySet, parser: Parser) -> Iterator[Said]:
    """Yield what events would not have put there without what is dropped."""
    for event in _events(columns, signal, dropped):
        values = [parser.parse(text, "") for text in (event.body, event.attributes)]
        left = [rewrite(value, {}) for value in values]
        if event.whole:
            yield Said(event.row, _different(event.content(), EventContent()), Counter())
        elif any(left):
            body, attributes = (new.text if new else old.text for old, new in zip(values, left, strict=True))
            after = _Event(event.row, event.name, body, attributes, whole=False)
            inside = members(values[0], dropped) + members(values[1], dropped)
            yield Said(event.row, _different(event.content(), after.content()), inside)


def _different(before: EventContent, after: EventContent) -> frozenset[str]:
    """Return the columns of what only one of them says, or both in another way."""
    fields = (name for name in _COLUMNS if getattr(before, name) != getattr(after, name))
    return frozenset().union(*(_COLUMNS[name] for name in fields))


def _events(columns: pa.RecordBatch, signal: Signal, dropped: KeySet) -> Iterator[_Event]:
    if signal is Signal.SPANS:
        yield from _of_spans(columns, dropped)
    elif signal is Signal.LOGS:
        yield from _of_logs(columns, dropped)


def _of_spans(columns: pa.RecordBatch, dropped: KeySet) -> Iterator[_Event]:
    whole = dropped.has_column("events")
    for row, text in enumerate(columns.column("events").to_pylist()):
        events = _json(text) if text and "gen_ai." in text else None
        for event in events if isinstance(events, list) else ():
            if isinstance(event, dict) and is_genai_event(str(event.get("name"))):
                attributes = event.get("attributes")
                said = json.dumps(attributes if isinstance(attributes, dict) else {})
                yield _Event(row, event["name"], "null", said, whole)


def _of_logs(columns: pa.RecordBatch, dropped: KeySet) -> Iterator[_Event]:
    dropped_columns = [name for name in (*_MAPS, "body") if dropped.has_column(name)]
    for row, event_name in enumerate(columns.column("event_name").to_pylist()):
        name = event_name or ""
        if not is_genai_event(name):
            continue
        attributes: dict[str, Any] = {}
        for column in _MAPS:
            for key, item in columns.column(column)[row].as_py() or ():
                attributes[key] = _json(item) if column == "attr_json" else item
        body = columns.column("body")[row].as_py() or ""
        text = body if columns.column("body_is_json")[row].as_py() and _json(body) is not None else json.dumps(body)
        yield _Event(row, name, text, json.dumps(attributes), bool(dropped_columns))


def _json(text: str) -> Any:
    """Return what JSON says; None for what is none, such as what was dropped before."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
