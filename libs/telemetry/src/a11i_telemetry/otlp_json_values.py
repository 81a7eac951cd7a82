"""Attributes and their values out of OTLP/JSON.

A value that is not what its member says costs no more than itself: the item keeps it as the text that was sent.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from a11i_telemetry.findings import Outcome
from a11i_telemetry.otlp_json_scalars import (
    INT32,
    INT64,
    WRONG_TYPE,
    BadFieldError,
    base64_bytes,
    boolean,
    double,
    integer,
    mended,
)

TEXT_NOT_UTF8: Final = "text is not UTF-8"
TOO_DEEP: Final = "value is nested too deep"
TWO_MEMBERS: Final = "more than one member of a oneof"

MAX_DEPTH: Final = 30
"""Values within values that are kept. Each takes two or three of the hundred messages within messages that protobuf's
parser follows, and the outermost lies in nine at most."""

_WHERE_CHARS: Final = 200
"""Of a place's name, which can be an attribute's key of any length."""
_CUT: Final = "[nested too deep]"
"""What stands for what lies below the last level."""


@dataclass(slots=True)
class Notes:
    """What is mended of one item, while it is read."""

    noted: dict[str, tuple[Outcome, str]] = field(default_factory=dict)
    """What became of it, and where first, by reason."""
    dropped: dict[str, int] = field(default_factory=dict)
    """Elements that are left out, by the field that counts such in the item."""

    def add(self, reason: str, where: str, outcome: Outcome = Outcome.REPAIRED) -> None:
        """Note a reason; the first place counts."""
        self.noted.setdefault(reason, (outcome, where[:_WHERE_CHARS]))

    def drop(self, counter: str, reason: str, where: str) -> None:
        """Note that an element is left out."""
        self.add(reason, where)
        self.dropped[counter] = self.dropped.get(counter, 0) + 1


def set_text(message: Any, name: str, value: Any, notes: Notes, where: str) -> None:
    """Set a field of text. Raises BadFieldError if `value` is none."""
    if type(value) is not str:
        raise BadFieldError(WRONG_TYPE)
    try:
        setattr(message, name, value)
    except UnicodeEncodeError:
        setattr(message, name, mended(value))
        notes.add(TEXT_NOT_UTF8, mended(where))


def read_pairs(pairs: Any, document: Any, notes: Notes, where: str = "", depth: int = 1) -> None:
    """Read an array of key-values into a field of KeyValues.

    `where` is the key of the outermost pair that holds them, `depth` the number of values that do, and one.
    Raises BadFieldError if it is no array.
    """
    if type(document) is not list:
        raise BadFieldError(WRONG_TYPE)
    add = pairs.add
    kept = depth <= MAX_DEPTH
    for one in document:
        if type(one) is not dict:
            notes.drop("dropped_attributes_count", WRONG_TYPE, where or "attributes")
            continue
        pair = add()
        key, value = one.get("key"), one.get("value")
        if key is not None:
            try:
                pair.key = key
            except (TypeError, UnicodeEncodeError):
                _mend_key(pair, key, notes)
        if value is not None:
            # Most values are text, and this is where most of the time goes.
            if kept and type(value) is dict and len(value) == 1 and type(text := value.get("stringValue")) is str:
                try:
                    pair.value.string_value = text
                    continue
                except UnicodeEncodeError:
                    pass
            read_value(pair.value, value, notes, where or pair.key, depth)


def read_value(target: Any, document: Any, notes: Notes, where: str, depth: int = 1) -> None:
    """Read a value's object into an AnyValue. Of several members the last counts."""
    if depth > MAX_DEPTH:
        target.string_value = _CUT
        notes.add(TOO_DEEP, where, Outcome.TRUNCATED)
        return
    if type(document) is not dict:
        _keep_as_text(target, document, notes, where, WRONG_TYPE)
        return
    members = 0
    for name, value in document.items():
        if value is None or name not in _MEMBERS:
            continue
        members += 1
        try:
            if name == "stringValue":
                set_text(target, "string_value", value, notes, where)
            else:
                _MEMBERS[name](target, value, notes, where, depth)
        except BadFieldError as bad:
            _keep_as_text(target, value, notes, where, bad.reason)
    if members != 1:
        target.SetInParent()  # an empty value is one, too
        if members:
            notes.add(TWO_MEMBERS, where)


def _mend_key(pair: Any, key: Any, notes: Notes) -> None:
    if type(key) is str:
        set_text(pair, "key", key, notes, key)
        return
    pair.key = _text(key)
    notes.add(WRONG_TYPE, "an attribute's key")


def _keep_as_text(target: Any, value: Any, notes: Notes, where: str, reason: str) -> None:
    target.string_value = _text(value)
    notes.add(reason, where)


def _text(value: Any) -> str:
    """Return a string itself, and any other JSON value as JSON."""
    if type(value) is str:
        return mended(value)
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return _CUT  # or halves of surrogate pairs, or integers that no encoder knows, within


def _read_array(target: Any, value: Any, notes: Notes, where: str, depth: int) -> None:
    target.array_value.SetInParent()
    for element in _list(value):
        added = target.array_value.values.add()
        if element is not None:
            read_value(added, element, notes, where, depth + 1)


def _read_pairs(target: Any, value: Any, notes: Notes, where: str, depth: int) -> None:
    target.kvlist_value.SetInParent()
    read_pairs(target.kvlist_value.values, _list(value), notes, where, depth + 1)


def _list(value: Any) -> Any:
    """Return what stands in the array of `{"values": [...]}`; nothing where there is none."""
    if type(value) is not dict:
        raise BadFieldError(WRONG_TYPE)
    values = value.get("values")
    if values is None:
        return []
    if type(values) is not list:
        raise BadFieldError(WRONG_TYPE)
    return values


def _setter(name: str, convert: Callable[[Any], Any]) -> Callable[[Any, Any, Notes, str, int], None]:
    def read(target: Any, value: Any, notes: Notes, where: str, depth: int) -> None:
        setattr(target, name, convert(value))

    return read


def _read_text(target: Any, value: Any, notes: Notes, where: str, depth: int) -> None:
    set_text(target, "string_value", value, notes, where)


_MEMBERS: Final = {
    "stringValue": _read_text,
    "boolValue": _setter("bool_value", boolean),
    "intValue": _setter("int_value", lambda value: integer(value, *INT64)),
    "doubleValue": _setter("double_value", double),
    "arrayValue": _read_array,
    "kvlistValue": _read_pairs,
    "bytesValue": _setter("bytes_value", base64_bytes),
    "stringValueStrindex": _setter("string_value_strindex", lambda value: integer(value, *INT32)),
}
"""How each member of a value is read."""
