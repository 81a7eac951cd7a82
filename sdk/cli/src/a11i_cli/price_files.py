"""Tables of prices in files, read so that what is odd is refused, and named, before anything is sent."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.timestamp_pb2 import Timestamp

from a11i.tokenization.v1 import tokenization_service_pb2 as pb
from a11i_cli.errors import UsageError, printable

_FIELDS = {name: field.name for field in pb.PriceLine.DESCRIPTOR.fields for name in (field.name, field.json_name)}
_TIMES = ("valid_from", "valid_until")
_EXAMPLE = "2026-03-01T00:00:00Z"


class _Repeating(dict[str, Any]):
    """An object of JSON that had a key twice."""

    key = ""


def read_lines(path: Path) -> list[pb.PriceLine]:
    """The lines in a file, `-` for standard input. Raises UsageError that names the first line at fault."""
    content = _content(path)
    if not isinstance(content, dict):
        raise UsageError(f'{path} is no table of prices: {{"lines": [...]}} is expected')
    _once(content, str(path))
    if unknown := sorted(content.keys() - {"lines"}):
        raise UsageError(f"{path}: a table has `lines` alone, and no {printable(', '.join(unknown))!r}")
    if not isinstance(content.get("lines"), list):
        raise UsageError(f"{path} is no table of prices: `lines` is to be a list, [] for none")
    return [_line(line, f"{path}, line {number} of the table") for number, line in enumerate(content["lines"], 1)]


def _content(path: Path) -> Any:
    kind = "TOML" if path.suffix == ".toml" else "JSON"
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text()
        return tomllib.loads(text) if kind == "TOML" else json.loads(text, object_pairs_hook=_object)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror or error}") from None
    except ValueError as error:
        raise UsageError(f"{path} is no {kind}: {printable(str(error))}") from None
    except RecursionError:
        raise UsageError(f"{path} is no table of prices: it is nested too deeply") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = [name for name, _ in pairs]
    repeating = _Repeating(found)
    repeating.key = next(name for name in names if names.count(name) > 1)
    return repeating


def _once(found: Mapping[str, Any], where: str) -> None:
    if isinstance(found, _Repeating):
        raise UsageError(f"{where}: {printable(found.key)!r} is there twice")


def _line(line: Any, where: str) -> pb.PriceLine:
    if not isinstance(line, dict):
        raise UsageError(f'{where}: a line is an object such as {{"model": "gpt-4o", "discount_percent": "10"}}')
    _once(line, where)
    said: dict[str, Any] = {}
    for name, value in line.items():
        field = _FIELDS.get(name)
        if field is None:
            known = ", ".join(sorted(set(_FIELDS.values())))
            raise UsageError(f"{where}: there is no {printable(name)!r}; a line has {known}")
        if field in said:
            raise UsageError(f"{where}: {field!r} is there twice")
        said[field] = _value(field, value, where)
    try:
        return ParseDict(said, pb.PriceLine())
    except ParseError as error:
        raise UsageError(f"{where}: {printable(str(error))}") from None


def _value(field: str, value: Any, where: str) -> Any:
    """A field's value as protobuf's JSON has it. Raises UsageError."""
    if field == "rates":
        if not isinstance(value, dict):
            raise UsageError(f'{where}: rates are an object such as {{"input": "2.50", "output": "10"}}')
        _once(value, f"{where}, rates")
        return {sort: _text(rate, f"{where}, rates[{printable(sort)}]") for sort, rate in value.items()}
    if field in _TIMES:
        return _time(value, f"{where}, {field}")
    return _text(value, f"{where}, {field}")


def _text(value: Any, where: str) -> str:
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise UsageError(f"{where}: half of a character, which is no text")
        return value
    # A number of JSON may have been rounded on its way; one in quotes is what somebody wrote.
    hint = ': a number is written in quotes, such as "2.50"' if isinstance(value, int | float) else ""
    raise UsageError(f"{where}: {printable(json.dumps(value, default=str))[:64]} is no text{hint}")


def _time(value: Any, where: str) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(), UTC)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise UsageError(f"{where}: {value.isoformat()} names no time zone; write a time such as {_EXAMPLE}")
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    text = _text(value, where)
    try:
        Timestamp().FromJsonString(text)
    except ValueError:
        raise UsageError(f"{where}: {printable(text)!r} is no time; write one such as {_EXAMPLE}") from None
    return text
