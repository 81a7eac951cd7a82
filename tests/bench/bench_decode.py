"""Measures decode, normalise, split and encode in isolation: python tests/bench/bench_decode.py [spans a request]."""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.otlp import decode_traces
from tests.bench.load import Request, describe, generate

_REQUESTS = 8
_SECONDS_EACH = 3
_PART_BYTES = 200_000


def _batch(payload: bytes) -> SpanBatch:
    return SpanBatch(
        batch_id="0" * 32,
        tenant_id="tenant",
        project_id="project",
        received_time_ns=0,
        columns=decode_traces(payload).columns,
    )


def _measure(name: str, step: Callable[[bytes], object], requests: Sequence[Request]) -> None:
    spans, octets, started = 0, 0, time.process_time()
    while time.process_time() - started < _SECONDS_EACH:
        for request in requests:
            step(request.payload)
            spans, octets = spans + request.spans, octets + len(request.payload)
    elapsed = time.process_time() - started
    print(f"{name:<28} {elapsed / spans * 1e6:6.1f} us/span {octets / elapsed / 1e6:8.1f} MB/s")


def main() -> None:
    """Print the CPU time of the steps, cumulative, on one thread."""
    spans_each = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    requests = generate(_REQUESTS * spans_each, seed=1, now_ns=time.time_ns(), spans_a_request=spans_each)
    print(describe(requests))
    _measure("decode + normalise", decode_traces, requests)
    _measure("... + split", lambda payload: _batch(payload).split(_PART_BYTES), requests)
    _measure(
        "... + encode",
        lambda payload: [part.encode() for part in _batch(payload).split(_PART_BYTES)],
        requests,
    )


if __name__ == "__main__":
    main()
