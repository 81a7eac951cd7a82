"""A call's tokens in words: reported beside counted, what they are made of, how full the context window is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from a11i.telemetry.v1.span_pb2 import Cost, NumberSource, Usage
from a11i_cli.errors import printable

PARTS = ("system", "tools", "history", "user", "tool_results", "format")
PER_MILLION = 1_000_000
FEES = ("call", "picture", "web_search")
"""Sorts whose rates are for one, not for a token."""


def count_note(usage: Usage) -> str:
    """`counted 318 in (+1.9%), 18 out (same); 0.25% of 128,000; system 52, user 30`; empty if nothing was counted.

    A number that stands in for one that nobody reported is in the tree already, and not repeated. One of a call that
    failed is not there: nobody bills it.
    """
    if not usage.tokenizer:
        return ""
    beside = [text for text in (_beside(usage, "in"), _beside(usage, "out")) if text]
    told = [f"{_verb(usage)} {', '.join(beside)}"] if beside else []
    told += [text for text in (window_share(usage), show_parts(usage.part_tokens)) if text]
    return "; ".join(told)


def difference(reported: int, counted: int) -> str:
    """By how much more was counted than reported: `same`, `+1.9%`, `-12%`; `0 reported` where no share can be said."""
    if counted == reported:
        return "same"
    return show_percent(100 * (counted - reported) / reported, sign=True) if reported > 0 else "0 reported"


def show_percent(percent: float, *, sign: bool = False) -> str:
    """Of a hundred, with one digit after the point where that says anything; never 0% of what is something."""
    plus = "+" if sign and percent > 0 else ""
    if percent and abs(percent) < 0.05:
        return f"{'-' if percent < 0 else plus}<0.1%"
    return f"{plus}{percent:,.{1 if abs(percent) < 10 else 0}f}%"


def window_share(usage: Usage) -> str:
    """`12% of 128,000`; empty if the window is not known."""
    if not usage.HasField("context_utilisation"):
        return ""
    return f"{show_percent(100 * usage.context_utilisation)} of {usage.context_window:,}"


def show_parts(parts: Mapping[str, int]) -> str:
    """`system 52, tool results 30`: those that have tokens, in the order in which a model reads them."""
    # A server that is newer than this command may know more parts.
    names = [*PARTS, *sorted(parts.keys() - set(PARTS))]
    return ", ".join(f"{printable(name).replace('_', ' ')} {parts[name]:,}" for name in names if parts.get(name))


def usage_facts(usage: Usage) -> Iterator[tuple[str, str]]:
    """What is to be said of counts, of one span in full."""
    for side, counted in (("input", "counted_input_tokens"), ("output", "counted_output_tokens")):
        if usage.HasField(counted):  # type: ignore[arg-type]  # the stubs take literals alone
            yield f"{_verb(usage)} {side} tokens", _counted(usage, side, getattr(usage, counted))
    yield "tokenizer", usage.tokenizer
    yield "parts of the input", show_parts(usage.part_tokens)
    yield "input messages", " ".join(f"{tokens:,}" for tokens in usage.input_message_tokens)
    yield "output messages", " ".join(f"{tokens:,}" for tokens in usage.output_message_tokens)
    yield "context window", window_share(usage) or (f"{usage.context_window:,}" if usage.context_window else "")
    yield "beside tokens", ", ".join(f"{printable(name)} {usage.units[name]:,}" for name in sorted(usage.units))
    yield "odd", ", ".join(usage.flags)


def rates(cost: Cost) -> str:
    """`input $2.50, output $10.00 a million tokens`, of the basis that a cost keeps; empty if there is none."""
    try:
        found = json.loads(cost.basis or "{}")["rates"]
        told = [f"{name.replace('_', ' ')} {_rate(float(rate))}" for name, rate in found.items() if name not in FEES]
        fees = [f"{name.replace('_', ' ')} ${rate}" for name, rate in found.items() if name in FEES and rate]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""  # Of a version that is newer than this command.
    return ", and ".join([*([f"{', '.join(told)} a million tokens"] if told else []), *fees])


def _rate(dollars: float) -> str:
    text = f"{dollars * PER_MILLION:.6f}".rstrip("0")
    whole, _, decimals = text.partition(".")
    return f"${int(whole):,}.{decimals.ljust(2, '0')}"


def _verb(usage: Usage) -> str:
    return "estimated" if usage.counted_source == NumberSource.NUMBER_SOURCE_ESTIMATED else "counted"


def _beside(usage: Usage, name: str) -> str:
    side = "input" if name == "in" else "output"
    counted = f"counted_{side}_tokens"
    if not usage.HasField(counted):  # type: ignore[arg-type]  # as above
        return ""
    tokens: int = getattr(usage, counted)
    if _is_reported(usage, side):
        return f"{tokens:,} {name} ({difference(getattr(usage, f'{side}_tokens'), tokens)})"
    return "" if usage.HasField(f"{side}_tokens") else f"{tokens:,} {name}"  # type: ignore[arg-type]  # as above


def _counted(usage: Usage, side: str, tokens: int) -> str:
    if not _is_reported(usage, side):
        return f"{tokens:,}"
    reported: int = getattr(usage, f"{side}_tokens")
    off = difference(reported, tokens)
    return f"{tokens:,}, as reported" if off == "same" else f"{tokens:,}: {off} beside {reported:,} reported"


def _is_reported(usage: Usage, side: str) -> bool:
    return bool(getattr(usage, f"{side}_source") == NumberSource.NUMBER_SOURCE_REPORTED)
