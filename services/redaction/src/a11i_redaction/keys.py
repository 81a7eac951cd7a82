"""What the key of an attribute or of a JSON member says about the value under it."""

import re
from functools import lru_cache
from typing import Final

from a11i_redaction.detectors.families import names_number
from a11i_redaction.detectors.secret_names import is_telling, is_telling_of_digits, names_password
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
    "call_id", "exception.stacktrace", "exception.type", "finish_reason", "finish_reasons",
    "format", "id", "kind", "language", "level", "message_id", "mime_type", "mimetype", "modality", "model", "object",
    "parent_id", "request_id", "response_id", "role", "run_id", "schema_url", "scope.name", "scope.version", "severity",
    "span_id", "status", "thread_id", "tool_call_id", "trace_id", "type", "version",
})  # fmt: skip
_IDENTIFIER_PREFIXES: Final = (
    "aws.", "azure.", "db.", "gcp.", "gen_ai.conversation.id", "gen_ai.request.", "gen_ai.response.",
    "gen_ai.tool.call.id", "gen_ai.usage.", "host.", "http.", "messaging.", "net.", "network.", "openai.", "rpc.",
    "url.",
)  # fmt: skip
_CONTENT_PREFIXES: Final = (
    "gen_ai.agent.description", "gen_ai.request.messages", "gen_ai.response.content", "gen_ai.system_instructions",
)  # fmt: skip
_CONTENT_ENDINGS: Final = (
    ".body", ".content", ".description", ".message", ".messages", ".query", ".query.text", ".stacktrace", ".statement",
)  # fmt: skip
"""Keys that hold sentences, whatever they begin with."""
_LABELS: Final = frozenset({
    "encoding", "error.type", "exception.type", "format", "language", "mime_type", "mimetype", "model", "schema_url",
    "scope.name", "scope.version", "version",
})  # fmt: skip
_LABEL_PREFIXES: Final = (
    "cloud.", "code.", "container.", "deployment.", "faas.", "gen_ai.agent.", "gen_ai.operation.",
    "gen_ai.output.type", "gen_ai.provider.", "gen_ai.request.model", "gen_ai.response.model", "gen_ai.system",
    "gen_ai.tool.name", "gen_ai.tool.type", "k8s.", "llm.model", "os.", "process.executable.", "process.runtime.",
    "server.", "service.", "telemetry.", "thread.", "user_agent.",
)  # fmt: skip
"""Keys under which a value of several words names what runs, and nobody."""
_LONGEST_LABEL: Final = 60
"""Characters; identifiers are rarely longer."""
_WORDS, _IDENTIFIERS, _NAMES_OF_THINGS = range(3)
_LABEL_CHARS: Final = 60
"""Of the end of a key: what is longer names no number."""
_HEX_ID: Final = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}")


def may_hold_names(key: str, value: str) -> bool:
    """Return whether names are looked for in a value under the key.

    Under keys that name models, roles, hosts and the like they are only in values of several words, or long ones; under
    those of what runs never.
    """
    kind = _kind(key)
    return kind == _WORDS or (kind == _IDENTIFIERS and (" " in value or "%20" in value or len(value) > _LONGEST_LABEL))


@lru_cache(maxsize=4096)
def _kind(key: str) -> int:
    """Return what stands under a key."""
    lowered = key.lower()
    if lowered.startswith(_CONTENT_PREFIXES):
        return _WORDS
    if lowered in _LABELS or lowered.startswith(_LABEL_PREFIXES):
        return _NAMES_OF_THINGS
    if lowered.endswith(_CONTENT_ENDINGS):
        return _WORDS
    return _IDENTIFIERS if lowered in _IDENTIFIER_KEYS or lowered.startswith(_IDENTIFIER_PREFIXES) else _WORDS


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


@lru_cache(maxsize=4096)
def tells_of_numbers(key: str) -> bool:
    """Return whether even a short number under the key can be something: `cvv`, `pin`, `password`, `phone`."""
    return bool(key) and (
        names_number(key[-_LABEL_CHARS:]) or is_telling_of_digits(key) or (is_telling(key) and names_password(key))
    )
