"""What went into a step and came out of it: messages, or a tool's arguments and result, in the normal form."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from a11i_telemetry import bodies
from a11i_telemetry.facts import Span
from a11i_telemetry.flat import listed
from a11i_telemetry.messages import Evaluation, EventContent, event_messages
from a11i_telemetry.notations import Message, is_messages, text_message, to_messages
from a11i_telemetry.parts import JsonValue, Part, parse, parsed, to_part, to_parts, to_text, to_tool_definitions
from a11i_telemetry.rules import ANSWERS, EVENTS_KEY, Answer
from a11i_telemetry.sources import Source, Take
from a11i_telemetry.takes import json_of

Facts = Mapping[str, JsonValue]
"""A span's attributes that the table knows, by key; of indexed ones, by prefix, a list of path and value."""
Event = tuple[str, Mapping[str, JsonValue]]
"""The name and the attributes of a GenAI event on a span."""


@dataclass(slots=True)
class Content:
    """What one source says; None for what it does not say. JSON texts."""

    messages: Sequence[Message] = ()
    tool: JsonValue = None
    """A tool's arguments or result."""
    system: Sequence[Part] = ()
    tools: Sequence[JsonValue] = ()
    finish: str = ""
    """Why the model stopped, of an answer whose content is elsewhere."""


def reader(source: Source, role: str) -> Callable[[Span], Content]:
    """Return the function that says what a source of INPUTS (role user) or OUTPUTS (assistant) has of a span."""
    key, take = source.key, source.take
    if take in (Take.PAYLOAD, Take.BODY):
        return lambda span: _payload(span, key, role, only_body=take is Take.BODY)
    if take is Take.ARGUMENTS:
        return lambda span: Content(tool=None if bodies.is_schema(given := span.document(key)) else given)
    if take is Take.FLAT:
        return lambda span: Content(_flat(span.facts[key], role))
    if take is Take.ANSWER:
        return lambda span: Content(_answer(ANSWERS[key], span.facts))
    if take is Take.EVENTS:
        return lambda span: _events(span, role)
    if take is Take.CONVERSATION:
        return lambda span: Content(_conversation(span.document(key), role))
    if take is Take.MOVED_JSON:
        given = bodies.arguments if role == "user" else bodies.result
        return lambda span: Content(tool=given(span.document(key)))
    return lambda span: _listed(span.document(key), role)


def _listed(document: JsonValue, role: str) -> Content:
    messages = to_messages(_brought(document, role), role)
    if role == "user":
        return Content(_sent(messages))
    reason = messages[-1].get("finish_reason", "") if messages else ""
    return Content(_with_parts(messages), finish="" if any(one["parts"] for one in messages) else reason)


def _sent(messages: list[Message]) -> list[Message]:
    """Return messages that went in: only what comes out was just finished."""
    for message in messages:
        message.pop("finish_reason", None)
    return _with_parts(messages)


def _brought(document: JsonValue, role: str) -> JsonValue:
    """Return messages out of the body that a source has where messages belong."""
    if not isinstance(document, dict):
        return document
    body = bodies.request(document) if role == "user" else bodies.response(document)
    return body.messages if body else document


def _payload(span: Span, key: str, role: str, *, only_body: bool) -> Content:
    kind = span.kind
    if kind in ("embedding", "retrieval", "rerank"):  # What goes in is no conversation, and vectors come out.
        return Content()
    given = span.document(key)
    if given is None or given in ("", {}, []):
        return Content()
    if kind == "tool":
        return Content(tool=bodies.arguments(given) if role == "user" else bodies.result(given))
    argument = bodies.argument(given) if role == "user" else given
    if argument in (None, "", {}, []):
        return Content()
    whole, given = argument is given, argument
    if isinstance(given, (dict, list)):
        body = bodies.request(given) if role == "user" else bodies.response(given)
        if body:
            messages = _sent(body.messages) if role == "user" else _with_parts(body.messages)
            return Content(messages, system=body.system, tools=body.tools)
    if only_body:
        return Content()
    value = span.facts[key]
    text = value if whole and isinstance(value, str) and not isinstance(given, str) else to_text(given)
    return Content([text_message(role, text)] if text else [])


def _with_parts(messages: list[Message]) -> list[Message]:
    """Return the messages if they say anything at all."""
    for message in messages:
        if message["parts"]:
            return messages
    return []


