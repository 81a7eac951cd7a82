"""The client of the benchmarks: a process of its own that sends ready-made bytes, so that it costs little CPU.

Its standard input is a pickled Plan and then, when it is to begin, one more byte; its environment has the key in
A11I_API_KEY. It writes "ready", then a JSON line for each acknowledged request, in order of acknowledgement.
"""

import asyncio
import itertools
import json
import os
import pickle
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from tests.bench.transports import PLAIN_SUCCESS, Export, Protocol, RefusedError, connections

RETRY_DELAY_S: Final = 0.2
GIVE_UP_S: Final = 120.0
"""A request that was refused for so long ends the run."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send, and how."""

    target: str
    """host:port of OTLP/gRPC or OTLP/HTTP."""
    payloads: Sequence[bytes]
    concurrency: int = 8
    """Requests under way at once."""
    interval_s: float = 0.0
    """From one request's start to the next's; 0: as fast as acknowledgements come."""
    connections: int = 4
    """Of gRPC; HTTP has one for each request under way."""
    protocol: Protocol = "grpc"
    repeat_s: float = 0.0
    """Send the payloads again and again for so long, each time under other trace ids; 0: send each once."""
    salt: bytes = b""
    """What all trace ids in the payloads begin with, as it stands there (JSON has it in hex); needed to repeat."""


class Sender:
    """Sends a plan's payloads in order."""

    def __init__(self, plan: Plan, api_key: str) -> None:
        self._plan = plan
        self._api_key = api_key
        self._waiting = self._payloads()
        self._begun_s = 0.0

    async def run(self) -> None:
        """Send everything; a line of output for each acknowledgement."""
        plan = self._plan
        async with connections(plan.protocol, plan.target, plan.connections, self._api_key) as exports:
            self._begun_s = time.monotonic()
            async with asyncio.TaskGroup() as group:
                for number in range(plan.concurrency):
                    group.create_task(self._work(exports[number % len(exports)]))

    def _payloads(self) -> Iterator[tuple[int, bytes]]:
        plan = self._plan
        if not plan.repeat_s:
            yield from enumerate(plan.payloads)
            return
        for turn in itertools.count():
            salt = self._new_salt()
            for position, payload in enumerate(plan.payloads):
                if time.monotonic() - self._begun_s > plan.repeat_s:
                    return
                yield turn * len(plan.payloads) + position, payload.replace(plan.salt, salt)

    def _new_salt(self) -> bytes:
        length = len(self._plan.salt)
        return os.urandom(length // 2).hex().encode() if self._plan.protocol == "http/json" else os.urandom(length)

    async def _work(self, export: Export) -> None:
        for index, payload in self._waiting:
            if self._plan.interval_s:
                due_s = self._begun_s + index * self._plan.interval_s
                await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            sent_s = time.monotonic()
            refusals = 0
            while True:
                try:
                    answer = await export(payload)
                    break
                except RefusedError:
                    if time.monotonic() - sent_s > GIVE_UP_S:
                        raise
                    refusals += 1
                    await asyncio.sleep(RETRY_DELAY_S)
            line = {
                "index": index,
                "sent_s": sent_s,
                "acked_s": time.monotonic(),
                "refusals": refusals,
                "partial": answer not in PLAIN_SUCCESS,
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
