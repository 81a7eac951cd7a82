"""Of `a11i prices explain`: the cost that a stored span has, as it was priced then."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Final

from a11i.telemetry.v1.span_pb2 import Span, StatusCode, StepKind, Usage
from a11i.tokenization.v1 import tokenization_service_pb2 as pb
from a11i_cli import target
from a11i_cli.errors import CommandError, UsageError, printable
from a11i_cli.traces import connect, span_of
from a11i_cli.values import enum_word, parse_span_prefix, parse_trace_id, show_usd

_CALLS: Final = {StepKind.STEP_KIND_LLM, StepKind.STEP_KIND_EMBEDDING, StepKind.STEP_KIND_RERANK}
PRICED: Final = (
    *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens"),
    *("cache_write_1h_tokens", "input_audio_tokens", "input_image_tokens", "output_audio_tokens"),
    "output_image_tokens",
)
"""The numbers of a call's usage that a price follows from; its others are what a11i counted."""
_OF_A_CALL: Final = ("model", "tokens", "units", "tier", "provider", "at")


def add_options(explain: argparse.ArgumentParser) -> None:
    """Adds the options that name a stored span."""
    group = explain.add_argument_group(
        "a stored call", "Instead of MODEL and --tokens. Traces are read with A11I_QUERY and A11I_API_KEY."
    )
    group.add_argument("--trace", metavar="TRACE_ID", type=parse_trace_id, help="the trace that the call is in")
    group.add_argument(
        "--span",
        metavar="SPAN_ID",
        type=parse_span_prefix,
        help="the call's span, or how its id begins; needed if the trace has several calls",
    )
    group.add_argument("--query", metavar="HOST:PORT", help="the query service (default: A11I_QUERY)")
    group.add_argument("--api-key", metavar="KEY", help="a key with the query scope (default: A11I_API_KEY)")


def find_span(arguments: argparse.Namespace) -> Span:
    """The stored call that the options name. Raises CommandError."""
    if given := next((name for name in _OF_A_CALL if getattr(arguments, name)), ""):
        word = given.upper() if given == "model" else f"--{given}"
        raise UsageError(f"{word} and --trace: a stored call has its own; give one of the two")
    found = target.find(arguments.query, arguments.api_key, arguments.data_dir)
    with connect(found) as traces:
        trace = traces.get(arguments.trace)
    if arguments.span:
        span = span_of(trace, arguments.span)
        if span.gen_ai.step_kind not in _CALLS:
            kind = enum_word(StepKind, span.gen_ai.step_kind, "STEP_KIND_") or "no step of a model"
            raise CommandError(f"{printable(span.name)!r} is no call of a model ({kind}): only calls have a cost")
        return span
    calls = [span for span in trace.spans if span.gen_ai.step_kind in _CALLS]
    if len(calls) != 1:
        some = ", ".join(f"{span.span_id[:8]} ({printable(span.name)})" for span in calls[:5])
        which = f"which of them? --span: {some}" if calls else "so there is no cost to explain"
        raise CommandError(f"trace {arguments.trace} has {len(calls)} calls of models; {which}")
    return calls[0]


def request_of(span: Span, tenant_id: str) -> pb.ExplainCostRequest:
    """What to ask: how the stored cost was made or, where none is stored, what the prices of now say."""
    said = span.gen_ai
    priced = {field.name: number for field, number in said.usage.ListFields() if field.name in PRICED}
    call = pb.CalculateCostRequest(usage=Usage(**priced, units=said.usage.units), step_kind=said.step_kind)
    if said.cost.basis:
        return pb.ExplainCostRequest(call=call, basis=said.cost.basis)
    call.provider, call.model = said.provider, said.response_model or said.request_model
    call.tenant_id, call.service_tier = tenant_id, said.service_tier
    call.time.CopyFrom(span.start_time)
    return pb.ExplainCostRequest(call=call)


def headings(span: Span) -> Iterator[str]:
    """Which call it is and, unless its cost is that of then, why not."""
    model = span.gen_ai.response_model or span.gen_ai.request_model
    yield f"{span.name}  {span.span_id}  {span.start_time.ToDatetime():%Y-%m-%d %H:%M:%S} UTC  {model}"
    if not span.gen_ai.cost.basis:
        yield _why_none(span)


def beside(span: Span, total_usd: float) -> str:
    """Whether the explained total is the stored one, and what the sender said that the call costs."""
    told = []
    if span.gen_ai.HasField("cost"):
        stored = span.gen_ai.cost.total_usd
        told.append("as stored" if stored == total_usd else f"stored is {show_usd(stored)}")
    if span.gen_ai.HasField("reported_cost_usd"):
        told.append(f"the sender said {show_usd(span.gen_ai.reported_cost_usd)}")
    return "".join(f", {words}" for words in told)


def is_silent(span: Span) -> bool:
    """Whether there is nothing to price: no cost is stored, and neither tokens nor pieces."""
    usage = span.gen_ai.usage
    told = usage.units or any(field.name in PRICED for field, _ in usage.ListFields())
    return not span.gen_ai.cost.basis and not told


def _why_none(span: Span) -> str:
    failed = span.status_code == StatusCode.STATUS_CODE_ERROR
    if is_silent(span):
        refused = ": it failed, and nobody bills what was refused" if failed else ""
        return f"no cost is stored, as the call says no tokens{refused}"
    if span.gen_ai.HasField("cost"):
        return "the rates of then were not kept; by the prices of now:"
    return "no cost is stored; by the prices of now:"
