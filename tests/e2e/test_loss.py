"""Killing services in the middle of work: every acknowledged span is there afterwards, once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from tests.e2e.conftest import RunningMesh
from tests.e2e.otlp import chat_span, ids, request

TRACES = 40
SPANS_PER_TRACE = 50


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
        found = mesh.client.wait_for_trace(trace_id, spans=SPANS_PER_TRACE, within_s=90)
        assert found.summary.span_count == SPANS_PER_TRACE
        assert found.summary.input_tokens == 100 * SPANS_PER_TRACE
        assert len({span.span_id for span in found.spans}) == len(found.spans) == SPANS_PER_TRACE
