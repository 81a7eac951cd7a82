"""The same mesh with Kafka as its bus: nobody but the engine knows."""

import time
from pathlib import Path

import grpc

from tests.e2e.otlp import chat_span, request
from tests.e2e.running_mesh import running_mesh
from tests.engines.kafka import require_kafka


def test_spans_pass_a_mesh_on_kafka_also_over_the_death_of_the_bus(tmp_path: Path) -> None:
    require_kafka()
    with running_mesh(tmp_path / "mesh", A11I_BUS="kafka") as mesh:
        assert "kafka" in mesh.processes()
        assert "nats" not in mesh.processes()
        before = chat_span("kafka-before", time.time_ns())
        mesh.client.send(request([before]))
        assert len(mesh.client.wait_for_trace(before.trace_id.hex()).spans) == 1

        mesh.kill("kafka")
        after = chat_span("kafka-after", time.time_ns())
        deadline = time.monotonic() + 90
        while (status := mesh.send_raw(request([after]).SerializeToString())) is not grpc.StatusCode.OK:
            assert status in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
            assert time.monotonic() < deadline, "the bus does not come back"
            time.sleep(0.5)
        assert len(mesh.client.wait_for_trace(after.trace_id.hex()).spans) == 1
