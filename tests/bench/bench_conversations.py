"""Measures counting agents' conversations of several shapes: python -m tests.bench.bench_conversations.

Each call sends the whole history again, as agents do, and no cache has seen anything before the first call.
"""

import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import orjson
import structlog

from a11i_tokenization.encodings import Encodings
from a11i_tokenization.prompts import CallInput, PromptCounter
from a11i_tokenization.vocabularies import packaged_directory
from tests.bench.corpus import paragraph
from tests.bench.token_texts import packaged

_ENCODING: Final = "o200k_base"
_CACHE_BYTES: Final = 64 * 1024 * 1024
_BYTES: Final = 24_000_000
"""Of a shape's calls, about."""
_ROUNDS: Final = 5
_TIMED: Final = 20
"""Calls timed together."""


class Shape(NamedTuple):
    """Conversations that are alike."""

    turns: int
    """Questions, each with a call of a tool, its result and an answer: two calls of the model."""
    least_chars: int
    most_chars: int
    """Of a message's text."""


_SHAPES: Final = (
    Shape(1, 200, 800), Shape(3, 100, 500), Shape(10, 200, 1_000),
    Shape(20, 500, 4_000), Shape(60, 500, 4_000), Shape(20, 100, 300),
)  # fmt: skip


def main() -> None:
    """Print CPU time and throughput of what calls send, and of what of it is new."""
    structlog.configure(processors=[_drop])
    encodings = Encodings(packaged_directory())
    real = [*packaged("py", 1_000_000), *packaged("md", 500_000), *packaged("json", 500_000)]
    print(f"{'turns':>5}{'characters a message':>22}{'calls':>7}{'kB a call':>11}{'new':>6}"
          f"{'MB/s':>8}{'of new text':>13}{'us a call':>11}{'seen before, MB/s':>19}")  # fmt: skip
    for shape in _SHAPES:
        calls, new = _calls(shape, real)
        size = sum(map(len, calls))
        seconds = _least((_counter(encodings) for _ in range(_ROUNDS)), calls)
        counter = _counter(encodings)
        _least([counter], calls)
        again = _least([counter] * _ROUNDS, calls)
        chars = f"{shape.least_chars:,} to {shape.most_chars:,}"
        print(f"{shape.turns:>5}{chars:>22}{len(calls):>7}{size / len(calls) / 1e3:>11.1f}{new / size:>6.0%}"
              f"{size / seconds / 1e6:>8.0f}{new / seconds / 1e6:>13.0f}{seconds / len(calls) * 1e6:>11.1f}"
              f"{size / again / 1e6:>19.0f}")  # fmt: skip


def _drop(*_: object) -> str:
    raise structlog.DropEvent


def _counter(encodings: Encodings) -> PromptCounter:
    return PromptCounter(encodings, _CACHE_BYTES)


def _least(counters: Iterable[PromptCounter], calls: Sequence[str]) -> float:
    """Return the least CPU seconds for each _TIMED calls that any counter took, in total: a round of all calls is too
    long to be let alone."""
    starts = range(0, len(calls), _TIMED)
    least = [float("inf")] * len(starts)
    for counter in counters:
        for number, start in enumerate(starts):
            started = time.process_time()
            for messages in calls[start : start + _TIMED]:
                counter.count_chat(_ENCODING, CallInput(messages))
            least[number] = min(least[number], time.process_time() - started)
    return sum(least)


def _calls(shape: Shape, real: Sequence[str]) -> tuple[list[str], int]:
    """Return what the calls of conversations sent, and how many bytes of it no call before had sent."""
    rng = random.Random(1)  # noqa: S311 - texts, no secrets
    calls: list[str] = []
    new = size = 0
    while size < _BYTES:
        history = ""
        for question in _conversation(shape, rng, real):
            history += ("," if history else "") + question
            calls.append(f"[{history}]")
            size += len(history)
        new += len(history)
    return calls, new


def _conversation(shape: Shape, rng: random.Random, real: Sequence[str]) -> Iterator[str]:
    """Yield what each call adds to the history."""
    before = ""
    for turn in range(shape.turns):
        yield before + _message("user", {"type": "text", "content": _said(shape, rng)})
        arguments = {"query": paragraph(rng, 40), "limit": rng.randint(1, 50)}
        call = {"type": "tool_call", "id": f"call_{turn}", "name": "search", "arguments": arguments}
        found = rng.choice(real)[: rng.randint(shape.least_chars, shape.most_chars)]
        result = {"type": "tool_call_response", "id": f"call_{turn}", "response": f"{rng.random()} {found}"}
        yield f"{_message('assistant', call)},{_message('tool', result)}"
        before = _message("assistant", {"type": "text", "content": _said(shape, rng)}) + ","


def _said(shape: Shape, rng: random.Random) -> str:
    return paragraph(rng, rng.randint(shape.least_chars, shape.most_chars))


def _message(role: str, part: Mapping[str, object]) -> str:
    return orjson.dumps({"role": role, "parts": [part]}).decode()


if __name__ == "__main__":
    main()
