"""Measures CountTokens over a real gRPC server: python -m tests.bench.bench_count_calls."""

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import grpc

from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i.tokenization.v1.tokenization_service_pb2_grpc import TokenizationServiceStub
from a11i_bus.memory import MemoryBroker
from a11i_chassis.app import serving
from a11i_tokenization.app import wire
from a11i_tokenization.settings import TokenizationSettings
from tests.bench.corpus import paragraph
from tests.bench.usage import percentile

_CALLS: Final = 3_000
_TEXT_BYTES: Final = 4_096


def main() -> None:
    """Print latencies in milliseconds."""
    asyncio.run(_calls())


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


if __name__ == "__main__":
    main()
