"""Every span is shown once, wherever its parent is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from a11i.telemetry.v1.span_pb2 import Span
from a11i_cli.tree import lacks_parent, rows

IDS = st.sampled_from([format(number, "016x") for number in range(8)])


def drawn(spans: list[Span]) -> list[str]:
    return [row.guide + row.span.name for row in rows(spans)]


def spans_of(*edges: str) -> list[Span]:
    """`"b<a"` is span b, child of a."""
    parts = [edge.partition("<") for edge in edges]
    return [Span(span_id=name, parent_span_id=parent, name=name) for name, _, parent in parts]


def test_children_stand_below_their_parent() -> None:
    assert drawn(spans_of("a", "b<a", "c<b", "d<a")) == ["a", "├─ b", "│  └─ c", "└─ d"]


def test_a_span_without_its_parent_is_a_root() -> None:
    assert drawn(spans_of("b<a", "c<b")) == ["b", "└─ c"]
    assert lacks_parent(spans_of("b<a", "c<b"))
    assert not lacks_parent(spans_of("a", "b<a"))


def test_a_circle_is_shown() -> None:
    assert drawn(spans_of("r", "a<b", "b<a")) == ["r", "a", "└─ b"]
    assert drawn(spans_of("a<a")) == ["a"]


def test_a_trace_may_be_deeper_than_pythons_stack() -> None:
    chain = spans_of("0", *(f"{number}<{number - 1}" for number in range(1, 3000)))
    assert len(drawn(chain)) == 3000


@given(st.lists(st.tuples(IDS, st.one_of(st.just(""), IDS)), unique_by=lambda edge: edge[0]))
def test_each_span_is_shown_once(edges: list[tuple[str, str]]) -> None:
    spans = [Span(span_id=own, parent_span_id=parent) for own, parent in edges]
    assert sorted(row.span.span_id for row in rows(spans)) == sorted(own for own, _ in edges)
