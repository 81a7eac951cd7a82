"""Measures CountTokens over a real gRPC server, and what the stage takes beyond counting:
python -m tests.bench.bench_count_calls
"""

import asyncio
import gc
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import grpc
import numpy as np

from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i.tokenization.v1.tokenization_service_pb2_grpc import TokenizationServiceStub
from a11i_bus.memory import MemoryBroker
from a11i_chassis.app import serving
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.columns import mask, pc
from a11i_telemetry.otlp import decode_traces
from a11i_tokenization.app import wire
from a11i_tokenization.call_counts import CallCount
from a11i_tokenization.call_models import CallModels
from a11i_tokenization.context_windows import ContextWindows
from a11i_tokenization.counts import TokenCounter
from a11i_tokenization.encodings import Encodings
from a11i_tokenization.model_table import model_table
from a11i_tokenization.prompts import CallInput, PromptCounter
from a11i_tokenization.settings import TokenizationSettings
from a11i_tokenization.vocabularies import packaged_directory
from tests.bench.corpus import paragraph
from tests.bench.load import generate
from tests.bench.usage import percentile

_CALLS: Final = 3_000
_TEXT_BYTES: Final = 4_096
_SPANS: Final = 4_000
_BATCH_BYTES: Final = 200_000
"""What ingest aims at for a message on the bus."""
_CACHE_BYTES: Final = 32 * 1024 * 1024
_ROUNDS: Final = 15


def main() -> None:
    """Print latencies in milliseconds, and the stage's CPU time a span."""
    asyncio.run(_calls())
    _overhead()


async def _calls() -> None:
    settings = TokenizationSettings(bus={"url": "memory://"}, dead_letter_key="k" * 32)
    app = replace(wire(settings, MemoryBroker(settings.bus).bus()), background=())
    rng = random.Random(1)  # noqa: S311  # no secret is made of it
    async with (
        serving("tokenization", settings, app) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        stub = TokenizationServiceStub(channel)
        texts = [paragraph(rng, _TEXT_BYTES)[:_TEXT_BYTES] for _ in range(_CALLS)]
        requests = {
            "one text of 4 kB": [pb2.CountTokensRequest(texts=[text], model="gpt-4o") for text in texts],
            "a call of 4 kB": [pb2.CountTokensRequest(model="gpt-4o", call=_chat(text)) for text in texts],
        }
        for name, each in requests.items():
            times, cpu_times = [], []
            for request in each:
                started, cpu_started = time.perf_counter(), time.process_time()
                await stub.CountTokens(request, timeout=10)
                times.append((time.perf_counter() - started) * 1e3)
                cpu_times.append((time.process_time() - cpu_started) * 1e3)
            _print_latency(f"CountTokens, {name}", times)
            _print_latency("  CPU of client and server", cpu_times)


def _print_latency(name: str, times_ms: Sequence[float]) -> None:
    p50, p99 = (percentile(times_ms, share) for share in (0.5, 0.99))
    print(f"{name:<36} p50 {p50:6.2f} ms, p99 {p99:6.2f} ms")


def _chat(text: str) -> pb2.ChatCall:
    turns = [text[start : start + 512] for start in range(0, len(text), 512)]
    roles = ("user", "assistant")
    messages = [{"role": roles[number % 2], "content": turn} for number, turn in enumerate(turns)]
    return pb2.ChatCall(messages=json.dumps(messages))


class _Nothing(PromptCounter):
    """Counts nothing, so that what remains is what the stage does besides."""

    _COUNT = CallCount(tokens=10, exact=True, messages=[4, 3], by_part=(1, 0, 2, 3, 1, 3))

    def count_chat(self, encoding: str, call: CallInput, model: str = "") -> CallCount:
        return self._COUNT

    def count_texts(self, encoding: str, messages: str, model: str = "") -> CallCount:
        return self._COUNT


def _overhead() -> None:
    requests = generate(_SPANS, seed=1, now_ns=time.time_ns())
    batches = [part for request in requests for part in _batch(request.payload).split(_BATCH_BYTES)]
    spans = sum(batch.columns.num_rows for batch in batches)
    encodings = Encodings(packaged_directory())
    models = CallModels(ContextWindows(model_table()))
    whole = _best(partial(_count, TokenCounter(PromptCounter(encodings, _CACHE_BYTES), models), batches))
    beyond = _best(partial(_count, TokenCounter(_Nothing(encodings, _CACHE_BYTES), models), batches))
    print(f"{'token columns, all seen before':<36} {whole / spans * 1e6:.1f} us a span")
    print(f"{'  beyond counting':<36} {beyond / spans * 1e6:.1f} us a span")


def _batch(payload: bytes) -> SpanBatch:
    return SpanBatch("0" * 32, "tenant", "project", 0, decode_traces(payload).columns)


def _count(counter: TokenCounter, batches: Sequence[SpanBatch]) -> None:
    for batch in batches:
        calls = mask(pc.equal(batch.columns["step_kind"], "llm"))
        counter.columns(batch.columns, calls, np.zeros(len(calls), np.bool_))


def _best(step: Callable[[], object]) -> float:
    """Return the least CPU seconds of some rounds."""
    times = []
    for _ in range(_ROUNDS):
        gc.collect()
        started = time.process_time()
        step()
        times.append(time.process_time() - started)
    return min(times)


if __name__ == "__main__":
    main()
