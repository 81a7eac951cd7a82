from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from a11i_telemetry.schema import SCHEMA
from a11i_tokenization.call_counts import PARTS, CallCount
from a11i_tokenization.call_models import CallModel
from a11i_tokenization.counted_columns import CountedCalls, counted_columns
from a11i_tokenization.counts import TokenCounter
from a11i_tokenization.encodings import Encodings
from a11i_tokenization.models import Tokenizer
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.stage import TokenizeStage
from tests.unit.effort import times
from tests.unit.tokenization.span_rows import batch_of, llm

NOTHING: dict[str, Any] = {
    "counted_input_tokens": None, "counted_output_tokens": None, "context_window": None, "tokenizer": "",
    "counted_source": "", "part_tokens": [], "input_message_tokens": [], "output_message_tokens": [],
}  # fmt: skip
TEXTS = [
    "", "hello there", '[{"role":"user","content":"Where is it?"},{"role":"assistant","content":"There."}]',
    '[{"role":"system","content":"Be brief."},{"role":"user","content":"日本語のテキスト"}]', "[", "[]",
]  # fmt: skip

numbers = st.integers(0, 10**9)
counts = st.none() | st.builds(
    CallCount,
    tokens=numbers,
    exact=st.booleans(),
    messages=st.lists(numbers, max_size=4),
    by_part=st.tuples(*[st.just(0) | numbers] * len(PARTS)),
)
models = st.builds(
    CallModel,
    tokenizer=st.builds(Tokenizer, encoding=st.sampled_from(["o200k_base", "märchen", "x"]), exact=st.booleans()),
    name=st.just("m"),
    context_window=st.none() | st.integers(1, 2_000_000),
)
one_call = st.tuples(models, counts, counts, st.sampled_from(["counted", "estimated"]))


@given(spans=st.lists(st.none() | one_call, min_size=1, max_size=30).filter(any))
def test_columns_hold_each_calls_counts_in_its_row(spans: list[Any]) -> None:
    calls = [(model, sent, got, by if sent or got else "") for model, sent, got, by in filter(None, spans)]
    where = np.array([span is not None for span in spans], np.bool_)
    columns = counted_columns(CountedCalls(*zip(*calls, strict=True)), where)
    for name, column in columns.items():
        column.validate(full=True)
        assert column.type == SCHEMA.field(name).type
    each = iter(calls)
    assert pa.table(columns).to_pylist() == [NOTHING if span is None else _row(*next(each)) for span in spans]


def _row(model: CallModel, sent: CallCount | None, received: CallCount | None, source: str) -> dict[str, Any]:
    return {
        "counted_input_tokens": sent and sent.tokens,
        "counted_output_tokens": received and received.tokens,
        "context_window": model.context_window,
        "tokenizer": model.tokenizer.encoding if source else "",
        "counted_source": source,
        "part_tokens": [] if sent is None else [*sent.parts.items()],
        "input_message_tokens": [*sent.messages] if sent else [],
        "output_message_tokens": [*received.messages] if received else [],
    }


def _span(rng: Random) -> dict[str, Any]:
    return llm(
        step_kind=rng.choice(["llm", "llm", "embedding", "rerank", "agent", "tool"]),
        operation=rng.choice(["chat", "text_completion", ""]),
        request_model=rng.choice(["gpt-4o", "claude-sonnet-4-5", "nobody-knows", ""]),
        input_tokens=rng.choice([None, 0, 50]),
        output_tokens=rng.choice([None, 0, 50]),
        status_code=rng.choice([0, 1, 2]),
        input_messages=rng.choice(TEXTS),
        output_messages=rng.choice(TEXTS),
        system_instructions=rng.choice(["", "Be kind."]),
    )


@settings(max_examples=times(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), skipped=st.integers(0, 3))
def test_a_span_of_a_batch_becomes_what_it_is_alone(
    encodings: Encodings, book: PriceBook, seed: int, skipped: int
) -> None:
    rng = Random(seed)  # noqa: S311  # no secret is made of it
    batch = batch_of(*(_span(rng) for _ in range(rng.randint(1, 8))))
    stage = TokenizeStage(TokenCounter.of(encodings, 1 << 20), book)
    rest = batch.rows(skipped, batch.columns.num_rows) if skipped < batch.columns.num_rows else batch
    together = stage(rest).columns
    together.validate(full=True)
    alone = [stage(rest.rows(row, row + 1)).columns for row in range(together.num_rows)]
    assert together.to_pylist() == [one.to_pylist()[0] for one in alone]
