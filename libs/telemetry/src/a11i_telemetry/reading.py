"""From what a span's attributes say to its columns, as `rules` and `kinds` tell.

Spans with the same keys, as an instrumentation sends them, share a plan: what of the tables applies to them, worked out
once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from a11i_telemetry import contents, takes
from a11i_telemetry.contents import Content, Facts
from a11i_telemetry.kinds import KIND_BY_COLUMN, KIND_OF_OTHER_OPERATION, KIND_RULES, KindRule
from a11i_telemetry.notations import JsonValue, to_text
from a11i_telemetry.rules import (
    ANSWERS,
    CACHES_APART,
    INPUTS,
    OUTPUTS,
    RULES,
    CacheApart,
    Rule,
    Source,
    Take,
)
from a11i_telemetry.usage import Usage, read_usage

Row = dict[str, Any]
"""A span's columns that are known, by name, as Python values; and under MOVED what is no column."""
MOVED: Final = "moved"
"""The keys whose text became a column's as it was."""
_LONGEST_WORD: Final = 100
"""Words for kinds are shorter."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What of the tables concerns spans that have certain keys."""

    kinds: tuple[KindRule, ...]
    rules: tuple[Rule, ...]
    inputs: tuple[Source, ...]
    outputs: tuple[Source, ...]
    apart: tuple[CacheApart, ...]
    named: bool
    """Whether a span of a tool or an agent has its name."""


@lru_cache(maxsize=4096)
def _plan(keys: tuple[str, ...]) -> _Plan:
    present = frozenset(keys)

    def sources(rule: Rule) -> tuple[Source, ...]:
        return tuple(
            source
            for source in rule.sources
            if (source.key in present or (source.take is Take.ANSWER and _answered(source.key, present)))
            and (not source.beside or source.beside in present)
        )

    rules = tuple(Rule(rule.column, rule.take, found) for rule in RULES if (found := sources(rule)))
    return _Plan(
        kinds=tuple(rule for rule in KIND_RULES if rule.key in present),
        rules=rules,
        inputs=sources(INPUTS),
        outputs=sources(OUTPUTS),
        apart=tuple(one for one in CACHES_APART if one.key in present and one.unless not in present),
        named=any(rule.named for rule in KIND_RULES if rule.key in present),
    )


def _answered(key: str, present: frozenset[str]) -> bool:
    return not present.isdisjoint(ANSWERS[key].keys)


def read(facts: Facts, name: str) -> Row:
    """Return what the facts and the name of a span say."""
    plan = _plan(tuple(facts))
    row: Row = {}
    kind = _kind(plan.kinds, facts)
    documents: dict[str, JsonValue] = {}
    for rule in plan.rules:
        for source in rule.sources:
            if not source.only or source.only == kind:
                value = _value(source, rule.column, facts, row, documents)
                if value is not None:
                    row[rule.column] = value
                    break
    kind = _settle(kind, row)
    _contents(plan, facts, kind or "", row)
    if kind in ("tool", "agent"):
        said = takes.text(facts.get("traceloop.entity.name")) or (plan.named and name)
        if said:
            row.setdefault(f"{kind}_name", said)
    if kind == "llm" and "finish_reasons" not in row and "output_messages" in row:
        reasons = contents.finish_reasons(row["output_messages"])
        if reasons:
            row["finish_reasons"] = reasons
    if "input_tokens" in row:
        _include_cache(plan.apart, row)
        row["input_source"] = "reported"
    if "output_tokens" in row:
        if row["output_tokens"] < (row.get("reasoning_tokens") or 0):
            row["output_tokens"] += row["reasoning_tokens"]
        row["output_source"] = "reported"
    return row


def _kind(rules: Sequence[KindRule], facts: Facts) -> str | None:
    """Return what kind of step the attributes say; None if none does, "" if one says that it is none."""
    for rule in rules:
        kind = rule.present
        if kind is None:
            word = takes.text(facts[rule.key])
            kind = rule.kinds.get(word.lower()) if word and len(word) < _LONGEST_WORD else None
        if kind is not None:
            return kind
    return None


def _settle(kind: str | None, row: Row) -> str | None:
    """Return the kind, inferred from the columns where nothing said it, and put it into the row."""
    if kind is None and "operation" in row:
        kind = KIND_OF_OTHER_OPERATION
    if kind is None:
        kind = next((inferred for column, inferred in KIND_BY_COLUMN if column in row), None)
    if kind:
        row["step_kind"] = kind
        if kind != "tool":  # Some tell of the tool that the model called.
            row.pop("tool_name", None)
            row.pop("tool_call_id", None)
    return kind


