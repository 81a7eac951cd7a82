"""Turning a program's values into JSON text for a span: bounded, and never raising."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from math import isfinite

MAX_CAPTURED_CHARS = 1024 * 1024
"""Longer text is cut. A context window of 200,000 tokens is about 800,000 characters, so no conversation is."""
_MAX_DEPTH = 24
"""OTLP receivers may refuse deeper nesting, and no reader follows it."""
_CUT = "... [cut by a11i.sdk]"


def to_text(value: object) -> str:
    """Return `value` as text: a string as it is, anything else as JSON; cut at MAX_CAPTURED_CHARS."""
    return clean(value if isinstance(value, str) else to_json(value))


def to_json(value: object) -> str:
    """Return `value` as JSON; what JSON cannot hold is shown by its fields or the name of its type."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=fields_of)
    except Exception:  # cycles, NaN, odd keys, depth, or a property of the program's own object that raises
        return json.dumps(_plain(value, 0), ensure_ascii=False)


def clean(text: str) -> str:
    """Return `text` as UTF-8 can hold it (a lone surrogate becomes "?"), cut at MAX_CAPTURED_CHARS."""
    if len(text) > MAX_CAPTURED_CHARS:
        text = text[: MAX_CAPTURED_CHARS - len(_CUT)] + _CUT
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text


def fields_of(value: object) -> object:
    """Return what stands for an object that JSON has no form for."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    dump = getattr(value, "model_dump", None)  # pydantic, and the clients built on it
    if callable(dump) and not isinstance(value, type):
        return dump(mode="json")
    if isinstance(value, (set, frozenset)):
        return list(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"<{len(value)} bytes>"
    return f"<{type(value).__name__}>"  # not repr: it can be huge, slow, or show a secret


def _plain(value: object, depth: int) -> object:
    """Return a copy of `value` that JSON surely takes, to a bounded depth."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if depth >= _MAX_DEPTH:
        return f"<{type(value).__name__}>"
    try:
        if isinstance(value, Mapping):
            return {str(key): _plain(item, depth + 1) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [_plain(item, depth + 1) for item in value]
        return _plain(fields_of(value), depth + 1)
    except Exception:  # the program's own __str__, items or model_dump raised
        return f"<{type(value).__name__}>"
