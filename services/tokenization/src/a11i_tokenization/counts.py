"""The token columns of a batch: what the provider reported stays, what it did not is counted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from a11i_telemetry.columns import Column, mask, pc
from a11i_tokenization.cache import Count
from a11i_tokenization.models import Tokenizer, tokenizer_for
from a11i_tokenization.prompts import CallInput, PromptCounter

Bools = npt.NDArray[np.bool_]

_PLAIN_OPERATIONS: Final = frozenset({"text_completion", "embeddings"})
_PLAIN_KINDS: Final = frozenset({"embedding", "rerank"})
"""Calls that send text as it is, without a chat's format."""

_READ: Final = ("step_kind", "operation", "request_model", "response_model", "input_messages", "system_instructions",
                   "tool_definitions", "output_messages")  # fmt: skip


@dataclass(frozen=True, slots=True)
class TokenColumns:
    """What counting adds to a SpanBatch."""

    replaced: Mapping[str, Column]
    """The token and source columns that changed, by name, one entry a span; none if there was nothing to count."""
    counted: Mapping[str, int]
    """Tokens that no provider reported, by source."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """Counts for one column: the spans they are for, in ascending order, and where each comes from."""

    spans: list[int]
    tokens: list[int]
    sources: list[str]

    def add(self, span: int, count: Count, tokenizer: Tokenizer) -> None:
        self.spans.append(span)
        self.tokens.append(count.tokens)
        self.sources.append("counted" if tokenizer.exact and count.exact else "estimated")


def token_columns(columns: pa.RecordBatch, calls: Bools, counter: PromptCounter) -> TokenColumns:
    """Count where a call (`calls`, one entry a span) has text but no number; what was reported stays."""
    no_input = calls & mask(columns["input_tokens"].is_null())
    if no_input.any():
        no_input &= _any_text(columns, "input_messages") | _any_text(columns, "system_instructions")
    no_output = calls & mask(columns["output_tokens"].is_null())
    if no_output.any():
        no_output &= _any_text(columns, "output_messages")
    spans = np.flatnonzero(no_input | no_output)
    if not spans.size:
        return TokenColumns({}, {})
    inputs, outputs = _Counted([], [], []), _Counted([], [], [])
    # Python's work on single spans, hence only on those that need it.
    for span, row in zip(spans.tolist(), columns.select(list(_READ)).take(spans).to_pylist(), strict=True):
        tokenizer = tokenizer_for((row["response_model"], row["request_model"]))
        if no_input[span]:
            inputs.add(span, _count_input(row, tokenizer, counter), tokenizer)
        if no_output[span]:
            outputs.add(span, counter.count_texts(tokenizer.encoding, row["output_messages"]), tokenizer)
    counted: Counter[str] = Counter()
    replaced: dict[str, Column] = {}
    for side, numbers in (("input", inputs), ("output", outputs)):
        for source, tokens in zip(numbers.sources, numbers.tokens, strict=True):
            counted[source] += tokens
        if numbers.spans:
            where = np.zeros(columns.num_rows, np.bool_)
            where[numbers.spans] = True
            for name, values in ((f"{side}_tokens", numbers.tokens), (f"{side}_source", numbers.sources)):
                replaced[name] = pc.replace_with_mask(columns[name], pa.array(where), pa.array(values))
    return TokenColumns(replaced, counted)


def _count_input(row: dict[str, str], tokenizer: Tokenizer, counter: PromptCounter) -> Count:
    if row["step_kind"] in _PLAIN_KINDS or row["operation"] in _PLAIN_OPERATIONS:
        return counter.count_texts(tokenizer.encoding, row["input_messages"])
    call = CallInput(row["input_messages"], row["system_instructions"], row["tool_definitions"])
    return counter.count_chat(tokenizer.encoding, call)


def _any_text(columns: pa.RecordBatch, name: str) -> Bools:
    return mask(pc.not_equal(columns[name], ""))