def _value(source: Source, column: str, facts: Facts, row: Row, documents: dict[str, JsonValue]) -> object:
    value = facts[source.key]
    if (source.path or source.unless) and source.take is not Take.CONSTANT:
        document = documents.get(source.key)
        if document is None:
            document = documents[source.key] = takes.json_of(value)
        if source.unless and takes.inside(document, source.unless) is not None:
            return None
        value = takes.inside(document, source.path)
        if value is None:
            return None
    if source.take is Take.CONSTANT:
        return source.path[0]
    reader = takes.READERS.get(source.take)
    if reader is not None:
        return reader(value)
    if source.take is Take.USAGE:
        place = f"{source.key} {source.path}"
        usage = documents.get(place)
        if usage is None:
            usage = documents[place] = read_usage(takes.json_of(value)) or Usage()
        return getattr(usage, column)
    return _structure(source, column, value, row)


def _structure(source: Source, column: str, value: JsonValue, row: Row) -> str | None:
    """Return system instructions or tool definitions as JSON text."""
    if source.take is Take.MOVED_MESSAGES:
        return _moved(source.key, column, value, row)
    found = _STRUCTURES[source.take](value)
    return to_text(found) if found else None


_STRUCTURES: Final[Mapping[Take, Callable[[JsonValue], list[Any]]]] = {
    Take.PARTS: contents.read_parts,
    Take.TOOLS: contents.read_tools,
    Take.FLAT_TOOLS: contents.read_flat_tools,
}


def _moved(key: str, column: str, value: JsonValue, row: Row) -> str | None:
    """Return a text that is in the normal form as it is, and note that it moves; else the text rewritten."""
    if isinstance(value, str):
        if column == "tool_definitions":
            rewritten = _tools(value) if len(value) <= _LONGEST_SHARED else to_text(contents.read_tools(value))
            if rewritten == "":
                row.setdefault(MOVED, []).append(key)
                return value
            return None if rewritten == "[]" else rewritten
        if contents.is_normal(value, column):
            row.setdefault(MOVED, []).append(key)
            return value
    read = contents.read_tools if column == "tool_definitions" else contents.read_parts
    found = read(value)
    return to_text(found) if found else None


_LONGEST_SHARED: Final = 20_000


@lru_cache(maxsize=256)
def _tools(text: str) -> str:
    """Return tool definitions rewritten; "" if they are in the normal form as they are."""
    given = takes.json_of(text)
    tools = contents.read_tools(given)
    return "" if tools and tools == given else to_text(tools)


def _contents(plan: _Plan, facts: Facts, kind: str, row: Row) -> None:
    """Put messages, or a tool's arguments and result, into the row."""
    for sources, read, messages, tool in (
        (plan.inputs, contents.read_input, "input_messages", "tool_arguments"),
        (plan.outputs, contents.read_output, "output_messages", "tool_result"),
    ):
        finish = ""
        for source in sources:
            if source.only and source.only != kind:
                continue
            moves = source.take is Take.MOVED_JSON
            if moves and kind not in ("tool", ""):
                continue
            into = tool if moves or (source.take is Take.PAYLOAD and kind == "tool") else messages
            if into in row:
                continue
            value = facts.get(source.key)
            if isinstance(value, str) and _is_moved(source, value, into):
                row[into] = value
                row.setdefault(MOVED, []).append(source.key)
                continue
            content = read(source, facts, kind)
            if finish and content.messages:
                content.messages[-1].setdefault("finish_reason", finish)
            _put(content, messages, tool, row)
            finish = content.finish or finish


def _is_moved(source: Source, value: str, column: str) -> bool:
    if source.take is Take.MOVED_JSON:
        return bool(value) and value[0] != '"' and '"kwargs"' not in value
    return source.take is Take.MOVED_MESSAGES and contents.is_normal(value, column)


def _put(content: Content, messages: str, tool: str, row: Row) -> None:
    if content.messages and messages not in row:
        row[messages] = to_text(content.messages)
    if content.tool is not None and tool not in row:
        row[tool] = to_text(content.tool)
    if content.system and "system_instructions" not in row:
        row["system_instructions"] = to_text(list(content.system))
    if content.tools and "tool_definitions" not in row:
        row["tool_definitions"] = to_text(list(content.tools))


def _include_cache(apart: Sequence[CacheApart], row: Row) -> None:
    """Add what the cache read and wrote to input tokens that leave it out."""
    cached = (row.get("cache_read_tokens") or 0) + (row.get("cache_write_tokens") or 0)
    provider = row.get("provider")
    if cached and (row["input_tokens"] < cached or any(provider in one.providers for one in apart)):
        row["input_tokens"] += cached
