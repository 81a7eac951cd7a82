"""How single values are taken from attributes: text, numbers, and what stands inside JSON."""

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Final

import orjson

from a11i_telemetry.kinds import OPERATIONS, provider_of
from a11i_telemetry.parts import JsonValue
from a11i_telemetry.sources import Take
from a11i_telemetry.usage import count

_LARGEST_USD: Final = 10**12
"""No call costs so much; more is a mistake, and counts as not known."""
_USD_DIGITS: Final = Decimal("0.000000000001")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_LONGEST_NUMBER: Final = 40
MAX_PYTHON_CHARS: Final = 200_000
"""Longer texts of Python's are not read: telling their strings apart takes a microsecond each."""

_OPENINGS: Final = frozenset({"{", "[", '"'})
_PYTHON_TOKEN: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\b(?:None|True|False)\b", re.DOTALL)
_PYTHON_WORDS: Final = {"None": "null", "True": "true", "False": "false"}
_PYTHON_ESCAPE: Final = re.compile(r"\\(x[0-9a-fA-F]{2}|U[0-9a-fA-F]{8}|.)|\"", re.DOTALL)


def text(value: JsonValue) -> str | None:
    """Return text as it is, and whole numbers in digits."""
    if type(value) is str:
        return value or None
    return str(value) if type(value) is int else None


def quoted(value: JsonValue) -> str | None:
    """Return text as it is, out of its quotes if it is the JSON of a text."""
    if type(value) is str and value[:1] == '"' and value[-1:] == '"':
        inner = json_of(value)
        return inner if isinstance(inner, str) and inner else None
    return text(value)


def provider(value: JsonValue) -> str | None:
    """Return OpenTelemetry's name of a provider."""
    return _provider(value) if type(value) is str and len(value) <= _LONGEST_NAME else None


def operation(value: JsonValue) -> str | None:
    """Return OpenTelemetry's word for an operation."""
    return OPERATIONS.get(value) if isinstance(value, str) else None


_LONGEST_NAME: Final = 100
"""Names of providers are shorter."""


@lru_cache(maxsize=1000)
def _provider(value: str) -> str | None:
    word = quoted(value)
    return provider_of(word) if word else None


def text_list(value: JsonValue) -> list[str] | None:
    """Return the texts of a list, of a list in JSON, or the one text."""
    if isinstance(value, str):
        value = json_of(value) if value[:1] in ("[", '"') else value
        if isinstance(value, str):
            return [value] if value else None
    if isinstance(value, list):
        return [one for one in value if isinstance(one, str) and one] or None
    return None


def number(value: JsonValue) -> float | None:
    """Return a finite number, also of a decimal text."""
    if type(value) is str:
        if len(value) > _LONGEST_NUMBER or not _NUMBER.fullmatch(value):
            return None
        value = float(value)
    if type(value) is int:
        return float(value)
    return value if type(value) is float and math.isfinite(value) else None


def pictures(value: JsonValue) -> int | None:
    """Return how many pictures a list has; None if there is none in it."""
    if not isinstance(value, list):
        return None
    found = sum(isinstance(one, str) or (isinstance(one, dict) and not _PICTURE.isdisjoint(one)) for one in value)
    return found or None


def answered_pictures(value: JsonValue) -> int | None:
    """Return how many pictures an answer of OpenAI's images API has; None if it is no such answer.

    A chat's answer may be any object that a program asked for. This one has a time, and pictures that are nothing else:
    `ImagesResponse` and `Image` of openai 3.52.
    """
    if not isinstance(value, dict) or type(value.get("created")) is not int:
        return None
    made = value.get("data")
    if not isinstance(made, list) or not all(isinstance(one, dict) and _PICTURES_ALL.issuperset(one) for one in made):
        return None
    return pictures(made)


_PICTURE: Final = frozenset({"url", "b64_json"})
"""Members of a picture in OpenAI's answers."""
_PICTURES_ALL: Final = _PICTURE | {"revised_prompt"}
"""Those and the only other."""


def seconds(value: JsonValue) -> float | None:
    """Return a number of milliseconds in seconds."""
    found = number(value)
    return None if found is None else found / 1000


def usd(value: JsonValue) -> Decimal | None:
    """Return an amount of dollars as exactly as the column holds it."""
    found = number(value)
    if found is None or not 0 <= found <= _LARGEST_USD:
        return None
    return Decimal(repr(found)).quantize(_USD_DIGITS)


