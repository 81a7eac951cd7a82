"""Which numbers of the tree are not in the total; the store's own tests have the same trees."""

from __future__ import annotations

from a11i.telemetry.v1.span_pb2 import GenAi, Span, StepKind
from a11i_cli.trace_numbers import uncounted
from tests.unit.cli.query_server import span

LLM, TOOL, AGENT = StepKind.STEP_KIND_LLM, StepKind.STEP_KIND_TOOL, StepKind.STEP_KIND_AGENT


def step(
    name: str, below: str = "", tokens: int = 0, kind: StepKind.ValueType = LLM, response: str = "", cost: float = 0
) -> Span:
    made = span(name, below, name, GenAi(step_kind=kind, response_id=response), 1)
    if tokens:
        made.gen_ai.usage.input_tokens = tokens
    if cost:
        made.gen_ai.cost.total_usd = cost
    return made


def ids(*names: str) -> set[str]:
    return {name * 8 for name in names}


def test_roll_ups_and_wrappers_are_not_counted() -> None:
    spans = [step("a0", tokens=9, kind=AGENT), step("a1", "a0"), step("a2", "a1", 4), step("a3", "a2", 4)]
    assert uncounted(spans) == ids("a0", "a2")


def test_what_a_tool_does_takes_nothing_from_the_call_around_it() -> None:
    spans = [step("a0", tokens=4), step("a1", "a0", kind=TOOL), step("a2", "a1", 6, AGENT), step("a3", "a2", 6)]
    assert uncounted(spans) == ids("a2")


def test_of_one_response_a_priced_span_counts() -> None:
    spans = [step("a0", tokens=4, response="r"), step("a1", tokens=4, response="r", cost=0.5), step("a2", tokens=1)]
    assert uncounted(spans) == ids("a0")


def test_of_equals_the_one_counts_that_the_store_chooses() -> None:
    """It sorts ids by their bytes from the last."""
    spans = [Span(span_id="0100000000000002", gen_ai=GenAi(response_id="r")),
             Span(span_id="0200000000000001", gen_ai=GenAi(response_id="r"))]  # fmt: skip
    for each in spans:
        each.gen_ai.usage.input_tokens = 1
    assert uncounted(spans) == {"0100000000000002"}


def test_circles_end_and_spans_without_numbers_are_none() -> None:
    spans = [step("a0", "a2", 5, AGENT), step("a1", "a0"), step("a2", "a1"), step("a3", "a2", 5), step("a4", "a4", 1)]
    assert uncounted(spans) == ids("a0")
    assert uncounted([step("a0"), step("a1", "a0")]) == set()
