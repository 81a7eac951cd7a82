"""Killing services in the middle of work: every acknowledged span is there afterwards, once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from a11i.query.v1 import query_service_pb2
from tests.e2e.conftest import RunningMesh
from tests.e2e.otlp import chat_span, ids, request
from tests.e2e.polling import eventually

TRACES = 40
SPANS_PER_TRACE = 50


@pytest.mark.timeout(240)
@pytest.mark.parametrize("victim", ["ingest", "tokenization", "redaction", "writer"])
def test_a_service_killed_in_mid_batch_loses_and_doubles_nothing(mesh: RunningMesh, victim: str) -> None:
    acknowledged = threading.Semaphore(0)
    traces = [f"kill-{victim}-{index}" for index in range(TRACES)]

    def send(trace: str) -> None:
        text = f"a message of its own for {trace}, so that no cache knows it; signed by Maria Schneider "
        spans = [
            chat_span(f"{trace}-{index}", time.time_ns(), trace=trace, note=f"{text}{index} " * 8)
            for index in range(SPANS_PER_TRACE)
        ]
        deadline = time.monotonic() + 60
        while True:
            try:
                mesh.client.send(request(spans))
            except grpc.RpcError:
                # Not acknowledged: send again, as every exporter does.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                acknowledged.release()
                return

    with ThreadPoolExecutor(4) as senders:
        sent = [senders.submit(send, trace) for trace in traces]
        for _ in range(TRACES // 4):
            assert acknowledged.acquire(timeout=60)
        stored_at_the_kill = sum(mesh.client.get_trace(ids(trace)[0].hex()) is not None for trace in traces)
        mesh.kill(victim)
        for result in sent:
            result.result()

    assert stored_at_the_kill < TRACES, "the kill must come while work is under way"
    for trace in traces:
        trace_id = ids(trace)[0].hex()
        found = eventually(lambda trace_id=trace_id: _complete(mesh, trace_id), within_s=90)  # type: ignore[misc]  # bound per trace
        assert found.summary.span_count == SPANS_PER_TRACE
        assert found.summary.input_tokens == 100 * SPANS_PER_TRACE
        assert len({span.span_id for span in found.spans}) == len(found.spans) == SPANS_PER_TRACE


def _complete(mesh: RunningMesh, trace_id: str) -> query_service_pb2.GetTraceResponse | None:
    trace = mesh.client.get_trace(trace_id)
    return trace if trace is not None and trace.summary.span_count >= SPANS_PER_TRACE else None
