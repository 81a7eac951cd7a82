"""`a11i prices explain --trace`: why a stored call costs what it does, against services that remember what they got."""

from __future__ import annotations

import json

import pytest

from a11i.telemetry.v1.span_pb2 import Cost, GenAi, NumberSource, Span, StatusCode, StepKind, Usage
from a11i.tokenization.v1 import tokenization_service_pb2 as pb
from tests.unit.cli import query_server
from tests.unit.cli.query_server import TRACE_ID, FakeQuery
from tests.unit.cli.test_tokenization import TENANT, FakeTokenization, Run, run, service

__all__ = ["run", "service"]  # fixtures

BASIS = '{"v":1,"table":"t 1"}'


def call(span_id: str, *, basis: str = BASIS, usd: float | None = 0.0025) -> Span:
    """A call of a model that was counted, too."""
    usage = Usage(
        input_tokens=1000,
        output_tokens=0,
        cache_read_tokens=800,
        input_source=NumberSource.NUMBER_SOURCE_REPORTED,
        counted_input_tokens=990,
        part_tokens={"user": 990},
        input_message_tokens=[990],
    )
    cost = None if usd is None else Cost(total_usd=usd, basis=basis, priced_as="openai/gpt-4o")
    said = GenAi(
        step_kind=StepKind.STEP_KIND_LLM,
        provider="openai",
        request_model="gpt-4o",
        response_model="gpt-4o-2024-08-06",
        service_tier="batch",
        usage=usage,
        cost=cost,
        reported_cost_usd=0.003,
    )
    made = query_server.span(span_id, "", "chat gpt-4o\x1b[2J", said, 5)
    made.start_time.FromSeconds(1_763_640_000)
    return made


@pytest.fixture
def explain(run: Run) -> Run:
    """Runs the command on a trace with these spans."""

    def explain(*spans_and_arguments: Span | str) -> tuple[int, str, str]:
        spans = [one for one in spans_and_arguments if isinstance(one, Span)]
        arguments = [one for one in spans_and_arguments if isinstance(one, str)]
        with query_server.serving(FakeQuery(spans)) as address:
            where = ("--query", address, "--api-key", query_server.API_KEY)
            return run("prices", "explain", "--trace", TRACE_ID, *where, *arguments)

    return explain


def test_a_stored_cost_is_explained_by_the_rates_that_the_span_keeps(explain: Run, service: FakeTokenization) -> None:
    code, said, _ = explain(call("b1"), query_server.agent_spans()[0])
    assert code == 0
    usage = Usage(input_tokens=1000, output_tokens=0, cache_read_tokens=800)
    asked = pb.CalculateCostRequest(usage=usage, step_kind=StepKind.STEP_KIND_LLM)
    assert service.explained == pb.ExplainCostRequest(call=asked, basis=BASIS)
    assert "b1b1b1b1b1b1b1b1  2025-11-20 12:00:00 UTC  gpt-4o-2024-08-06" in said
    assert "$0.0025 in all, as stored, the sender said $0.0030; t 1" in said
    assert "\x1b" not in said


def test_a_stored_cost_that_is_another_is_said(explain: Run) -> None:
    assert "$0.0025 in all, stored is $0.0050, the sender said" in explain(call("b1", usd=0.005))[1]


@pytest.mark.parametrize(
    ("span", "why"),
    [
        (call("b1", usd=None), "no cost is stored; by the prices of now:"),
        (call("b1", basis=""), "the rates of then were not kept; by the prices of now:"),
    ],
)
def test_a_call_without_kept_rates_is_priced_by_the_prices_of_now(
    explain: Run, service: FakeTokenization, span: Span, why: str
) -> None:
    code, said, _ = explain(span, "--tenant", TENANT)
    assert (code, why in said) == (0, True)
    asked = service.explained.call
    assert (asked.provider, asked.model, asked.service_tier) == ("openai", "gpt-4o-2024-08-06", "batch")
    assert (asked.tenant_id, asked.time.seconds, service.explained.basis) == (TENANT, 1_763_640_000, "")


@pytest.mark.parametrize(("status", "why"), [(0, "says no tokens\n"), (2, "nobody bills what was refused\n")])
def test_a_call_that_says_no_tokens_is_not_priced(
    explain: Run, service: FakeTokenization, status: StatusCode.ValueType, why: str
) -> None:
    span = call("b1", usd=None)
    span.status_code = status
    for name in ("input_tokens", "output_tokens", "cache_read_tokens"):
        span.gen_ai.usage.ClearField(name)
    code, said, _ = explain(span)
    assert (code, said.endswith(why)) == (0, True)
    assert service.explained == pb.ExplainCostRequest()
    assert json.loads(explain(span, "--json")[1])["steps"][0].endswith(why.strip())


def test_a_call_that_says_pieces_alone_is_explained_by_them(explain: Run, service: FakeTokenization) -> None:
    span = call("b1")
    span.gen_ai.usage.CopyFrom(Usage(units={"pictures/hd/1792x1024": 2}))
    assert explain(span)[0] == 0
    asked = pb.CalculateCostRequest(usage=span.gen_ai.usage, step_kind=StepKind.STEP_KIND_LLM)
    assert service.explained == pb.ExplainCostRequest(call=asked, basis=BASIS)
    span.gen_ai.cost.Clear()
    assert explain(span)[0] == 0
    assert dict(service.explained.call.usage.units) == {"pictures/hd/1792x1024": 2}


def test_the_span_is_chosen_by_how_its_id_begins(explain: Run, service: FakeTokenization) -> None:
    spans = (call("b1"), call("c2"))
    code, _, said = explain(*spans)
    assert (code, "2 calls of models; which of them? --span: b1b1b1b1 (chat gpt-4o" in said) == (1, True)
    assert explain(*spans, "--span", "c2")[0] == 0
    assert "no span's id begins with d" in explain(*spans, "--span", "d")[2]


def test_what_is_no_call_has_no_cost(explain: Run) -> None:
    agent = query_server.agent_spans()[0]
    assert "is no call of a model (agent)" in explain(agent, "--span", "a1")[2]
    assert "has 0 calls of models; so there is no cost to explain" in explain(agent)[2]


@pytest.mark.parametrize(
    "arguments", [["gpt-4o"], ["--tokens", "input=3"], ["--tier", "batch"], ["--at", "2026-01-01"]]
)
def test_a_stored_call_has_numbers_of_its_own(explain: Run, arguments: list[str]) -> None:
    code, _, said = explain(call("b1"), *arguments)
    assert (code, "a stored call has its own" in said) == (2, True)


@pytest.mark.parametrize("arguments", [["gpt-4o"], ["--tokens", "input=3"], ["gpt-4o", "--tokens", "part=3"], []])
def test_a_call_needs_a_model_and_its_tokens(run: Run, arguments: list[str]) -> None:
    assert run("prices", "explain", *arguments)[0] == 2
