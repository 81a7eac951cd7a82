"""Values as people write and read them: durations, counts, dollars."""

from __future__ import annotations

import argparse
import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from a11i_cli.errors import printable

MOST_DECIMALS = 12  # Of dollars: costs are kept with so many.
LEAST_USD = 10**-MOST_DECIMALS
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


def parse_span_prefix(text: str) -> str:
    """The first hexadecimal digits of a span id, or all. For argparse."""
    if re.fullmatch(r"[0-9a-fA-F]{1,16}", text) is None:
        raise argparse.ArgumentTypeError(f"{printable(text)!r} is no span id, nor the first digits of one")
    return text.lower()


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
    """To the second within a year, else the day: always short. In the zone of `now`, which `zone` names."""
    time = time.astimezone(now.tzinfo)
    return f"{time:%m-%d %H:%M:%S}" if now - time < timedelta(days=300) else f"{time:%Y-%m-%d}"


def zone(now: datetime) -> str:
    """The zone's name where that says anything, else its distance from UTC."""
    name = now.tzname() or ""
    return name if name.isalpha() else f"{now:%z}"


def show_moment(time: Timestamp, now: datetime) -> str:
    """To the millisecond, with its zone."""
    moment = time.ToDatetime(tzinfo=UTC).astimezone(now.tzinfo)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03} {zone(now)}"


def show_usd(dollars: float, decimals: int | None = None) -> str:
    """With so many decimals. None: with two; less than a dime with as many as show two significant digits or three."""
    sign, dollars = ("-" if dollars < 0 else ""), abs(dollars)
    if decimals is not None:
        return f"{sign}${dollars:,.{decimals}f}"
    if 0 < dollars < LEAST_USD:
        return f"<{sign}${LEAST_USD:.{MOST_DECIMALS}f}"
    least = two_digits(dollars) if dollars else 2
    if dollars >= 0.1:
        return f"{sign}${dollars:,.{least}f}"
    whole, _, fraction = f"{dollars:.{min(least + 1, MOST_DECIMALS)}f}".partition(".")
    return f"{sign}${whole}.{fraction.rstrip('0').ljust(least, '0')}"


def common_decimals(costs: Sequence[float], *, most: int = 9) -> int:
    """Decimals with which the costs are written out in full, so that they visibly add up; two at least.

    Where `most` do not suffice: as many as give the least of them two significant digits.
    """
    shown = [abs(cost) for cost in costs if cost]
    if not shown:
        return 2
    for decimals in range(2, most + 1):
        if all(abs(round(cost, decimals) - cost) < max(1e-12, cost * 1e-15) for cost in shown):
            return max(decimals, *(two_digits(cost) for cost in shown))
    return max(2, *(two_digits(cost) for cost in shown))


def two_digits(dollars: float) -> int:
    """Decimals that show two significant digits; two at least, and no more than costs are kept with."""
    exponent = int(f"{abs(dollars):e}".rpartition("e")[2])
    return min(MOST_DECIMALS, max(2, 1 - exponent))


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


def show_timestamp(time: Timestamp, now: datetime) -> str:
    """A message's time, as `show_time` has it."""
    return show_time(time.ToDatetime(tzinfo=UTC), now)


def enum_word(enum: object, number: int, prefix: str) -> str:
    """Return the name of an enum's number in words, without the prefix that its names share.

    A server that is newer than this command may know more: then it is the number.
    """
    names = {value: name for name, value in enum.items()}  # type: ignore[attr-defined]  # a wrapper of an enum
    return str(names.get(number, number)).removeprefix(prefix).lower().replace("_", " ")
