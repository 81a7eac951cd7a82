"""Each call of a model counts once in a trace's totals, whatever its spans are called; on the real engine."""

from decimal import Decimal
from typing import Any

import pytest

from tests.contract.span_store import Store
from tests.contract.stored_spans import NOON_NS, S, span, span_id, trace_id
from tests.contract.trace_trees import TREES, Tree


def usage(name: object, below: object = None, tokens: int = 0, kind: str = "llm", **columns: Any) -> dict[str, Any]:
    """Return a span that used `tokens` in and twice that out, at a cent a token in; 0: it says nothing of that."""
    if below is not None:
        columns["parent_span_id"] = span_id(below)
    if tokens:
        columns = {
            "input_tokens": tokens,
            "output_tokens": 2 * tokens,
            "total_cost_usd": Decimal(tokens) / 100,
            **columns,
        }
    return span(span=name, step_kind=kind, **columns)


async def total(store: Store) -> int:
    """Return the trace's input tokens; the other numbers go along."""
    summary = await store.summary()
    assert summary.output_tokens == 2 * summary.input_tokens
    assert summary.cost_usd == pytest.approx(summary.input_tokens / 100)
    return summary.input_tokens


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
async def test_each_call_of_a_tree_counts_once(store: Store, tree: Tree) -> None:
    spans = []
    for node in tree.nodes:
        columns: dict[str, Any] = {"response_id": node.response_id} if node.response_id else {}
        if node.tokens == 0:
            columns |= {"input_tokens": 0, "output_tokens": 0}
        spans.append(usage(node.name, node.below or None, node.tokens or 0, node.kind, **columns))
    await store.put(*spans)
    assert await total(store) == tree.input_tokens


@pytest.mark.parametrize("kind", ["agent", "workflow", "chain", "", "llm"])
async def test_usage_that_no_span_below_repeats_counts_whatever_the_kind(store: Store, kind: str) -> None:
    """As when the calls themselves are not instrumented."""
    await store.put(usage("top", tokens=7, kind=kind, request_model="m"), usage("tool", "top", kind="tool"))
    assert await total(store) == 7
    assert (await store.summary()).models == ("m",)


async def test_spans_of_one_response_beside_each_other_count_once_and_the_priced_one_does(store: Store) -> None:
    """As when two instrumentations see the same call."""
    await store.put(
        usage("agent", kind="agent"),
        usage("one", "agent", 4, response_id="r-1", total_cost_usd=None),
        usage("two", "agent", 4, response_id="r-1"),
        usage("other", "agent", 3, response_id="r-2"),
        usage("nameless", "agent", 2),
        usage("nameless too", "agent", 2),
    )
    assert await total(store) == 11
    assert (await store.summary()).unpriced_calls == 0


async def test_a_span_below_that_says_nothing_or_zero_takes_nothing_away(store: Store) -> None:
    await store.put(
        usage("call", tokens=4), usage("http", "call", kind=""), usage("raw", "call", input_tokens=0, output_tokens=0)
    )
    assert await total(store) == 4
    assert (await store.summary()).unpriced_calls == 0


async def test_calls_whose_price_is_unknown_are_counted_where_their_tokens_are(store: Store) -> None:
    await store.put(
        usage("agent", tokens=9, kind="agent", total_cost_usd=None),
        usage("priced", "agent", 5),
        usage("unpriced", "agent", input_tokens=4, output_tokens=8),
    )
    summary = await store.summary()
    assert (summary.input_tokens, summary.cost_usd, summary.unpriced_calls) == (9, 0.05, 1)


COUNTED: dict[str, Any] = {"input_source": "counted", "output_source": "counted"}
REPORTED: dict[str, Any] = {"input_source": "reported", "output_source": "reported"}


async def told(store: Store) -> tuple[int, float, int]:
    """Return the trace's input tokens, its cost, and its calls of unknown cost."""
    summary = await store.summary()
    return summary.input_tokens, summary.cost_usd, summary.unpriced_calls


async def test_what_was_reported_is_not_hidden_by_a_count_below_it(store: Store) -> None:
    """As when the inner instrumentation of a streamed call knows its text alone."""
    await store.put(
        usage("agent", kind="agent"),
        usage("call", "agent", 100, **REPORTED),
        usage("step in between", "call", kind="chain"),
        usage("its stream", "step in between", 3, **COUNTED),
        usage("what that sent", "its stream", 2, **COUNTED),
        usage("another call", "agent", 5, **COUNTED),
        usage("and its own stream", "another call", 4, **COUNTED),
    )
    assert await told(store) == (104, 1.04, 0)


