"""The token columns of a batch: what the provider reported stays, and what has text is counted besides."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from a11i_telemetry.columns import Column, empty, mask, pc
from a11i_telemetry.schema import SCHEMA
from a11i_tokenization.cache import CountCache
from a11i_tokenization.call_counts import CallCount
from a11i_tokenization.call_models import CallModel, CallModels
from a11i_tokenization.context_windows import ContextWindows
from a11i_tokenization.encodings import Encodings
from a11i_tokenization.model_table import model_table
from a11i_tokenization.prompts import CallInput, PromptCounter

Bools = npt.NDArray[np.bool_]

_PLAIN_OPERATIONS: Final = frozenset({"text_completion", "embeddings"})
_PLAIN_KINDS: Final = frozenset({"embedding", "rerank"})
"""Calls that send text as it is, without a chat's format."""

_TEXTS: Final = (
    "step_kind", "operation", "provider", "response_model", "request_model", "input_messages", "system_instructions",
    "tool_definitions", "output_messages",
)  # fmt: skip
_COUNTED: Final = (
    "counted_input_tokens", "counted_output_tokens", "tokenizer", "counted_source", "part_tokens",
    "input_message_tokens", "output_message_tokens", "context_window",
)  # fmt: skip
"""The columns that are filled whether or not the provider reported a number."""


@dataclass(frozen=True, slots=True)
class TokenColumns:
    """What counting adds to a SpanBatch."""

    replaced: Mapping[str, Column]
    """The columns that changed, by name, one entry a span; none if there was no call."""
    counted: Mapping[str, int]
    """Tokens that no provider reported, by source."""


@dataclass(slots=True)
class _Filled:
    """Values for a reported column where nothing was reported: the spans they are for, ascending, and the sources."""

    spans: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)

    def add(self, span: int, tokens: int, source: str) -> None:
        self.spans.append(span)
        self.tokens.append(tokens)
        self.sources.append(source)


class TokenCounter:
    """Counts the calls of batches. Safe for use from several threads."""

    def __init__(self, counter: PromptCounter, models: CallModels) -> None:
        self._counter = counter
        self._models = models

    @classmethod
    def of(cls, encodings: Encodings, cache_bytes: int) -> "TokenCounter":
        """Return a counter with a cache of its own. Raises ModelTableError."""
        return cls(PromptCounter(encodings, CountCache(cache_bytes)), CallModels(ContextWindows(model_table())))

    def columns(self, columns: pa.RecordBatch, calls: Bools, refused: Bools) -> TokenColumns:
        """Count the spans where `calls` is true; both have one entry a span.

        Of a call that was `refused` the text is counted too, but no provider bills it: its tokens stay unknown.
        """
        spans = np.flatnonzero(calls)
        if not spans.size:
            return TokenColumns({}, {})
        made: dict[str, list[Any]] = {name: [] for name in _COUNTED}
        filled = {"input": _Filled(), "output": _Filled()}
        unknown = {side: (mask(columns[f"{side}_tokens"].is_null()) & ~refused)[spans].tolist() for side in filled}
        texts = [_strings(columns[name], spans) for name in _TEXTS]
        for place, (span, row) in enumerate(zip(spans.tolist(), zip(*texts, strict=True), strict=True)):
            model = self._models.find(row[2], row[3], row[4])
            sent, received = self._count(row, model)
            sources = [
                None if one is None else "counted" if model.tokenizer.exact and one.exact else "estimated"
                for one in (sent, received)
            ]
            for side, one, source in zip(filled, (sent, received), sources, strict=True):
                if one is not None and source and unknown[side][place]:
                    filled[side].add(span, one.tokens, source)
            _append(made, model, sent, received, sources)
        counted: Counter[str] = Counter()
        replaced: dict[str, Column] = {
            name: _spread(pa.array(values, SCHEMA.field(name).type), spans, columns.num_rows)
            for name, values in made.items()
        }
        for side, numbers in filled.items():
            for source, tokens in zip(numbers.sources, numbers.tokens, strict=True):
                counted[source] += tokens
            replaced |= _fill(columns, side, numbers)
        return TokenColumns(replaced, counted)

    def _count(self, row: Sequence[str], model: CallModel) -> tuple[CallCount | None, CallCount | None]:
        """Return the counts of what went in and what came out, None without text."""
        step_kind, operation, _, _, _, messages, instructions, tools, output = row
        encoding = model.tokenizer.encoding
        sent = received = None
        if step_kind in _PLAIN_KINDS or operation in _PLAIN_OPERATIONS:
            if messages:
                sent = self._counter.count_texts(encoding, messages, model.name)
        elif messages or instructions:
            sent = self._counter.count_chat(encoding, CallInput(messages, instructions, tools), model.name)
        if output:
            received = self._counter.count_texts(encoding, output, model.name)
        return sent, received


def _append(
    made: dict[str, list[Any]],
    model: CallModel,
    sent: CallCount | None,
    received: CallCount | None,
    sources: Sequence[str | None],
) -> None:
    any_text = sent is not None or received is not None
    made["counted_input_tokens"].append(sent.tokens if sent else None)
    made["counted_output_tokens"].append(received.tokens if received else None)
    made["tokenizer"].append(model.tokenizer.encoding if any_text else "")
    made["counted_source"].append(("estimated" if "estimated" in sources else "counted") if any_text else "")
    made["part_tokens"].append(list(sent.parts.items()) if sent else [])
    made["input_message_tokens"].append(sent.messages if sent else [])
    made["output_message_tokens"].append(received.messages if received else [])
    made["context_window"].append(model.context_window)


def _strings(column: Column, spans: npt.NDArray[np.int64]) -> list[str]:
    """Return the texts at `spans`. NumPy makes Python's of a column at a third of what Arrow takes."""
    if len(spans) < len(column):
        column = column.take(pa.array(spans))
    texts: list[str] = column.to_numpy(zero_copy_only=False).tolist()
    return texts


def _spread(values: Column, spans: npt.NDArray[np.int64], rows: int) -> Column:
    """Return a column with the values at `spans`, and what says "not known" elsewhere."""
    if len(spans) == rows:
        return values
    places = np.full(rows, len(values), np.int64)
    places[spans] = np.arange(len(values))
    return pa.concat_arrays([values, empty(values.type, 1)]).take(pa.array(places))


def _fill(columns: pa.RecordBatch, side: str, numbers: _Filled) -> dict[str, Column]:
    if not numbers.spans:
        return {}
    where = np.zeros(columns.num_rows, np.bool_)
    where[numbers.spans] = True
    chosen = pa.array(where)
    return {
        name: pc.replace_with_mask(columns[name], chosen, pa.array(values))
        for name, values in ((f"{side}_tokens", numbers.tokens), (f"{side}_source", numbers.sources))
    }
