"""A trace's spans as the rows of a tree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from a11i.telemetry.v1.span_pb2 import Span


@dataclass(frozen=True, slots=True)
class Row:
    """A span and its place."""

    span: Span
    guide: str
    """The lines that lead to it, such as `│  └─ `."""
    under: str
    """The lines for text below it."""


def rows(spans: Sequence[Span]) -> Iterator[Row]:
    """All spans, each once, parents first, siblings in the given order.

    A span whose parent isn't among them is a root; so is one span of each circle of parents.
    """
    children: dict[str, list[Span]] = defaultdict(list)
    known = {span.span_id for span in spans}
    roots = []
    for span in spans:
        if span.parent_span_id in known and span.parent_span_id != span.span_id:
            children[span.parent_span_id].append(span)
        else:
            roots.append(span)
    seen: set[str] = set()
    # What no root leads to lies on a circle.
    for root in (*roots, *spans):
        if root.span_id not in seen:
            yield from _below(root, children, seen)


def _below(root: Span, children: dict[str, list[Span]], seen: set[str]) -> Iterator[Row]:
    # A stack of its own: a trace may be deeper than Python's.
    stack = [(root, "", "")]
    while stack:
        span, guide, under = stack.pop()
        if span.span_id in seen:
            continue
        seen.add(span.span_id)
        mine = [child for child in children[span.span_id] if child.span_id not in seen]
        yield Row(span, guide, under + ("│   " if mine else "    "))
        for index, child in reversed(list(enumerate(mine))):
            last = index == len(mine) - 1
            stack.append((child, under + ("└─ " if last else "├─ "), under + ("   " if last else "│  ")))


def lacks_parent(spans: Sequence[Span]) -> bool:
    """Whether some span's parent isn't among them: the trace is still arriving, or began in another project."""
    known = {span.span_id for span in spans}
    return any(span.parent_span_id and span.parent_span_id not in known for span in spans)
