"""What a span says of its conversation: messages, tools' calls and results, judgements."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from a11i.telemetry.v1.span_pb2 import GenAi, Span, StepKind
from a11i_cli.values import show_number

Json: TypeAlias = Any  # What json.loads gives; clients choose its shape.


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was said, to a step or by it."""

    way: str
    """`in`: to the step; `out`: by it."""
    who: str
    """A role, or what it is: arguments, result, finish, tools, evaluation."""
    text: str
    style: str = ""
    """Style of `who`."""


ROLE_STYLES = {"system": "magenta", "developer": "magenta", "user": "green", "assistant": "cyan", "tool": "yellow"}


@dataclass(frozen=True, slots=True)
class Conversation:
    """What one span says."""

    sent: Sequence[Said]
    """Messages to the model, in their order; each once if it stands in several places."""
    others: Sequence[Said]
    """All else: what came back, what a tool was given and gave, how it ended."""


def conversation(span: Span) -> Conversation:
    """What the span says; empty where nothing was recorded."""
    gen_ai = span.gen_ai
    sent = [*_system(gen_ai.system_instructions), *_messages(gen_ai.input_messages, "in", "user")]
    return Conversation(sent, [*_tool(gen_ai), *_messages(gen_ai.output_messages, "out", "assistant"), *_end(gen_ai)])


def is_silent(span: Span) -> bool:
    """Whether nothing is recorded of what a model was asked and said."""
    if span.gen_ai.step_kind != StepKind.STEP_KIND_LLM:
        return False
    found = conversation(span)
    return all(one.who == "finish" for one in (*found.sent, *found.others))


def offered_tools(gen_ai: GenAi) -> str:
    """Names of the tools that the model could call."""
    tools = _parse(gen_ai.tool_definitions)
    if not isinstance(tools, list):
        return gen_ai.tool_definitions
    return ", ".join(_tool_name(tool) for tool in tools)


def _tool_name(tool: Json) -> str:
    if not isinstance(tool, dict):
        return as_text(tool)
    inner = tool.get("function")
    return as_text(tool.get("name") or (inner.get("name") if isinstance(inner, dict) else "") or "(no name)")


def _system(text: str) -> Iterator[Said]:
    for part in _list(_parse(text)):
        yield _said("in", "system", _part(part))


def _messages(text: str, way: str, role: str) -> Iterator[Said]:
    for message in _list(_parse(text)):
        if not isinstance(message, dict):
            yield _said(way, role, as_text(message))
            continue
        parts = [_part(part) for part in _list(message.get("parts", message.get("content")))]
        parts += [_part(call) for call in _list(message.get("tool_calls"))]
        who = as_text(message.get("role") or role)
        for part in parts or ["(empty)"]:
            yield _said(way, who, part)


def _part(part: Json) -> str:
    if not isinstance(part, dict):
        return as_text(part)
    inner = part["function"] if isinstance(part.get("function"), dict) else part
    match part.get("type"):
        case "text":
            return as_text(part.get("content", part.get("text", "")))
        case "reasoning" | "thinking":
            return f"(reasoning) {as_text(part.get('content', part.get('thinking', part.get('text', ''))))}"
        case "tool_call" | "function":
            title = " ".join(filter(None, ("calls", as_text(inner.get("name") or "a tool"), as_text(part.get("id")))))
            return f"{title}\n{as_text(inner.get('arguments'))}".rstrip()
        case "tool_call_response":
            title = " ".join(filter(None, ("result of", as_text(part.get("id") or "a call"))))
            return f"{title}\n{as_text(part.get('response', part.get('result')))}".rstrip()
        case _:
            return as_text(part)


def _tool(gen_ai: GenAi) -> Iterator[Said]:
    if gen_ai.tool_arguments:
        yield Said("in", "arguments", gen_ai.tool_arguments, "yellow")
    if gen_ai.tool_result:
        yield Said("out", "result", gen_ai.tool_result, "yellow")


def _end(gen_ai: GenAi) -> Iterator[Said]:
    # Some senders say it on the message alone, and some of those on the span alone.
    reasons = list(gen_ai.finish_reasons) or [
        as_text(message["finish_reason"])
        for message in _list(_parse(gen_ai.output_messages))
        if isinstance(message, dict) and message.get("finish_reason")
    ]
    if reasons:
        yield Said("out", "finish", ", ".join(reasons), "dim")
    if gen_ai.HasField("evaluation"):
        found = gen_ai.evaluation
        score = show_number(found.score) if found.HasField("score") else ""
        words = " ".join(filter(None, (found.name, score, found.label)))
        yield Said("out", "judgement", ": ".join(filter(None, (words, found.explanation))), "magenta")


def _said(way: str, who: str, text: str) -> Said:
    return Said(way, who, text, ROLE_STYLES.get(who, ""))


def as_text(value: Json) -> str:
    """A text as it is, nothing as nothing, anything else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _parse(text: str) -> Json:
    """JSON's value; text that is none stands for itself, empty text for nothing."""
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return text


def _list(value: Json) -> list[Json]:
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]
