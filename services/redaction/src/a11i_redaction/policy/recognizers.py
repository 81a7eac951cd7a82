"""Checks of what a tenant brings of its own: recognizers, expressions, words."""

import math
import re
from collections.abc import Sequence
from typing import Any, Final, NoReturn

import re2  # type: ignore[import-untyped]  # It has no stubs.

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_chassis.errors import InvalidArgumentError
from a11i_redaction.detectors.custom import CustomRecognizer, compiled

MAX_RECOGNIZERS: Final = 50
_MAX_PATTERNS: Final = 20
_MAX_PATTERN_CHARS: Final = 500
_MAX_PROGRAM: Final = 5_000
"""Instructions of a compiled expression: a text's time grows with them, too."""
_MAX_WORDS: Final = 10_000
_MAX_TEXT_CHARS: Final = 200
_MAX_CONTEXT: Final = 50
_DEFAULT_SCORE: Final = 0.8
_ENTITY: Final = re.compile(r"[A-Z][A-Z0-9_]{1,39}")
_RESERVED: Final = frozenset({"WITHHELD", "DROPPED"})
_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f\x7f]")


def checked_recognizer(item: pb.CustomRecognizer, field: str) -> CustomRecognizer:
    """Return a recognizer. Raises InvalidArgumentError, which names the field."""
    if not _ENTITY.fullmatch(item.entity) or item.entity in _RESERVED:
        _refuse(f"{field}.entity", "2 to 40 of A-Z, 0-9 and _, a letter first; not WITHHELD, DROPPED")
    if not item.patterns and not item.deny_list:
        _refuse(field, "patterns or deny_list are needed")
    _bound(item.patterns, _MAX_PATTERNS, f"{field}.patterns")
    _bound(item.deny_list, _MAX_WORDS, f"{field}.deny_list")
    _bound(item.context, _MAX_CONTEXT, f"{field}.context")
    for index, pattern in enumerate(item.patterns):
        checked_pattern(pattern, f"{field}.patterns[{index}]", ignore_case=item.ignore_case)
    if item.score and not (math.isfinite(item.score) and 0 < item.score <= 1):
        _refuse(f"{field}.score", "from 0 to 1")
    return CustomRecognizer(
        entity=item.entity,
        patterns=tuple(item.patterns),
        words=tuple(_word(text, f"{field}.deny_list[{index}]") for index, text in enumerate(item.deny_list)),
        score=item.score or _DEFAULT_SCORE,
        context=tuple(_word(text, f"{field}.context[{index}]") for index, text in enumerate(item.context)),
        ignore_case=item.ignore_case,
    )


def checked_pattern(pattern: str, field: str, *, ignore_case: bool = False) -> Any:
    """Return a compiled expression. Raises InvalidArgumentError, which says what is wrong and where in it."""
    if not 0 < len(pattern) <= _MAX_PATTERN_CHARS:
        _refuse(field, f"1 to {_MAX_PATTERN_CHARS} characters")
    if "\0" in pattern:
        _refuse(field, "no NUL, which PostgreSQL cannot keep; \\x00 matches one")
    try:
        expression = compiled(pattern, ignore_case=ignore_case)
    except re2.error as error:
        _refuse(field, f"not an expression of RE2: {_explained(pattern, error)}")
    if max(expression.programsize, expression.reverseprogramsize) > _MAX_PROGRAM:
        _refuse(field, "too large; lower its counted repetitions")
    if expression.fullmatch("") is not None:
        _refuse(field, "matches an empty text, and so everywhere")
    return expression


def checked_text(text: str, field: str) -> str:
    """Return a key or value. Raises InvalidArgumentError."""
    if not 0 < len(text) <= _MAX_TEXT_CHARS:
        _refuse(field, f"1 to {_MAX_TEXT_CHARS} characters")
    if _CONTROL_CHARACTER.search(text):
        _refuse(field, "no control characters")
    return text


def _explained(pattern: str, error: Exception) -> str:
    """Return RE2's message, and where in the pattern the piece stands that it quotes."""
    raw = error.args[0] if error.args else b""
    message = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    piece = message.partition(": ")[2]
    place = pattern.find(piece) if piece else -1
    return f"{message} (at character {place + 1})" if place >= 0 else message


def _word(text: str, field: str) -> str:
    if not any(char.isalnum() for char in checked_text(text, field)):
        _refuse(field, "a letter or digit is needed")
    return text


def _bound(items: Sequence[str], most: int, field: str) -> None:
    if len(items) > most:
        _refuse(field, f"{most:,} at most")


def _refuse(field: str, message: str) -> NoReturn:
    field = field.lstrip(".")
    raise InvalidArgumentError(f"{field}: {message}", field=field)
