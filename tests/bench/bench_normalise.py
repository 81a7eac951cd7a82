"""Measures the normaliser, and decoding as a whole, on mixed dialects: python tests/bench/bench_normalise.py

The load is the recorded corpus, all dialects shuffled. In "distinct" each copy has tools, texts and ids of its own, so
that nothing that is remembered of one text helps with the next; in "steady" tools and instructions stay the same and
what is said differs, as in the traffic of an application.
"""

import itertools
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from a11i_telemetry import otlp
from a11i_telemetry.findings import Findings
from a11i_telemetry.normalise import normalise
from a11i_telemetry.otlp import decode_traces
from a11i_telemetry.otlp_json import parse_traces

_CORPUS = Path(__file__).parents[1] / "corpus"
_SPANS_EACH = (5, 20, 200, 500)
_SPANS_IN_ALL = 6_000
_SECONDS_EACH = 2


def _recorded() -> list[bytes]:
    """Return the corpus's trace requests as OTLP/JSON."""
    lines = [line for path in sorted(_CORPUS.glob("*/*/payload.jsonl")) for line in path.read_bytes().splitlines()]
    documents = [orjson.loads(line) for line in lines]
    return [orjson.dumps(one["request"]) for one in documents if one["signal"] == "traces"]


def _varied(recorded: bytes, copy: int, *, steady: bool = False) -> ExportTraceServiceRequest:
    """Return a request with another city, answer and ids than any other copy, and with other tools unless `steady`."""
    text = recorded.replace(b"Paris", b"Paris %06d" % copy)
    if not steady:
        text = text.replace(b"weather_", b"weather_%06d_" % copy)
    request = parse_traces(text.replace(b"18 degrees", b"%06d degrees" % copy), Findings())
    for resource_spans in request.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                span.trace_id = copy.to_bytes(4, "big") + span.trace_id[4:]
    return request


def _batches(spans_each: int, *, steady: bool = False) -> list[bytes]:
    """Return serialized requests of about so many spans of all dialects."""
    recorded, random_order = _recorded(), random.Random(7)  # noqa: S311  # a load, no secret
    batches: list[bytes] = []
    spans, copy = 0, 0
    batch, in_batch = ExportTraceServiceRequest(), 0
    while spans < _SPANS_IN_ALL:
        random_order.shuffle(recorded)
        for one in recorded:
            copy += 1
            varied = _varied(one, copy, steady=steady)
            batch.resource_spans.extend(varied.resource_spans)
            count = sum(len(scope.spans) for resource in varied.resource_spans for scope in resource.scope_spans)
            in_batch, spans = in_batch + count, spans + count
            if in_batch >= spans_each:
                batches.append(batch.SerializeToString())
                batch, in_batch = ExportTraceServiceRequest(), 0
    return batches


def _measure(step: Callable[[bytes], int], batches: Sequence[bytes]) -> float:
    """Return the CPU time of a step in microseconds a span."""
    spans, started = 0, time.process_time()
    while time.process_time() - started < _SECONDS_EACH:
        for batch in batches:
            spans += step(batch)
    return (time.process_time() - started) / spans * 1e6


class _Timed:
    """`normalise`, with the time that it took summed up."""

    def __init__(self) -> None:
        self.seconds, self.spans = 0.0, 0

    def __call__(self, *arguments: object) -> object:
        started = time.process_time()
        found = normalise(*arguments)  # type: ignore[arg-type]  # passed on as they came
        self.seconds += time.process_time() - started
        self.spans += arguments[0].spans  # type: ignore[attr-defined]  # the table
        return found


def main() -> None:
    """Print the figures for each size of a batch."""
    for spans_each, steady in itertools.product(_SPANS_EACH, (False, True)):
        batches = _batches(spans_each, steady=steady)
        octets, spans = sum(map(len, batches)), sum(decode_traces(batch).columns.num_rows for batch in batches)
        timed = _Timed()
        setattr(otlp, "normalise", timed)  # noqa: B010  # measured from inside, as decoding calls it
        whole = _measure(lambda payload: decode_traces(payload).columns.num_rows, batches)
        print(
            f"{'steady' if steady else 'distinct':>8}, batches of {spans_each:>3} spans of {octets / spans:5.0f} "
            f"bytes: normaliser {timed.seconds / timed.spans * 1e6:5.1f} us/span, decoding in all {whole:5.1f} us/span"
        )


if __name__ == "__main__":
    main()
