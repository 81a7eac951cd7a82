import gc
import json
import tracemalloc
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.otlp import decode_traces
from a11i_telemetry.schema import SCHEMA
from a11i_tokenization.counts import TokenCounter
from a11i_tokenization.encodings import Encodings
from a11i_tokenization.prices import PRICE_VERSION, PriceBook
from a11i_tokenization.stage import TokenizeStage
from tests.unit.tokenization.span_rows import batch_of, llm

QUESTION = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "Where is order A-1234?"}]}])
PICTURE = json.dumps([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.b/c"}}]}])
ANSWER = json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": "On its way."}]}])
COMPLETED = ("input_tokens", "output_tokens", "input_source", "output_source", "input_cost_usd", "output_cost_usd",
             "total_cost_usd", "price_version", "priced_as", "price_basis")  # fmt: skip


COUNTED = ("counted_input_tokens", "counted_output_tokens", "tokenizer", "counted_source", "part_tokens",
           "input_message_tokens", "output_message_tokens", "context_window")  # fmt: skip


@pytest.fixture
def stage(encodings: Encodings, book: PriceBook) -> TokenizeStage:
    return TokenizeStage(TokenCounter.of(encodings, 1 << 20), book)


def run(stage: TokenizeStage, *spans: dict[str, Any]) -> list[dict[str, Any]]:
    return stage(batch_of(*spans)).columns.select(list(COMPLETED)).to_pylist()


def test_what_the_provider_reported_stays(stage: TokenizeStage) -> None:
    (span,) = run(stage, llm(input_tokens=7, output_tokens=0, input_messages=QUESTION, output_messages=ANSWER))
    assert (span["input_tokens"], span["output_tokens"]) == (7, 0)
    assert (span["input_source"], span["output_source"]) == ("reported", "reported")


def counted(stage: TokenizeStage, *spans: dict[str, Any]) -> list[dict[str, Any]]:
    table = stage(batch_of(*spans)).columns.select(list(COUNTED))
    return table.to_pylist(maps_as_pydicts="strict")


def test_what_was_reported_is_counted_beside_it(stage: TokenizeStage, encodings: Encodings) -> None:
    question = encodings.count("o200k_base", "Where is order A-1234?")
    answer = encodings.count("o200k_base", "On its way.")
    reported, silent = counted(
        stage,
        llm(input_tokens=70, output_tokens=90, input_messages=QUESTION, output_messages=ANSWER),
        llm(input_messages=QUESTION, output_messages=ANSWER),
    )
    assert reported == silent
    assert reported == {
        "counted_input_tokens": question + 7,
        "counted_output_tokens": answer,
        "tokenizer": "o200k_base",
        "counted_source": "counted",
        "part_tokens": {"user": question, "format": 7},
        "input_message_tokens": [question + 4],
        "output_message_tokens": [answer],
        "context_window": 128_000,
    }


def test_spans_without_text_or_of_other_steps_have_no_counts(stage: TokenizeStage) -> None:
    nothing = dict.fromkeys(COUNTED) | {"tokenizer": "", "counted_source": "", "part_tokens": {}}
    nothing |= {"input_message_tokens": [], "output_message_tokens": []}
    agent, call, tool = counted(
        stage,
        llm(step_kind="agent", input_messages=QUESTION),
        llm(input_tokens=5),
        llm(step_kind="tool", input_messages=QUESTION),
    )
    assert agent == tool == nothing
    assert call == nothing | {"context_window": 128_000}


def test_what_a_refused_call_sent_is_counted_and_not_its_tokens(stage: TokenizeStage) -> None:
    refused = llm(input_messages=QUESTION, status_code=2)
    assert counted(stage, refused)[0]["counted_input_tokens"] > 7
    assert run(stage, refused)[0]["input_tokens"] is None


def test_a_number_that_cannot_be_gives_way_to_the_count(stage: TokenizeStage) -> None:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8)
    for key, value in {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}.items():
        span.attributes.add(key=key).value.string_value = value
    span.attributes.add(key="gen_ai.input.messages").value.string_value = QUESTION
    span.attributes.add(key="gen_ai.usage.input_tokens").value.int_value = -5
    batch = replace(batch_of(), columns=decode_traces(request.SerializeToString()).columns)
    (row,) = stage(batch).columns.to_pylist()
    assert row["input_tokens"] == row["counted_input_tokens"] > 0
    assert (row["input_source"], row["usage_flags"]) == ("counted", ["negative input_tokens"])
    assert row["attr_int"] == [("gen_ai.usage.input_tokens", -5)]


@pytest.mark.parametrize("odd", ["negative", "absurd", "fractional", "unreadable"])
def test_the_count_in_place_of_a_number_that_cannot_be_is_not_what_a_call_costs(stage: TokenizeStage, odd: str) -> None:
    call = llm(input_messages=QUESTION, output_messages=ANSWER)
    of_input, of_output, of_neither = run(
        stage,
        call | {"usage_flags": [f"{odd} input_tokens"]},
        call | {"usage_flags": [f"{odd} output_tokens"]},
        call,
    )
    assert (of_input["input_cost_usd"], of_output["output_cost_usd"]) == (None, None)
    assert of_input["output_cost_usd"] == of_neither["output_cost_usd"] > 0
    assert of_output["input_cost_usd"] == of_neither["input_cost_usd"] > 0
    assert of_input["total_cost_usd"] is of_output["total_cost_usd"] is None


@pytest.mark.parametrize(
    ("operation", "added"),
    [("text-completion", 0), ("image_generation", 0), ("speech", 0), ("chat", 7), ("responses", 7)],
)
def test_what_is_drawn_spoken_or_completed_is_sent_without_a_chats_format(
    stage: TokenizeStage, encodings: Encodings, operation: str, added: int
) -> None:
    (row,) = run(stage, llm(operation=operation, input_messages='[{"role":"user","content":"a red boat"}]'))
    assert row["input_tokens"] == encodings.count("o200k_base", "a red boat") + added


def test_what_it_did_not_is_counted(stage: TokenizeStage, encodings: Encodings) -> None:
    (span,) = run(stage, llm(input_messages=QUESTION, output_messages=ANSWER))
    question = encodings.count("o200k_base", "Where is order A-1234?")
    answer = encodings.count("o200k_base", "On its way.")
    assert (span["input_tokens"], span["output_tokens"]) == (question + 3 + 1 + 3, answer)
    assert (span["input_source"], span["output_source"]) == ("counted", "counted")
    assert span["total_cost_usd"] == Decimal("0.0000025") * (question + 7) + Decimal("0.00001") * answer
    assert span["price_version"] == PRICE_VERSION


def test_a_call_that_failed_before_any_answer_is_not_counted(stage: TokenizeStage) -> None:
    refused, cut_off = run(
        stage,
        llm(input_messages=QUESTION, status_code=2),
        llm(input_messages=QUESTION, output_messages=ANSWER, status_code=2),
    )
    assert (refused["input_tokens"], refused["total_cost_usd"]) == (None, None)
    assert cut_off["input_tokens"] > 0


def test_a_search_that_was_refused_has_no_fee(stage: TokenizeStage) -> None:
    search = {"step_kind": "rerank", "provider": "cohere", "request_model": "rerank-v3.5"}
    answered, refused = run(stage, search, search | {"status_code": 2})
    assert (answered["total_cost_usd"], refused["total_cost_usd"]) == (Decimal("0.002"), None)
    assert (refused["priced_as"], refused["price_basis"]) == ("", "")


def test_names_too_long_to_be_any_are_not_remembered(stage: TokenizeStage) -> None:
    def spans(size: int) -> list[dict[str, Any]]:
        long = [sign * size + str(number) for number in range(10) for sign in ("n", "\x1f")]
        names = ("provider", "request_model", "response_model", "service_tier")
        return [llm(input_tokens=1, input_messages=PICTURE, **{name: one}) for one in long for name in names]

    run(stage, *spans(300))
    tracemalloc.start()
    try:
        run(stage, *spans(100_000))
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < 1_000_000
    finally:
        tracemalloc.stop()


def test_each_side_is_counted_by_itself(stage: TokenizeStage) -> None:
    (span,) = run(stage, llm(input_tokens=50, input_messages=QUESTION, output_messages=ANSWER))
    assert (span["input_tokens"], span["input_source"], span["output_source"]) == (50, "reported", "counted")


def test_a_model_without_a_public_tokenizer_is_estimated(stage: TokenizeStage) -> None:
    (span,) = run(stage, llm(provider="anthropic", request_model="claude-sonnet-4-5", input_messages=QUESTION))
    assert span["input_tokens"] > 0
    assert span["input_source"] == "estimated"
    assert span["priced_as"] == "anthropic/claude-sonnet-4-5"


def test_the_model_that_answered_is_the_one_that_counts(stage: TokenizeStage, encodings: Encodings) -> None:
    text = "日本語のテキストです" * 20
    messages = json.dumps([{"role": "assistant", "content": text}])
    (span,) = run(stage, llm(request_model="gpt-4o", response_model="gpt-4-0613", output_messages=messages))
    assert span["output_tokens"] == encodings.count("cl100k_base", text) != encodings.count("o200k_base", text)


def test_an_embedding_is_counted_without_a_chats_format(stage: TokenizeStage, encodings: Encodings) -> None:
    (span,) = run(
        stage,
        llm(
            step_kind="embedding",
            operation="embeddings",
            request_model="text-embedding-3-small",
            input_messages=json.dumps(["one text", "another"]),
        ),
    )
    count = encodings.count
    assert span["input_tokens"] == count("cl100k_base", "one text") + count("cl100k_base", "another")
    assert span["output_tokens"] is None
    assert span["total_cost_usd"] == Decimal("0.00000002") * span["input_tokens"]


@pytest.mark.parametrize("kind", ["agent", "workflow", "chain", "tool", "retrieval", "guardrail", "evaluation", ""])
def test_sums_on_other_steps_are_neither_counted_nor_priced(stage: TokenizeStage, kind: str) -> None:
    # An agent's span sums up its calls', and often repeats their messages.
    (rolled_up, silent) = run(
        stage,
        llm(step_kind=kind, input_tokens=1_000, output_tokens=10),
        llm(step_kind=kind, input_messages=QUESTION, output_messages=ANSWER),
    )
    assert (rolled_up["input_tokens"], rolled_up["input_source"]) == (1_000, "reported")
    assert (silent["input_tokens"], silent["input_source"]) == (None, "")
    for span in (rolled_up, silent):
        assert (span["total_cost_usd"], span["price_version"], span["priced_as"]) == (None, "", "")


def test_a_call_without_text_or_numbers_stays_unknown(stage: TokenizeStage) -> None:
    (span,) = run(stage, llm())
    assert span == dict.fromkeys(COMPLETED) | dict.fromkeys(
        ("input_source", "output_source", "price_version", "priced_as", "price_basis"), ""
    )


def test_everything_else_is_as_it_came(stage: TokenizeStage) -> None:
    batch = batch_of(
        llm(input_messages=QUESTION, attr_string=[("custom", "value")], session_id="s-1"),
        llm(step_kind="tool", tool_arguments="{}"),
    )
    after = stage(batch)
    assert after.columns.schema.equals(SCHEMA)
    untouched = [name for name in SCHEMA.names if name not in (*COMPLETED, *COUNTED)]
    assert after.columns.select(untouched).equals(batch.columns.select(untouched))
    assert (after.batch_id, after.tenant_id, after.project_id) == (batch.batch_id, batch.tenant_id, batch.project_id)


def test_the_same_batch_comes_out_the_same(stage: TokenizeStage) -> None:
    batch = batch_of(llm(input_messages=QUESTION, output_messages=ANSWER), llm(input_tokens=5))
    assert stage(batch).encode() == stage(SpanBatch.decode(batch.encode())).encode()


def test_an_empty_batch_passes(stage: TokenizeStage) -> None:
    assert stage(batch_of()).columns.num_rows == 0