def _flat(members: JsonValue, role: str) -> list[Message]:
    messages = listed(members)
    for message in messages:
        if isinstance(message, dict):
            content = message.get("content")
            if isinstance(content, str) and content[:2] == "[{" and message.get("role") != "tool":
                inner = parse(content)  # Blocks as JSON text.
                if isinstance(inner, list) and all(isinstance(one, dict) and "type" in one for one in inner):
                    message["content"] = inner
            if "role" not in message:
                message["role"] = role
    return _with_parts(to_messages(messages, role))


def _answer(answer: Answer, facts: Facts) -> list[Message]:
    """Return the message of text, calls and the like that have an attribute each."""
    parts: list[Part] = [
        {"type": "reasoning", "content": to_text(reasoning)} for reasoning in _given(facts, answer.reasoning)
    ]
    for text in _given(facts, answer.text):
        texts = parse(text) if isinstance(text, str) else text
        if isinstance(texts, list) and all(isinstance(one, str) for one in texts):
            parts += to_parts(texts)
        else:
            parts += to_parts(text if isinstance(text, str) else [text])
    for calls in _given(facts, answer.calls):
        given = parsed(calls)
        for call in given if isinstance(given, list) else []:
            part = to_part({"type": "tool_call", **call} if isinstance(call, dict) else call)
            if part:
                parts.append(part)
    for value in _given(facts, answer.structured):
        parts.append({"type": "text", "content": to_text(value)})
    for content in _given(facts, answer.content):
        parts += to_parts(json_of(content))
    message: Message = {"role": "assistant", "parts": parts}
    for reason in _given(facts, answer.finish):
        message["finish_reason"] = reason
    return [message] if parts else []


def _given(facts: Facts, keys: Sequence[str]) -> list[JsonValue]:
    """Return the first value of these keys that is there."""
    return next(([facts[key]] for key in keys if facts.get(key)), [])


def _conversation(value: JsonValue, role: str) -> list[Message]:
    messages = _with_parts(to_messages(value, "user")) if is_messages(value) else []
    last = messages[-1:] if messages and messages[-1]["role"] == "assistant" else []
    return last if role == "assistant" else _sent(messages[: len(messages) - len(last)])


def _events(span: Span, role: str) -> Content:
    """Return what a span's events say; on a tool's span a message in is its arguments and one out its result."""
    found, messages = Content(), list[Message]()
    for (name, attributes), said in zip(span.facts[EVENTS_KEY], _said(span), strict=True):
        if span.kind == "tool" and name in ("gen_ai.tool.message", "gen_ai.choice"):
            if role == "user" and name == "gen_ai.tool.message":
                found.tool = bodies.arguments(attributes.get("content"))
            elif role == "assistant" and name == "gen_ai.choice":
                found.tool = bodies.result(attributes.get("message"))
        elif said and role == "user":
            messages += said.input_messages
            found.system = [*found.system, *said.system_instructions]
            found.tools = [*found.tools, *said.tool_definitions]
        elif said:
            messages += said.output_messages
    found.messages = messages
    return found


def _said(span: Span) -> list[EventContent | None]:
    """Return what each of a span's events says, read once for what goes in, what comes out and judgements."""
    known: list[EventContent | None] | None = span.known(EVENTS_KEY)
    if known is None:
        known = [event_messages(name, None, attributes) for name, attributes in span.facts[EVENTS_KEY]]
        span.worked_out(EVENTS_KEY, known)
    return known


def evaluation(span: Span) -> Evaluation | None:
    """Return the first judgement that a span's events record."""
    return next((said.evaluations[0] for said in _said(span) if said and said.evaluations), None)


def finish_reasons(messages: Sequence[Message]) -> list[str]:
    """Return why the model stopped, of output messages in the normal form."""
    reasons = (message.get("finish_reason") for message in messages)
    return [reason for reason in reasons if isinstance(reason, str) and reason]


def read_parts(value: JsonValue) -> list[Part]:
    """Return system instructions of text or a list of parts."""
    given = json_of(value)
    if isinstance(given, dict) and isinstance(given.get("parts"), list):
        given = given["parts"]
    if isinstance(given, list) and is_messages(given):
        return [part for message in to_messages(given, "system") for part in message["parts"]]
    return to_parts(given)


def read_tools(value: JsonValue) -> list[JsonValue]:
    """Return tool definitions of a list, or of a list of texts that each hold one."""
    return to_tool_definitions(json_of(value))


def read_flat_tools(members: JsonValue) -> list[JsonValue]:
    """Return tool definitions of which each member has an attribute."""
    tools = listed(members)
    whole = [one.get("json_schema", one) if isinstance(one, dict) else one for one in tools]
    for one in whole:
        if isinstance(one, dict) and isinstance(one.get("parameters"), str):
            one["parameters"] = parse(one["parameters"])
    return to_tool_definitions(whole)
