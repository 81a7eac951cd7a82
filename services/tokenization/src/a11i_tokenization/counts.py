"""The token columns of a batch: what the provider reported stays, and what has text is counted besides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa

from a11i_telemetry.columns import Column
from a11i_tokenization.call_models import CallModels
from a11i_tokenization.calls import Calls
from a11i_tokenization.context_windows import ContextWindows
from a11i_tokenization.costs import STATUS_ERROR
from a11i_tokenization.counted_columns import CountedCalls, counted_columns
from a11i_tokenization.encodings import Encodings
from a11i_tokenization.model_table import model_table
from a11i_tokenization.prompts import CallInput, PromptCounter

_PLAIN_OPERATIONS: Final = frozenset({
    "text_completion", "text-completion", "atext_completion", "embeddings", "image_generation", "aimage_generation",
    "image", "images.generate", "speech", "aspeech", "audio.speech", "text_to_speech",
})  # fmt: skip
_PLAIN_KINDS: Final = frozenset({"embedding", "rerank"})
"""Calls that send text as it is, without a chat's format."""

_SIDES: Final = ("input", "output")
_READ_OF_CALLS: Final = (
    "step_kind", "operation", "input_messages", "system_instructions", "tool_definitions", "output_messages",
    "input_tokens", "output_tokens", "status_code",
)  # fmt: skip
COUNTED_BY: Final = (*_READ_OF_CALLS, "input_source", "output_source")
"""The columns that counting reads, besides names."""
_INT64: Final = pa.int64()
_TEXT: Final = pa.string()


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

    def columns(self, columns: Mapping[str, Column], calls: Calls) -> TokenColumns:
        """Count the calls among the spans of a batch."""
        if not calls.names:
            return TokenColumns({}, {})
        counted, filled = self._counted(columns, calls)
        replaced = counted_columns(counted, calls.where)
        by_source: dict[str, int] = {}
        for side, numbers in zip(_SIDES, filled, strict=True):
            if numbers.spans:
                replaced |= _fill(columns, side, numbers)
                for own, tokens in zip(numbers.sources, numbers.tokens, strict=True):
                    by_source[own] = by_source.get(own, 0) + tokens
        return TokenColumns(replaced, by_source)

    def _counted(self, columns: Mapping[str, Column], calls: Calls) -> tuple[CountedCalls, tuple[_Filled, _Filled]]:
        """Return what was counted, and what of it stands in for numbers that were not reported."""
        made, inputs, outputs = [], _Filled(), _Filled()
        models, counter = self._models, self._counter
        rows = calls.of(zip(*(columns[name].to_pylist() for name in _READ_OF_CALLS), strict=True))
        for span, names, row in zip(calls.spans, calls.names, rows, strict=True):
            kind, operation, messages, instructions, tools, output, input_tokens, output_tokens, status = row
            model = models[names[:3]]
            encoding, exact = model.tokenizer.encoding, model.tokenizer.exact
            sent = received = None
            source = ""
            if kind in _PLAIN_KINDS or operation in _PLAIN_OPERATIONS:
                if messages:
                    sent = counter.count_texts(encoding, messages, model.name)
            elif messages or instructions:
                sent = counter.count_chat(encoding, CallInput(messages, instructions, tools), model.name)
            if output:
                received = counter.count_texts(encoding, output, model.name)
            if sent is not None:
                source = "counted" if exact and sent.exact else "estimated"
                # What failed before the model said anything is billed by no provider: its tokens stay unknown.
                if input_tokens is None and (output or status != STATUS_ERROR):
                    inputs.add(span, sent.tokens, source)
            if received is not None:
                own = "counted" if exact and received.exact else "estimated"
                if output_tokens is None:
                    outputs.add(span, received.tokens, own)
                source = source if source == "estimated" else own
            made.append((model, sent, received, source))
        return CountedCalls(*zip(*made, strict=True)), (inputs, outputs)


def _fill(columns: Mapping[str, Column], side: str, numbers: _Filled) -> dict[str, Column]:
    """Return a side's reported columns with what was counted where nothing was reported."""
    tokens, sources = columns[f"{side}_tokens"].to_pylist(), columns[f"{side}_source"].to_pylist()
    for span, number, source in zip(numbers.spans, numbers.tokens, numbers.sources, strict=True):
        tokens[span], sources[span] = number, source
    return {f"{side}_tokens": pa.array(tokens, _INT64), f"{side}_source": pa.array(sources, _TEXT)}
