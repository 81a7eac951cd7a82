"""The token columns of a batch: what the provider reported stays, and what has text is counted besides."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from a11i_telemetry.columns import Column, pc
from a11i_tokenization.call_counts import CallCount
from a11i_tokenization.call_models import CallModel, CallModels
from a11i_tokenization.context_windows import ContextWindows
from a11i_tokenization.counted_columns import CountedCall, counted_columns
from a11i_tokenization.encodings import Encodings
from a11i_tokenization.model_table import model_table
from a11i_tokenization.prompts import CallInput, PromptCounter

Bools = npt.NDArray[np.bool_]

_PLAIN_OPERATIONS: Final = frozenset({"text_completion", "embeddings"})
_PLAIN_KINDS: Final = frozenset({"embedding", "rerank"})
"""Calls that send text as it is, without a chat's format."""

_SIDES: Final = ("input", "output")
_TEXTS: Final = (
    "step_kind", "operation", "provider", "response_model", "request_model", "input_messages", "system_instructions",
    "tool_definitions", "output_messages",
)  # fmt: skip


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
        return cls(PromptCounter(encodings, cache_bytes), CallModels(ContextWindows(model_table())))

    def columns(self, columns: pa.RecordBatch, calls: Bools, refused: Bools) -> TokenColumns:
        """Count the spans where `calls` is true; both have one entry a span.

        Of a call that was `refused` the text is counted too, but no provider bills it: its tokens stay unknown.
        """
        spans = np.flatnonzero(calls)
        if not spans.size:
            return TokenColumns({}, {})
        unreported = [(_is_null(columns[f"{side}_tokens"]) & ~refused)[spans].tolist() for side in _SIDES]
        no_input, no_output = unreported
        inputs, outputs = filled = (_Filled(), _Filled())
        made = []
        find = self._models.find
        texts = zip(*(_texts(columns[name], spans) for name in _TEXTS), strict=True)
        for place, (span, row) in enumerate(zip(spans.tolist(), texts, strict=True)):
            model = find(row[2], row[3], row[4])
            exact = model.tokenizer.exact
            sent, received = self._count(row, model)
            source = ""
            if sent is not None:
                source = "counted" if exact and sent.exact else "estimated"
                if no_input[place]:
                    inputs.add(span, sent.tokens, source)
            if received is not None:
                own = "counted" if exact and received.exact else "estimated"
                if no_output[place]:
                    outputs.add(span, received.tokens, own)
                source = source if source == "estimated" else own
            made.append(CountedCall(span, model, sent, received, source))
        replaced = counted_columns(made, len(calls))
        counted: Counter[str] = Counter()
        for side, numbers in zip(_SIDES, filled, strict=True):
            replaced |= _fill(columns, side, numbers)
            for own, tokens in zip(numbers.sources, numbers.tokens, strict=True):
                counted[own] += tokens
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


def _texts(column: Column, spans: npt.NDArray[np.int64]) -> list[str]:
    """Return the texts at `spans`. Reads Arrow's buffers, as its functions cost more than the texts of a batch."""
    _, bounds, data = column.buffers()
    starts = np.frombuffer(bounds, np.int32)[column.offset : column.offset + len(column) + 1]
    if data is None:
        return [""] * len(spans)
    octets = memoryview(data)
    return [
        str(octets[start:end], "utf-8") if start < end else ""
        for start, end in zip(starts[spans].tolist(), starts[spans + 1].tolist(), strict=True)
    ]


def _is_null(column: Column) -> Bools:
    """Return which entries are null, likewise."""
    if not column.null_count:
        return np.zeros(len(column), np.bool_)
    validity = np.frombuffer(column.buffers()[0], np.uint8)
    bits = np.unpackbits(validity, count=column.offset + len(column), bitorder="little")
    return np.asarray(bits[column.offset :] == 0)


def _fill(columns: pa.RecordBatch, side: str, numbers: _Filled) -> dict[str, Column]:
    """Return a side's reported columns with what was counted where nothing was reported."""
    if not numbers.spans:
        return {}
    where = np.zeros(columns.num_rows, np.bool_)
    where[numbers.spans] = True
    chosen = pa.array(where)
    return {
        name: pc.replace_with_mask(columns[name], chosen, pa.array(values))
        for name, values in ((f"{side}_tokens", numbers.tokens), (f"{side}_source", numbers.sources))
    }
