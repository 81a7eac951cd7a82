"""What is sent, and what each span must come to, worked out without any of the product's code.

Tokens: as reported, else counted with tiktoken by OpenAI's rule for chats. Cost: by genai-prices.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import genai_prices
import tiktoken
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1 import trace_pb2

from tests.e2e.otlp import attributes, request

MODELS: Final = ("gpt-4o", "gpt-4o-mini")
"""Of both the price and the tokenizer (o200k_base) are public."""
_PROVIDER: Final = "openai"
_MESSAGE_TOKENS: Final = 3
_PRIMING_TOKENS: Final = 3
"""OpenAI's cookbook, "How to count tokens with tiktoken", part 6."""
_NEW_TRACE_SHARE: Final = 0.1
"""Of requests: a trace comes in about ten, as those of agents do."""
_PROSE: Final = (
    "ask the weather in Paris about rain for tomorrow and write a short plan with three steps that a friend can read "
    "before lunch because the train leaves early"
)

SpanKey = tuple[str, str]
"""Trace id and span id, in hexadecimal."""


@dataclass(frozen=True, slots=True)
class ExpectedSpan:
    """A span as it must be found."""

    key: SpanKey
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal


@dataclass(frozen=True, slots=True)
class Batch:
    """One request."""

    request: ExportTraceServiceRequest
    spans: tuple[ExpectedSpan, ...]


@dataclass(slots=True)
class Record:
    """What the clients have done."""

    sent: dict[SpanKey, ExpectedSpan] = field(default_factory=dict)
    """Every span that has left a client, acknowledged or not."""
    acknowledged: set[SpanKey] = field(default_factory=set)
    refusals: Counter[str] = field(default_factory=Counter)
    """Tries that failed, by how."""
    full: int = 0
    """Those of them that ingest refused as the bus was full."""

    def note_sent(self, batch: Batch) -> None:
        """Take in a request before its first try."""
        self.sent.update((span.key, span) for span in batch.spans)

    def note_acknowledged(self, batch: Batch) -> None:
        """Take in that a request was acknowledged whole."""
        self.acknowledged.update(span.key for span in batch.spans)


class Spans:
    """Makes requests of spans that no one else makes. The same seed makes the same, but for their times."""

    def __init__(self, seed: str) -> None:
        self._rng = random.Random(seed)  # noqa: S311  # a test's plan, not a secret

        self._trace_id = b""

    def batch(self, spans: int, words: int) -> Batch:
        """Return a request of `spans` calls with texts of `words` words: more of the trace before, or a new one."""
        if not self._trace_id or self._rng.random() < _NEW_TRACE_SHARE:
            self._trace_id = self._rng.randbytes(16)
        made = [self._span(self._trace_id, words) for _ in range(spans)]
        return Batch(request([span for span, _ in made]), tuple(expected for _, expected in made))

    def _span(self, trace_id: bytes, words: int) -> tuple[trace_pb2.Span, ExpectedSpan]:
        rng, start_ns = self._rng, time.time_ns()
        span_id = rng.randbytes(8)
        model = rng.choice(MODELS)
        question = f"{span_id.hex()} {self._text(words)}; answer to maria.{span_id.hex()}@example.com"
        answer = self._text(words)
        values: dict[str, str | int | float | bool] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": _PROVIDER,
            "gen_ai.request.model": model,
            "gen_ai.input.messages": _message("user", question),
            "gen_ai.output.messages": _message("assistant", answer),
        }
        if rng.random() < 0.5:
            tokens = rng.randrange(1, 5000), rng.randrange(1, 2000)
            values |= {"gen_ai.usage.input_tokens": tokens[0], "gen_ai.usage.output_tokens": tokens[1]}
        else:
            tokens = input_tokens("user", question), text_tokens(answer)
        span = trace_pb2.Span(
            trace_id=trace_id,
            span_id=span_id,
            name=f"chat {model}",
            kind=trace_pb2.Span.SPAN_KIND_CLIENT,
            start_time_unix_nano=start_ns,
            end_time_unix_nano=start_ns + 250_000_000,
            attributes=attributes(values),
        )
        key = (trace_id.hex(), span_id.hex())
        return span, ExpectedSpan(key, *tokens, cost_usd(model, tokens, start_ns))

    def _text(self, words: int) -> str:
        return " ".join(self._rng.choices(_PROSE.split(), k=words))


def input_tokens(role: str, content: str) -> int:
    """Return the input tokens of a chat of one message."""
    return _PRIMING_TOKENS + _MESSAGE_TOKENS + text_tokens(role) + text_tokens(content)


def text_tokens(text: str) -> int:
    """Return the tokens of a text by the tokenizer of `MODELS`."""
    return len(_encoding().encode(text, disallowed_special=()))


def cost_usd(model: str, tokens: Sequence[int], time_ns: int) -> Decimal:
    """Return what a call costs."""
    usage = genai_prices.Usage(input_tokens=tokens[0], output_tokens=tokens[1])
    when = datetime.fromtimestamp(time_ns / 1e9, UTC)
    return genai_prices.calc_price(
        usage, model_ref=model, provider_id=_PROVIDER, genai_request_timestamp=when
    ).total_price


def _message(role: str, content: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": content}]}])


@cache
def _encoding() -> tiktoken.Encoding:
    # The vocabularies that litellm brings: nothing is fetched.
    package = find_spec("litellm")
    if package is None or package.origin is None:
        raise RuntimeError("litellm, whose vocabulary files are read, is not installed")
    os.environ["TIKTOKEN_CACHE_DIR"] = str(Path(package.origin).parent / "litellm_core_utils" / "tokenizers")
    return tiktoken.get_encoding("o200k_base")
