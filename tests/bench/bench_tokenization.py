"""Measures tokenization on one thread, without bus and gRPC: python -m tests.bench.bench_tokenization."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

import numpy as np
import psutil
import pyarrow as pa

from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.columns import Column, mask, pc
from a11i_telemetry.otlp import decode_traces
from a11i_tokenization.call_counts import CallCount
from a11i_tokenization.call_models import CallModels
from a11i_tokenization.context_windows import ContextWindows
from a11i_tokenization.costs import PRICED_BY, cost_columns
from a11i_tokenization.counts import TokenCounter
from a11i_tokenization.encodings import KNOWN_ENCODINGS, Encodings
from a11i_tokenization.model_table import model_table
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.prompts import CallInput, PromptCounter
from a11i_tokenization.stage import CALL_KINDS, TokenizeStage
from a11i_tokenization.vocabularies import packaged_directory
from tests.bench.corpus import paragraph
from tests.bench.load import describe, generate

_SPANS: Final = 4_000
_BATCH_BYTES: Final = 200_000
"""What ingest aims at for a message on the bus."""
_UNIQUE_TEXTS: Final = 2_000
_CACHE_BYTES: Final = 32 * 1024 * 1024
_ROUNDS: Final = 5
_ROUNDS_EACH: Final = 30

Batch = TypeVar("Batch")


def main() -> None:
    """Print CPU time and throughput, the best of some rounds."""
    started = time.perf_counter()
    encodings, book = Encodings(packaged_directory()), PriceBook()
    print(f"{'ready in':<44} {time.perf_counter() - started:8.2f} s, {_resident_mb():.0f} MB resident")

    rng = random.Random(1)  # noqa: S311  # no secret is made of it
    texts = [paragraph(rng, 600) for _ in range(_UNIQUE_TEXTS)]
    for encoding in ("o200k_base", "cl100k_base", "p50k_base"):
        encodings.count(encoding, "")
        _print_rate(f"unique text, {encoding}", _best(partial(encodings.count_all, encoding, texts)), _size(texts))

    requests = generate(_SPANS, seed=1, now_ns=time.time_ns())
    print(describe(requests))
    batches = [part for request in requests for part in _batch(request.payload).split(_BATCH_BYTES)]
    spans = sum(batch.columns.num_rows for batch in batches)
    print(f"{len(batches)} batches of {spans / len(batches):.0f} spans")

    messages = [text for batch in batches for text in batch.columns["input_messages"].to_pylist() if text]
    _print_rate("conversations, empty cache", _best(lambda: _count_calls(encodings, messages)), _size(messages))

    stage = TokenizeStage(TokenCounter.of(encodings, _CACHE_BYTES), book)
    for name, cut in (("cost columns", batches), ("cost columns, all spans in one batch", [_joined(batches)])):
        priced = [_priced_by(batch) for batch in cut]
        _print_cost(name, _best_each(lambda one: cost_columns(*one, book), priced), spans)
    _print_cost("stage, all tokens reported", _best_each(stage, batches), spans)
    silent = [_without_numbers(batch) for batch in batches]
    fresh = _best(lambda: _run(TokenizeStage(TokenCounter.of(encodings, _CACHE_BYTES), book), silent))
    _print_cost("stage, none reported, empty cache", fresh, spans)
    _print_cost("stage, none reported, all seen before", _best_each(stage, silent), spans)
    models = CallModels(ContextWindows(model_table()))
    idle = TokenizeStage(TokenCounter(_Nothing(encodings, _CACHE_BYTES), models), book)
    _print_cost("stage beyond counting", _best_each(idle, batches), spans)
    _print_cost("stage beyond counting, none reported", _best_each(idle, silent), spans)
    _print_cost("encoding for the next stage", _best_each(SpanBatch.encode, batches), spans)
    for encoding in KNOWN_ENCODINGS:
        encodings.count(encoding, "")
    print(f"{'all encodings loaded':<44} {_resident_mb():8.0f} MB resident, with this benchmark's data")


def _batch(payload: bytes) -> SpanBatch:
    return SpanBatch(
        batch_id="0" * 32,
        tenant_id="tenant",
        project_id="project",
        received_time_ns=0,
        columns=decode_traces(payload).columns,
    )


def _joined(batches: Sequence[SpanBatch]) -> SpanBatch:
    table = pa.Table.from_batches([batch.columns for batch in batches])
    return replace(batches[0], columns=table.combine_chunks().to_batches()[0])


def _without_numbers(batch: SpanBatch) -> SpanBatch:
    unknown = pa.nulls(batch.columns.num_rows, pa.int64())
    empty = pa.repeat("", batch.columns.num_rows)
    return batch.with_columns(input_tokens=unknown, output_tokens=unknown, input_source=empty, output_source=empty)


def _count_calls(encodings: Encodings, messages: Sequence[str]) -> None:
    counter = PromptCounter(encodings, _CACHE_BYTES)
    for text in messages:
        counter.count_chat("o200k_base", CallInput(text))


class _Nothing(PromptCounter):
    """Counts nothing, so that what remains is what the stage does besides."""

    _COUNT = CallCount(tokens=10, exact=True, messages=[4, 3], by_part=(1, 0, 2, 3, 1, 3))

    def count_chat(self, encoding: str, call: CallInput, model: str = "") -> CallCount:
        return self._COUNT

    def count_texts(self, encoding: str, messages: str, model: str = "") -> CallCount:
        return self._COUNT


def _priced_by(batch: SpanBatch) -> tuple[dict[str, Column], "np.typing.NDArray[np.bool_]"]:
    calls = mask(pc.is_in(batch.columns["step_kind"], CALL_KINDS))
    return {name: batch.columns[name] for name in PRICED_BY}, calls


def _run(stage: TokenizeStage, batches: Sequence[SpanBatch]) -> None:
    for batch in batches:
        stage(batch)


def _best(step: Callable[[], object]) -> float:
    """Return the least CPU seconds of some rounds."""
    times = []
    for _ in range(_ROUNDS):
        started = time.process_time()
        step()
        times.append(time.process_time() - started)
    return min(times)


def _best_each(step: Callable[[Batch], object], batches: Sequence[Batch]) -> float:
    """Return the least CPU seconds of some rounds for each batch, in total: a round is too long to be let alone."""
    least = [float("inf")] * len(batches)
    for _ in range(_ROUNDS_EACH):
        for number, batch in enumerate(batches):
            started = time.process_time()
            step(batch)
            least[number] = min(least[number], time.process_time() - started)
    return sum(least)


def _size(texts: Sequence[str]) -> int:
    return sum(len(text.encode()) for text in texts)


def _print_rate(name: str, seconds: float, size: int) -> None:
    print(f"{name:<44} {size / seconds / 1e6:8.1f} MB/s")


def _print_cost(name: str, seconds: float, spans: int) -> None:
    print(f"{name:<44} {seconds / spans * 1e6:8.1f} us/span")


def _resident_mb() -> float:
    return float(psutil.Process().memory_info().rss) / 1e6


if __name__ == "__main__":
    main()
