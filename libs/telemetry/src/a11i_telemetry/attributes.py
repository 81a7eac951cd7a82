"""Attribute values as JSON text, both ways and without loss.

A string is a JSON string, an integer a number without point or exponent, a double a number with one, a boolean a
boolean, an array an array, a key-value list an object, the empty value null. What JSON cannot say is an object of one
member, named as in OTLP/JSON: {"bytesValue": "<base64>"}, {"doubleValue": "NaN" | "Infinity" | "-Infinity"}; and a
key-value list that would look like one of these stands inside {"kvlistValue": {...}}.
"""

import base64
import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson
from opentelemetry.proto.common.v1 import common_pb2 as otlp

from a11i_telemetry.rules import MOVED_COLUMNS

_BYTES: Final = "bytesValue"
_DOUBLE: Final = "doubleValue"
_PAIRS: Final = "kvlistValue"
_WRAPPERS: Final = frozenset({_BYTES, _DOUBLE, _PAIRS})

JsonValue = Any
"""What orjson reads and writes: None, bool, int, float, str, list, dict."""


def text(raw: bytes) -> str:
    """Return `raw` as text, with U+FFFD for what is not UTF-8."""
    return raw.decode("utf-8", "replace")


def value_to_object(value: Any) -> JsonValue:
    """Return a `lenient.AnyValue` as the object whose JSON text stands for it."""
    match value.WhichOneof("value"):
        case "string_value":
            return text(value.string_value)
        case "bool_value":
            return value.bool_value
        case "int_value":
            return value.int_value
        case "double_value":
            return _double_to_object(value.double_value)
        case "array_value":
            return [value_to_object(element) for element in value.array_value.values]
        case "kvlist_value":
            pairs = pairs_to_object(value.kvlist_value.values)
            return {_PAIRS: pairs} if len(pairs) == 1 and not _WRAPPERS.isdisjoint(pairs) else pairs
        case "bytes_value":
            return bytes_to_object(value.bytes_value)
    return None


def pairs_to_object(pairs: Iterable[Any]) -> dict[str, JsonValue]:
    """Return lenient KeyValues as an object. Of two pairs with one key the last stays, in the place of the first."""
    return {text(pair.key): value_to_object(pair.value) for pair in pairs}


def bytes_to_object(raw: bytes) -> JsonValue:
    """Return a bytes value as the object whose JSON text stands for it."""
    return {_BYTES: base64.b64encode(raw).decode("ascii")}


def to_json(value: JsonValue) -> str:
    """Return the JSON text of what the functions above return."""
    return orjson.dumps(value).decode()


def json_to_any_value(json_text: str) -> otlp.AnyValue:
    """Return the OTLP value that a JSON text of `attr_json` stands for. Raises ValueError if it is no JSON."""
    return _object_to_any_value(orjson.loads(json_text))


def json_to_key_values(json_text: str) -> list[otlp.KeyValue]:
    """Return the attributes of a JSON object, such as `resource_attributes`, sorted by key; [] for empty text.

    Raises ValueError if it is no JSON object.
    """
    if not json_text:
        return []
    attributes = orjson.loads(json_text)
    if not isinstance(attributes, dict):
        raise ValueError("attributes are no JSON object")
    return object_to_key_values(attributes)


def object_to_key_values(attributes: Mapping[str, JsonValue]) -> list[otlp.KeyValue]:
    """Return the attributes of an object, such as an event's, sorted by key."""
    return [otlp.KeyValue(key=key, value=_object_to_any_value(attributes[key])) for key in sorted(attributes)]


def to_key_values(row: Mapping[str, Any]) -> list[otlp.KeyValue]:
    """Return a stored span's own attributes with the types in which they came, sorted by key.

    `row` holds, under their names in the schema, the columns `attr_string`, `attr_int`, `attr_double`, `attr_bool`
    and `attr_json` as mappings, `lifted` as a sequence, and the text columns that its keys were moved to.
    """
    values: dict[str, otlp.AnyValue] = {}
    values.update((key, otlp.AnyValue(string_value=value)) for key, value in row["attr_string"].items())
    values.update((key, otlp.AnyValue(int_value=value)) for key, value in row["attr_int"].items())
    values.update((key, otlp.AnyValue(double_value=value)) for key, value in row["attr_double"].items())
    values.update((key, otlp.AnyValue(bool_value=value)) for key, value in row["attr_bool"].items())
    values.update((key, json_to_any_value(value)) for key, value in row["attr_json"].items())
    values.update((key, otlp.AnyValue(string_value=row[MOVED_COLUMNS[key]])) for key in row["lifted"])
    return [otlp.KeyValue(key=key, value=values[key]) for key in sorted(values)]


def _double_to_object(value: float) -> JsonValue:
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return {_DOUBLE: "NaN"}
    return {_DOUBLE: "Infinity" if value > 0 else "-Infinity"}


def _object_to_any_value(value: JsonValue) -> otlp.AnyValue:
    match value:
        case None:
            return otlp.AnyValue()
        case str():
            return otlp.AnyValue(string_value=value)
        case bool():
            return otlp.AnyValue(bool_value=value)
        case int():
            return otlp.AnyValue(int_value=value)
        case float():
            return otlp.AnyValue(double_value=value)
        case list():
            return otlp.AnyValue(array_value=otlp.ArrayValue(values=[_object_to_any_value(one) for one in value]))
        case {"bytesValue": str() as encoded, **rest} if not rest:
            return otlp.AnyValue(bytes_value=base64.b64decode(encoded))
        case {"doubleValue": str() as special, **rest} if not rest:
            return otlp.AnyValue(double_value=float(special))
        case {"kvlistValue": dict() as pairs, **rest} if not rest:
            return _pairs_to_any_value(pairs)
        case dict():
            return _pairs_to_any_value(value)
    raise ValueError(f"no attribute value: {type(value).__name__}")


def _pairs_to_any_value(pairs: Mapping[str, JsonValue]) -> otlp.AnyValue:
    members = [otlp.KeyValue(key=key, value=_object_to_any_value(value)) for key, value in pairs.items()]
    return otlp.AnyValue(kvlist_value=otlp.KeyValueList(values=members))