def usd_sum(value: JsonValue) -> Decimal | None:
    """Return what the amounts in an object, or in one in JSON, add up to."""
    given = json_of(value)
    amounts = [usd(one) for one in given.values()] if isinstance(given, dict) else []
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None


def speed(value: JsonValue) -> str | None:
    """Return the tier of service that a speed is, which only a fast one is."""
    return "fast" if isinstance(value, str) and value.lower() == "fast" else None


_TRAFFIC: Final = {
    "on_demand": "standard",
    "on_demand_flex": "flex",
    "on_demand_priority": "priority",
    "provisioned_throughput": "provisioned_throughput",
}
"""Vertex AI's TrafficType, in lower case -> the tier of service."""


def traffic(value: JsonValue) -> str | None:
    """Return the tier of service that a type of traffic is."""
    return _TRAFFIC.get(value.lower().removeprefix("traffictype.")) if isinstance(value, str) else None


READERS: Final[Mapping[Take, Callable[[JsonValue], object]]] = {
    Take.TEXT: text,
    Take.QUOTED: quoted,
    Take.PROVIDER: provider,
    Take.OPERATION: operation,
    Take.TEXT_LIST: text_list,
    Take.COUNT: count,
    Take.PICTURES: pictures,
    Take.PICTURES_ANSWER: answered_pictures,
    Take.NUMBER: number,
    Take.MILLISECONDS: seconds,
    Take.USD: usd,
    Take.USD_SUM: usd_sum,
    Take.SPEED: speed,
    Take.TRAFFIC: traffic,
}
"""Each returns None for a value that it cannot use."""


def json_of(value: JsonValue) -> JsonValue:
    """Return what a JSON text, or a text in Python's notation of the same, says; else the value itself."""
    if not isinstance(value, str):
        return value
    head = value[:1]
    if head not in _OPENINGS:
        head = value[:64].lstrip()[:1]
        if head not in _OPENINGS:
            return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return _python_of(value) if head != '"' and len(value) <= MAX_PYTHON_CHARS else value


def structure_of(value: JsonValue) -> JsonValue:
    """Return the list or object that a JSON text says; None for any other text."""
    if type(value) is not str or (value[:1] not in ("[", "{") and value[:64].lstrip()[:1] not in ("[", "{")):
        return None
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return None


def numbers_of(value: JsonValue) -> JsonValue:
    """Return what `json_of` does, faster for an object in Python's notation that holds numbers and no texts."""
    if isinstance(value, str) and value[:2] == "{'" and len(value) <= MAX_PYTHON_CHARS:
        plain = value.replace("'", '"').replace("None", "null").replace("True", "true").replace("False", "false")
        try:
            return orjson.loads(plain)
        except orjson.JSONDecodeError:
            pass
    return json_of(value)


def _python_of(value: str) -> JsonValue:
    plain = '"' not in value and "\\" not in value
    try:
        return orjson.loads(_plain_json(value) if plain else _PYTHON_TOKEN.sub(_json_token, value))
    except orjson.JSONDecodeError:
        return value


def _plain_json(value: str) -> str:
    """Return Python's notation as JSON, if no text in it has a quote or an escape: what is between two is a text."""
    pieces = value.split("'")
    outside = "'".join(pieces[::2]).replace("None", "null").replace("True", "true").replace("False", "false")
    pieces[::2] = outside.split("'")
    return '"'.join(pieces)


def _json_token(token: re.Match[str]) -> str:
    said = token[0]
    return _PYTHON_WORDS.get(said) or f'"{_PYTHON_ESCAPE.sub(_json_escape, said[1:-1])}"'


def _json_escape(escape: re.Match[str]) -> str:
    code = escape[1]
    if code is None:
        return '\\"'
    if code[0] == "x" and len(code) == 3:
        return f"\\u00{code[1:]}"
    if code[0] == "U" and len(code) == 9:
        point = int(code[1:], 16)
        return chr(point) if 0xFFFF < point <= 0x10FFFF else "?"
    if code == "'":
        return "'"
    return escape[0]


def inside(value: JsonValue, path: tuple[str | int, ...]) -> JsonValue:
    """Return the member at a path; None if it is not there."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and len(value) > step else None
        if value is None:
            return None
    return value
