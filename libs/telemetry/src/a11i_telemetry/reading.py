"""From what a span's attributes say to its columns, by the plan for spans with its keys."""

from collections.abc import Sequence
from typing import Final

from a11i_telemetry import contents, takes
from a11i_telemetry.facts import Row, Span
from a11i_telemetry.kinds import KIND_BY_COLUMN, KIND_OF_OTHER_OPERATION, kind_of_operation
from a11i_telemetry.normal_form import normal_messages
from a11i_telemetry.parts import JsonValue, to_text
from a11i_telemetry.plans import ContentSource, Plan
from a11i_telemetry.rules import EVENTS_KEY
from a11i_telemetry.units import units_of
from a11i_telemetry.usage import count
from a11i_telemetry.usage_flags import counted, settle

_LONGEST_WORD: Final = 100
"""Words for kinds are shorter."""
_NOTHING: Final[tuple[JsonValue, ...]] = (None, "", [], (), {})
"""What a source says that says nothing: the next one is asked."""


def read(span: Span, plan: Plan) -> Row:
    """Return what a span says."""
    facts, row = span.facts, span.row
    kind = _kind(plan, span)
    span.kind = kind or ""
    values = plan.values(span.kind)
    for column, key in values.texts:
        value = facts[key]
        if type(value) is str:
            if value:
                row[column] = value
        elif type(value) is int:
            row[column] = str(value)
    for column, key in values.counts:
        number = count(facts[key])
        if number is not None:
            row[column] = number
        else:
            counted(span, column, facts[key])
    for column, readers in values.others:
        for take in readers:
            value = take(span)
            if value is not None:
                row[column] = value
                break
    _settle(kind, span)
    for column, sources in plan.contents(span.kind).columns:
        _fill(column, sources, span)
    _complete(plan, span)
    return row


def _kind(plan: Plan, span: Span) -> str | None:
    """Return what kind of step the attributes say; None if none does, "" if one says that it is none."""
    for rule in plan.kinds:
        kind = rule.present
        if kind is None:
            word = takes.quoted(span.facts[rule.key])
            kind = rule.kinds.get(word.lower()) if word and len(word) < _LONGEST_WORD else None
        if kind is not None:
            return kind
    operation = takes.text(span.facts.get("gen_ai.operation.name"))
    return kind_of_operation(operation, plan.names_model) if operation and len(operation) < _LONGEST_WORD else None


def _settle(kind: str | None, span: Span) -> None:
    """Say the kind, inferred from the columns where nothing else said it."""
    row = span.row
    if kind is None and "operation" in row:
        kind = KIND_OF_OTHER_OPERATION
    if kind is None:
        kind = next((inferred for column, inferred in KIND_BY_COLUMN if column in row), None)
    if kind:
        span.kind = row["step_kind"] = kind
        if kind != "tool":  # Some tell of the tool that the model called.
            row.pop("tool_name", None)
            row.pop("tool_call_id", None)


def _fill(column: str, sources: Sequence[ContentSource], span: Span) -> None:
    """Put messages, or a tool's arguments or result, into the row: what the first source has that has any."""
    row, of_tool = span.row, column.startswith("tool_")
    finish = ""
    for source in sources:
        structure = span.structure(source.key) if source.moves else None
        normal = None if of_tool else normal_messages(structure, sent=column == "input_messages")
        if normal:
            _put(column, normal, span, source, structure)
            return
        content = source.read(span)
        if content.system and "system_instructions" not in row:
            row["system_instructions"] = to_text(list(content.system))
        if content.tools and "tool_definitions" not in row:
            row["tool_definitions"] = to_text(list(content.tools))
        found = content.tool if of_tool else content.messages
        if found not in _NOTHING:
            if finish and not of_tool:
                content.messages[-1].setdefault("finish_reason", finish)
            _put(column, found, span, source, structure)
            return
        finish = content.finish or finish


def _put(column: str, found: JsonValue, span: Span, source: ContentSource, structure: JsonValue) -> None:
    """Fill a column, with the source's text as it came if that says the same: `structure` is what it says in JSON."""
    given = span.facts.get(source.key)
    if source.moves and type(given) is str and found == (_plain(given) if structure is None else structure):
        span.row[column] = given
        span.moved.append(source.key)
    else:
        span.row[column] = to_text(found)
    if column == "output_messages":
        span.worked_out(column, found)


def _plain(text: str) -> str | None:
    """Return a text, but for one that begins as JSON: it was cut, and is no text of anybody's."""
    return None if text[:64].lstrip()[:1] in ("[", "{") else text


def _complete(plan: Plan, span: Span) -> None:
    """Add what follows from several columns."""
    row, kind = span.row, span.kind
    if kind == "llm":
        if "finish_reasons" not in row and "output_messages" in row:
            reasons = contents.finish_reasons(span.known("output_messages"))
            if reasons:
                row["finish_reasons"] = reasons
        if units := units_of(span, plan):
            row["units"] = units
    elif kind in ("tool", "agent"):
        said = takes.text(span.facts.get("traceloop.entity.name")) or (plan.named and span.name)
        if said:
            row.setdefault(f"{kind}_name", said)
    if EVENTS_KEY in span.facts:
        _judge(span)
    settle(span)


def _judge(span: Span) -> None:
    """Add the first judgement that the span's events record, if its attributes record none."""
    found = contents.evaluation(span)
    if found and not any(column in span.row for column in ("evaluation_name", "evaluation_score", "evaluation_label")):
        said = {
            "evaluation_name": found.name,
            "evaluation_score": found.score,
            "evaluation_label": found.label,
            "evaluation_explanation": found.explanation,
        }
        span.row.update((column, value) for column, value in said.items() if value not in ("", None))
