"""One tenant's clients, as a process of their own: each sends one request after another, and heeds the retry hints.

Its standard input is a pickled Load; its environment has the key in A11I_API_KEY. It writes one JSON line, an Outcome.
"""

import asyncio
import json
import os
import pickle
import random
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Final

import grpc
import grpc.aio
from google.rpc.error_details_pb2 import RetryInfo

from tests.bench.transports import CHANNEL_OPTIONS, EXPORT

RPC_TIMEOUT_S: Final = 10.0
"""OpenTelemetry's exporters wait as long."""


@dataclass(frozen=True, slots=True)
class Load:
    """What to send."""

    target: str
    """host:port of OTLP/gRPC."""
    payload: bytes
    salt: bytes
    """Eight bytes of the payload's trace ids. They are replaced for each request, so that none is a repetition."""
    clients: int
    duration_s: float
    interval_s: float = 0.0
    """From one request's start to the next's; 0: as fast as answers come."""


@dataclass(slots=True)
class Outcome:
    """What became of the requests."""

    accepted: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    """With a retry hint of 1 to 4 seconds, by code."""
    failed: dict[str, int] = field(default_factory=dict)
    """In any other way, by code."""
    waits_ms: list[float] = field(default_factory=list)
    """From start to acknowledgement, of the accepted ones."""


async def send(load: Load, api_key: str) -> Outcome:
    """Send for as long as the load says."""
    outcome, refused, failed = Outcome(), Counter[str](), Counter[str]()
    end_s = time.monotonic() + load.duration_s
    metadata = (("authorization", f"Bearer {api_key}"),)

    async def client() -> None:
        async with grpc.aio.insecure_channel(load.target, options=CHANNEL_OPTIONS) as channel:
            export: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(EXPORT, None, None)
            while (started_s := time.monotonic()) < end_s:
                payload = load.payload.replace(load.salt, random.randbytes(len(load.salt)))  # noqa: S311  # no secret
                pause_s = 0.0
                try:
                    await export(payload, metadata=metadata, timeout=RPC_TIMEOUT_S)
                    outcome.accepted += 1
                    outcome.waits_ms.append((time.monotonic() - started_s) * 1000)
                except grpc.aio.AioRpcError as error:
                    pause_s = _advised_s(error)
                    (refused if 1 <= pause_s <= 4 else failed)[error.code().name] += 1
                await asyncio.sleep(max(pause_s, started_s + load.interval_s - time.monotonic(), 0.0))

    async with asyncio.TaskGroup() as group:
        for _ in range(load.clients):
            group.create_task(client())
    outcome.refused, outcome.failed = dict(refused), dict(failed)
    return outcome


def _advised_s(error: grpc.aio.AioRpcError) -> float:
    """Return the delay that came with a refusal; 0 if none did."""
    for name, value in error.trailing_metadata() or ():
        if name == "google.rpc.retryinfo-bin" and isinstance(value, bytes):
            seconds: float = RetryInfo.FromString(value).retry_delay.ToTimedelta().total_seconds()
            return seconds
    return 0.0


def main() -> None:
    """Read the load, send it, tell."""
    load = pickle.load(sys.stdin.buffer)  # noqa: S301  # from the benchmark that started this process
    print(json.dumps(asdict(asyncio.run(send(load, os.environ["A11I_API_KEY"])))))


if __name__ == "__main__":
    main()