async def test_a_counted_call_counts_beside_a_reported_one_below_one_roll_up(store: Store) -> None:
    await store.put(
        usage("agent", tokens=30, kind="agent", **REPORTED),
        usage("wrapper", "agent", 30, **REPORTED),
        usage("reported", "wrapper", 20, **REPORTED),
        usage("streamed", "wrapper", 9, **COUNTED),
    )
    assert await told(store) == (29, 0.29, 0)


async def test_a_known_cost_is_not_hidden_by_an_unknown_one_below_it(store: Store) -> None:
    """As when the inner span names a deployment that no table knows."""
    await store.put(usage("call", tokens=10, **REPORTED), usage("as sent", "call", 10, total_cost_usd=None, **REPORTED))
    assert await told(store) == (10, 0.1, 0)


async def test_tokens_that_an_agent_reports_stand_beside_the_costs_of_calls_that_were_counted(store: Store) -> None:
    """Agents are not priced: the cost is known from their calls alone."""
    await store.put(
        usage("agent", tokens=50, kind="agent", total_cost_usd=None, **REPORTED), usage("call", "agent", 40, **COUNTED)
    )
    assert await told(store) == (50, 0.4, 0)


async def test_of_one_response_the_reported_span_counts_whatever_its_place(store: Store) -> None:
    names = sorted(("a", "b"), key=span_id)
    for trace, (reported, counted) in enumerate((names, names[::-1])):
        await store.put(
            {**usage(reported, "agent", 100, response_id="r", **REPORTED), "trace_id": trace_id(trace)},
            {**usage(counted, "agent", 1, response_id="r", **COUNTED), "trace_id": trace_id(trace)},
        )
        summary = await store.summary(trace)
        assert (summary.input_tokens, summary.cost_usd) == (100, 1.0)


async def test_responses_of_one_id_that_differ_in_both_numbers_are_different_calls(store: Store) -> None:
    """Some servers number their responses up to a thousand."""
    await store.put(
        usage("one", "agent", 100, response_id="chatcmpl-1", **REPORTED),
        usage("two", "agent", 7, response_id="chatcmpl-1", **REPORTED),
        # The first once more, by an instrumentation that counts its input in another way.
        usage("one again", "agent", 100, response_id="chatcmpl-1", **{**REPORTED, "input_tokens": 90}),
    )
    assert (await store.summary()).output_tokens == 214


async def test_calls_whose_tokens_nobody_says_are_counted(store: Store) -> None:
    """A call that failed used none; a zero is said; neither a wrapper nor the span below a call is another call."""
    await store.put(
        usage("agent", kind="agent"),
        usage("known", "agent", 4),
        usage("its http call", "known"),
        usage("unknown", "agent"),
        usage("its own http call", "unknown"),
        usage("wrapper", "agent"),
        usage("known too", "wrapper", 3),
        usage("unknown beside it", "wrapper", kind="embedding"),
        usage("tool", "known", kind="tool"),
        usage("call of the tool", "tool"),
        usage("refused", "agent", status_code=2),
        usage("none", "agent", input_tokens=0, output_tokens=0),
    )
    assert await total(store) == 7
    assert (await store.summary()).calls_without_usage == 3


async def test_a_roll_up_speaks_for_the_calls_below_it(store: Store) -> None:
    await store.put(
        usage("agent", tokens=5, kind="agent"), usage("step", "agent", kind="chain"), usage("call", "step"),
        usage("elsewhere", None),
    )  # fmt: skip
    assert (await store.summary()).calls_without_usage == 1


async def test_a_parent_that_comes_later_ends_the_double_count(store: Store) -> None:
    await store.put(usage("top", tokens=5, kind="agent"), usage("call", "middle", 5))
    assert await total(store) == 10
    await store.put(usage("middle", "top", kind="chain"))
    assert await total(store) == 5


async def test_of_a_spans_versions_the_parent_and_the_usage_of_the_last_count(store: Store) -> None:
    await store.put(usage("top", tokens=5, kind="agent"), usage("call", None, 50), received_ns=NOON_NS)
    await store.put(usage("call", "top", 5), received_ns=NOON_NS + S)
    assert await total(store) == 5


async def test_roll_ups_far_above_their_calls_are_known_for_what_they_are(store: Store) -> None:
    chain = [usage(number, number - 1, kind="chain") for number in range(1, 60)]
    await store.put(usage(0, tokens=6, kind="workflow"), *chain, usage("call", 59, 6))
    assert await total(store) == 6


async def test_ten_thousand_spans_are_added_up(store: Store) -> None:
    """Agents of ten calls each, in a tree of agents, every one of them with the sum of what is below."""
    agents = [usage(number, (number - 1) // 10 if number else None, 1000, kind="agent") for number in range(1000)]
    calls = [usage(f"call {number}", number // 9, 1) for number in range(9000)]
    await store.put(*agents, *calls)
    assert await total(store) == 9000
