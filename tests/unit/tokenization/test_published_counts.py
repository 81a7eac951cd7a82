"""Requests whose tokens vendors have published count as published: exactly, or nearly where it is an estimate."""

import json

import pytest

from a11i_tokenization.counts import TokenCounter
from a11i_tokenization.encodings import Encodings
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.stage import TokenizeStage
from tests.bench.published_counts import PUBLISHED, PublishedCount
from tests.unit.tokenization.span_rows import batch_of, llm


@pytest.mark.parametrize("one", PUBLISHED, ids=lambda one: f"{one.model} {one.reported}")
def test_it_counts_as_published(encodings: Encodings, book: PriceBook, one: PublishedCount) -> None:
    stage = TokenizeStage(TokenCounter.of(encodings, 1 << 20), book)
    call = llm(
        provider=one.provider,
        request_model=one.model,
        input_messages=json.dumps(one.messages),
        system_instructions=json.dumps(one.system) if one.system else "",
        tool_definitions=json.dumps(one.tools) if one.tools else "",
    )
    [row] = stage(batch_of(call)).columns.to_pylist(maps_as_pydicts="strict")
    exact = row["counted_source"] == "counted"
    assert exact == (one.provider == "openai")
    assert row["counted_input_tokens"] == (one.reported if exact else pytest.approx(one.reported, rel=0.01))
