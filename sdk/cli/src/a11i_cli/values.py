"""Values as people write and read them: durations, counts, dollars."""

from __future__ import annotations

import argparse
import base64
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from a11i_cli.errors import printable

UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(text: str) -> timedelta:
    """`500ms`, `10s`, `5m`, `2h`, `7d`. For argparse."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h|d)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration such as 500ms, 10s, 5m, 2h or 7d")
    return timedelta(seconds=float(match[1]) * UNITS_S[match[2]])


def parse_trace_id(text: str) -> str:
    """32 hexadecimal digits. For argparse."""
    return _parse_id(text, "trace", 32)


def parse_span_id(text: str) -> str:
    """16 hexadecimal digits. For argparse."""
    return _parse_id(text, "span", 16)


def _parse_id(text: str, what: str, digits: int) -> str:
    if len(text) != digits or re.fullmatch(r"[0-9a-fA-F]+", text) is None:
        raise argparse.ArgumentTypeError(f"{printable(text)!r} is no {what} id of {digits} hexadecimal digits")
    return text.lower()


def show_duration(seconds: float) -> str:
    """Three significant digits at most, in the unit that fits."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    if seconds < 1:
        return f"{seconds * 1e3:.3g} ms" if seconds < 0.9995 else "1 s"
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest_s = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest_s} s"


def show_time(time: datetime, now: datetime) -> str:
    """To the second within a year, else the day: always short."""
    return f"{time:%m-%d %H:%M:%S}" if now - time < timedelta(days=300) else f"{time:%Y-%m-%d}"


def show_usd(dollars: float) -> str:
    """Cents with two digits; what is less with as many as it takes to see something."""
    if dollars >= 0.1 or dollars == 0:
        return f"${dollars:,.2f}"
    return f"${dollars:.6f}".rstrip("0") if dollars >= 0.000001 else "<$0.000001"


def show_entities(entities: Mapping[str, int]) -> str:
    """`EMAIL_ADDRESS x2, PERSON`."""
    return ", ".join(name if count == 1 else f"{name} x{count}" for name, count in sorted(entities.items()))


def show_number(number: float) -> str:
    """Six significant digits at most."""
    return f"{number:,.6g}" if abs(number) < 1e6 else f"{number:.6g}"


def show_value(value: AnyValue) -> str:
    """A text as it is, anything else as JSON."""
    return value.string_value if value.HasField("string_value") else json.dumps(_plain(value), ensure_ascii=False)


def show_attributes(attributes: Iterable[KeyValue]) -> str:
    """`key=value key=value`."""
    return " ".join(f"{one.key}={show_value(one.value)}" for one in attributes)


def _plain(value: AnyValue) -> object:
    match value.WhichOneof("value"):
        case "array_value":
            return [_plain(one) for one in value.array_value.values]
        case "kvlist_value":
            return {one.key: _plain(one.value) for one in value.kvlist_value.values}
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
        case None:
            return None
        case kind:
            plain: object = getattr(value, kind)
            return plain
