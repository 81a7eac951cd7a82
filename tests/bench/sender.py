"""The client of the benchmarks: a process of its own that sends ready-made bytes, so that it costs little CPU.

Its standard input is a pickled Plan and then, when it is to begin, one more byte; its environment has the key in
A11I_API_KEY. It writes "ready", then a JSON line for each acknowledged request, in order of acknowledgement.
"""

import asyncio
import json
import os
import pickle
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

import grpc
import grpc.aio

EXPORT: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
RPC_TIMEOUT_S: Final = 30.0
"""More than an exporter's 10 s, so that a slow acknowledgement is measured and not cut off."""
RETRY_DELAY_S: Final = 0.2
GIVE_UP_S: Final = 120.0
"""A request that was refused for so long ends the run."""
RETRYABLE: Final = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)
CHANNEL_OPTIONS: Final = (("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0))
"""A connection for each channel, as separate programs have, and none through a proxy."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send, and how."""

    target: str
    """host:port of OTLP/gRPC."""
    payloads: Sequence[bytes]
    concurrency: int = 8
    """Requests under way at once."""
    interval_s: float = 0.0
    """From one request's start to the next's; 0: as fast as acknowledgements come."""
    connections: int = 4


class Sender:
    """Sends a plan's payloads in order."""

    def __init__(self, plan: Plan, api_key: str) -> None:
        self._plan = plan
        self._metadata = (("authorization", f"Bearer {api_key}"),)
        self._waiting = deque(enumerate(plan.payloads))
        self._begun_s = 0.0

    async def run(self) -> None:
        """Send everything; a line of output for each acknowledgement."""
        channels = [
            grpc.aio.insecure_channel(self._plan.target, options=CHANNEL_OPTIONS) for _ in range(self._plan.connections)
        ]
        self._begun_s = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(self._plan.concurrency):
                group.create_task(self._work(channels[number % len(channels)]))
        for channel in channels:
            await channel.close(None)

    async def _work(self, channel: grpc.aio.Channel) -> None:
        export: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(EXPORT, None, None)
        while self._waiting:
            index, payload = self._waiting.popleft()
            if self._plan.interval_s:
                due_s = self._begun_s + index * self._plan.interval_s
                await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            sent_s = time.monotonic()
            refusals = 0
            while True:
                try:
                    answer = await export(payload, metadata=self._metadata, timeout=RPC_TIMEOUT_S)
                    break
                except grpc.aio.AioRpcError as error:
                    if error.code() not in RETRYABLE or time.monotonic() - sent_s > GIVE_UP_S:
                        raise
                    refusals += 1
                    await asyncio.sleep(RETRY_DELAY_S)
            line = {
                "index": index,
                "sent_s": sent_s,
                "acked_s": time.monotonic(),
                "refusals": refusals,
                "partial": bool(answer),
            }
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()


def main(source: BinaryIO) -> None:
    """Read the plan, say that it is read, wait for the word, and send."""
    plan = pickle.load(source)  # noqa: S301  # from the benchmark that started this process
    sender = Sender(plan, os.environ["A11I_API_KEY"])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    source.read(1)
    asyncio.run(sender.run())


if __name__ == "__main__":
    main(sys.stdin.buffer)
