"""What is counted of the recorded payloads of real instrumentations."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.findings import Findings
from a11i_telemetry.otlp import decode_traces
from a11i_telemetry.otlp_json import parse_traces
from a11i_tokenization.counts import TokenCounter
from a11i_tokenization.encodings import Encodings
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.stage import TokenizeStage

_CORPUS = Path(__file__).parents[2] / "corpus"
_DIALECTS = sorted(path.name for path in _CORPUS.iterdir() if any(path.glob("*/payload.jsonl")))


@pytest.fixture(scope="module")
def stage(encodings: Encodings, book: PriceBook) -> TokenizeStage:
    return TokenizeStage(TokenCounter.of(encodings, 1 << 20), book)


def spans(stage: TokenizeStage, dialect: str) -> Iterator[dict[str, Any]]:
    for payload in sorted((_CORPUS / dialect).glob("*/payload.jsonl")):
        for document in map(json.loads, payload.read_text().splitlines()):
            if document["signal"] == "traces":
                request = parse_traces(orjson.dumps(document["request"]), Findings()).SerializeToString()
                batch = SpanBatch("0" * 32, "tenant", "project", 0, decode_traces(request).columns)
                yield from stage(batch).columns.to_pylist(maps_as_pydicts="strict")


@pytest.mark.parametrize("dialect", _DIALECTS)
def test_every_call_with_text_is_counted_and_its_parts_add_up(stage: TokenizeStage, dialect: str) -> None:
    for span in spans(stage, dialect):
        is_call = span["step_kind"] in ("llm", "embedding", "rerank")
        has_input = bool(span["input_messages"] or span["system_instructions"])
        assert (span["counted_input_tokens"] is not None) == (is_call and has_input)
        assert (span["counted_output_tokens"] is not None) == (is_call and bool(span["output_messages"]))
        parts, of_messages = span["part_tokens"], sum(span["input_message_tokens"])
        assert sum(parts.values()) == (span["counted_input_tokens"] or 0)
        assert sum(span["output_message_tokens"]) == (span["counted_output_tokens"] or 0)
        assert of_messages <= (span["counted_input_tokens"] or 0)
        if is_call and has_input and span["input_messages"]:
            assert len(span["input_message_tokens"]) == len(json.loads(span["input_messages"]))
        assert (
            bool(span["tokenizer"])
            == bool(span["counted_source"])
            == (span["counted_input_tokens"] is not None or span["counted_output_tokens"] is not None)
        )


@pytest.mark.parametrize("dialect", _DIALECTS)
def test_numbers_of_real_senders_are_not_odd(stage: TokenizeStage, dialect: str) -> None:
    assert [span["usage_flags"] for span in spans(stage, dialect) if span["usage_flags"]] == []
