"""The text of an OTLP/JSON request as Python's objects, with what strict parsers refuse for one value of many.

Well-formed JSON goes through orjson. What it refuses is read again by Python's own parser, which also knows bare NaN
and Infinity, halves of surrogate pairs, raw control characters and numbers of any size; what of that an item cannot
hold, its reader finds. Bytes that are not UTF-8 become lone surrogates in this, and are found in the same place.
"""

import codecs
import gc
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import orjson

MAX_DOCUMENT_BYTES: Final = 512 * 1024 * 1024
"""Memory that a document may take as objects, roughly: braces and commas alone would take 80 times their size."""

_CONTAINER_BYTES: Final = 240
"""An object or array of CPython 3.11 that holds something, and that something's own text."""
_ELEMENT_BYTES: Final = 60
"""A short string or a number, and its place in what holds it."""
_MAX_DEPTH: Final = 250
"""Arrays and objects within each other that are kept of a document too deep to parse. The deepest value that is read
stands some 115 deep, so what is cut for this is cut anyway or in a field that nobody knows."""
_MAX_DIGITS: Final = 20
"""Digits of 2^64. What is longer is out of range anyhow, and Python takes quadratic time for it."""

_STRING: Final = r'"(?:[^"\\]++|\\.)*+"?'
"""A JSON string. One that does not end takes the rest, so that no text is looked at twice."""
_STRINGS: Final = re.compile(_STRING.encode(), re.DOTALL)
_BRACKET: Final = re.compile(rf'(?:[^"\[\]{{}}]++|{_STRING})*+([\[\]{{}}])', re.DOTALL)


class OtlpJsonError(ValueError):
    """The body is no OTLP/JSON request; the message says what is wrong and where. Nothing of it was taken."""


class OtlpJsonTooLargeError(ValueError):
    """The body would take too much memory once read. Nothing of it was taken."""


@contextmanager
def collector_resting() -> Iterator[None]:
    """Keep Python's cycle collector off while a document, which has no cycles, is read and let go.

    Its many objects would have it look through all of them again and again: a third of the time, in large requests.
    Threads may overlap in this; whoever found it on puts it on again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def load(body: bytes) -> Any:
    """Return the JSON value that `body` is. Of members with one name the last counts.

    Strings may hold lone surrogates. Takes time in proportion to the body.
    Raises OtlpJsonError, or OtlpJsonTooLargeError for more than about MAX_DOCUMENT_BYTES.
    """
    if _memory(body) > MAX_DOCUMENT_BYTES and _memory(_STRINGS.sub(b"", body)) > MAX_DOCUMENT_BYTES:
        raise OtlpJsonTooLargeError("the request has too many JSON values; send smaller batches")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _load_leniently(body.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape"))


def _memory(body: bytes) -> int:
    """Return about how much memory the objects take, at most: what stands in strings counts too."""
    return (body.count(b"{") + body.count(b"[")) * _CONTAINER_BYTES + body.count(b",") * _ELEMENT_BYTES


def _load_leniently(text: str) -> Any:
    try:
        return _decode(text)
    except RecursionError:
        return _decode(_cut_nests(text))


def _decode(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise OtlpJsonError(f"the request is no JSON: {error.msg}, line {error.lineno} column {error.colno}") from None


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)


def _cut_nests(text: str) -> str:
    """Return the text with 0 for what is nested deeper than _MAX_DEPTH."""
    kept: list[str] = []
    depth = kept_to = 0
    for bracket in _BRACKET.finditer(text):
        at = bracket.start(1)
        if text[at] in "[{":
            depth += 1
            if depth == _MAX_DEPTH + 1:
                kept += (text[kept_to:at], "0")
        else:
            if depth == _MAX_DEPTH + 1:
                kept_to = at + 1
            depth -= 1
    if depth <= _MAX_DEPTH:
        kept.append(text[kept_to:])
    return "".join(kept)


_DECODER: Final = json.JSONDecoder(strict=False, parse_int=_number)
