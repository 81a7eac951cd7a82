"""What the key of an attribute or of a JSON member says about the value under it."""

import re
from functools import lru_cache
from typing import Final

from a11i_redaction.reduction import PLACEHOLDER

_POSITION: Final = re.compile(r"\.\d+(?![^.])")
"""A place in a list, as in `gen_ai.prompt.0.content`: a text that moves down a list stays the same text."""
_STRUCTURE: Final = frozenset({
    "args", "arguments", "body", "content", "data", "input", "input_messages", "message", "messages", "output",
    "output_messages", "parts", "response", "result", "results", "text", "tool_arguments", "tool_result", "value",
    "values",
})  # fmt: skip
"""Keys that say nothing about a value. A text under one of them is the same text wherever it stands."""
_IDENTIFIER_KEYS: Final = frozenset({
    "call_id", "encoding", "error.type", "exception.stacktrace", "exception.type", "finish_reason", "finish_reasons",
    "format", "id", "kind", "language", "level", "message_id", "mime_type", "mimetype", "modality", "model", "object",
    "parent_id", "request_id", "response_id", "role", "run_id", "schema_url", "scope.name", "scope.version", "severity",
    "span_id", "status", "thread_id", "tool_call_id", "trace_id", "type", "version",
})  # fmt: skip
_IDENTIFIER_PREFIXES: Final = (
    "aws.", "azure.", "cloud.", "code.", "container.", "db.", "deployment.", "faas.", "gcp.", "gen_ai.agent.",
    "gen_ai.conversation.id", "gen_ai.operation.", "gen_ai.output.type", "gen_ai.provider.", "gen_ai.request.",
    "gen_ai.response.", "gen_ai.system", "gen_ai.tool.call.id", "gen_ai.tool.name", "gen_ai.tool.type", "gen_ai.usage.",
    "host.", "http.", "k8s.", "llm.model", "messaging.", "net.", "network.", "openai.", "os.", "process.executable.",
    "process.runtime.", "rpc.", "server.", "service.", "telemetry.", "thread.", "url.", "user_agent.",
)  # fmt: skip
_CONTENT_PREFIXES: Final = ("gen_ai.system_instructions", "gen_ai.response.content", "gen_ai.request.messages")
_HEX_ID: Final = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}")


@lru_cache(maxsize=4096)
def holds_identifiers(key: str) -> bool:
    """Return whether values under the key name models, services, roles and the like: no names are looked for there."""
    lowered = key.lower()
    if lowered.startswith(_CONTENT_PREFIXES):
        return False
    return lowered in _IDENTIFIER_KEYS or lowered.startswith(_IDENTIFIER_PREFIXES)


def is_identifier(key: str, value: str) -> bool:
    """Return whether a value is a span's or trace's id, which stays whatever its digits look like."""
    return key in {"trace_id", "span_id", "parent_span_id"} and _HEX_ID.fullmatch(value) is not None


def context_key(key: str) -> str:
    """Return the key if it may tell what the value is, else an empty string.

    The name of a placeholder in it tells nothing: it was not there before redaction.
    """
    if key in _STRUCTURE:
        return ""
    if "." in key:
        key = _POSITION.sub("", key)
    return PLACEHOLDER.sub(" ", key) if "<" in key else key
