"""The store is away for long: the backlog waits on the bus, ingest refuses in time, and all is stored afterwards."""

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import grpc
import nats
import pytest
from google.rpc import error_details_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from tests.e2e.otlp import chat_span, ids, request
from tests.e2e.polling import eventually
from tests.e2e.running_mesh import RunningMesh, running_mesh
from tests.grpc_errors import rich_status

CAPACITY_BYTES = 3 * 1024**2
SPANS = 25
"""In a request of about 100 kB, as large as ingest makes messages."""
WORKED_ON_AT_ONCE = 4
"""Requests that may overtake one another: two in each of two stages."""
MAX_REQUESTS = 200
"""Many times what the bus has room for."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def small_mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningMesh, str]]:
    """A mesh whose bus is soon full, and where the writer's metrics are. It stores a request at a time."""
    metrics = f"127.0.0.1:{free_port()}"
    settings = {
        f"A11I_{name}_BUS__CAPACITY_BYTES": str(CAPACITY_BYTES)
        for name in ("INGEST", "TOKENIZATION", "REDACTION", "WRITER", "DELIVERY")
    } | {
        "A11I_REDACTION_NAMES": "false",
        "A11I_WRITER_METRICS__LISTEN": metrics,
        "A11I_WRITER_RUNNER__MAX_ROWS": str(SPANS),
        "A11I_DELIVERY_LEDGER__INTERVAL_S": "0.5",
        "A11I_DELIVERY_LEDGER__SETTLE_S": "2",
    }
    with running_mesh(tmp_path_factory.mktemp("mesh"), **settings) as mesh:
        yield mesh, f"http://{metrics}/metrics"


def chats(name: str) -> trace_service_pb2.ExportTraceServiceRequest:
    """Return a request of one trace, with text that cannot be compressed away."""
    noise = random.Random(name)  # noqa: S311 - the same text again when a request is sent again
    return request(
        [
            chat_span(f"{name}-{number}", time.time_ns(), trace=name, note=noise.randbytes(2_000).hex())
            for number in range(SPANS)
        ]
    )


def lag_s(metrics: str) -> float:
    """Return the writer's lag as its metrics tell it."""
    with urllib.request.urlopen(metrics, timeout=10) as response:  # noqa: S310 - our own URL
        for line in response.read().decode().splitlines():
            if line.startswith('a11i_stage_lag_seconds{stage="writer"}'):
                return float(line.split()[-1])
    return 0.0


def spans_on_the_bus(mesh: RunningMesh) -> list[tuple[int, int]]:
    """Return of each of the spans' streams how many bytes it holds, and may hold."""

    async def run() -> list[tuple[int, int]]:
        connection = await nats.connect(mesh.env["A11I_NATS"])
        try:
            streams = await connection.jetstream().streams_info()
        finally:
            await connection.close()
        spans = [one for one in streams if (one.config.name or "").startswith("A11I_SPANS_")]
        return [(one.state.bytes, one.config.max_bytes or 0) for one in spans]

    return asyncio.run(run())


def send_until_refused(mesh: RunningMesh, number: int = 0) -> tuple[int, grpc.RpcError]:
    """Send one request after the other; return how many were taken, and why the next was not."""
    while number < MAX_REQUESTS:
        try:
            mesh.client.send(chats(f"pressed-{number}"))
        except grpc.RpcError as error:
            return number, error
        number += 1
    raise AssertionError("nothing is ever refused")


def fill(mesh: RunningMesh) -> tuple[int, grpc.RpcError]:
    """Send, as patiently as the refusals ask, until nothing on the bus moves any more."""
    taken, refusal = send_until_refused(mesh)
    while True:
        time.sleep(retry_delay_s(refusal))  # What a client does that is told so.
        before = taken
        taken, refusal = send_until_refused(mesh, taken)
        if taken == before:
            return taken, refusal


def retry_delay_s(error: grpc.RpcError) -> float:
    for detail in rich_status(error).details:
        info = error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            return float(info.retry_delay.ToTimedelta().total_seconds())
    raise AssertionError("the refusal does not say when to come back")


def send_over_http(mesh: RunningMesh, payload: bytes) -> urllib.error.HTTPError:
    """Send a request that is refused; return the refusal, read to its end."""
    headers = {"authorization": f"Bearer {mesh.env['A11I_API_KEY']}", "content-type": "application/x-protobuf"}
    post = urllib.request.Request(f"http://{mesh.env['A11I_OTLP_HTTP']}/v1/traces", payload, headers)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(post, timeout=20)  # noqa: S310 - our own URL
    caught.value.close()
    return caught.value


def stored(mesh: RunningMesh) -> set[str]:
    return {trace.trace_id for trace in mesh.client.list_traces(page_size=MAX_REQUESTS).traces}


def ledger(mesh: RunningMesh, *arguments: str) -> Any:
    """Run `a11i ledger ... --json`; return what it printed."""
    command = [sys.executable, "-m", "a11i_cli", "ledger", "--json", "--data-dir", str(mesh.data_dir), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def test_while_the_store_is_away_ingest_refuses_in_time_and_what_it_took_drains_in_order(
    small_mesh: tuple[RunningMesh, str],
) -> None:
    mesh, metrics = small_mesh
    store = mesh.processes()["clickhouse"]["pid"]
    os.kill(store, signal.SIGSTOP)
    try:
        taken, refusal = fill(mesh)
        assert refusal.code() is grpc.StatusCode.UNAVAILABLE
        assert "spans.received" in (refusal.details() or "")
        over_http = send_over_http(mesh, chats("pressed-too-much").SerializeToString())
        assert over_http.code == 503
        assert int(over_http.headers["retry-after"]) >= 1
        on_the_bus = spans_on_the_bus(mesh)
        assert all(held <= limit for held, limit in on_the_bus)
        assert sum(held for held, _ in on_the_bus) < 0.9 * CAPACITY_BYTES, "dead letters and the ledger keep their room"
        eventually(lambda: lag_s(metrics) > 3)
    finally:
        os.kill(store, signal.SIGCONT)

    traces = [ids(f"pressed-{number}")[0].hex() for number in range(taken)]
    seen: list[str] = []
    deadline = time.monotonic() + 40
    while len(seen) < taken:
        assert time.monotonic() < deadline, f"{len(seen)} of {taken} are stored"
        seen += sorted(stored(mesh).difference(seen), key=traces.index)
    moved = [abs(place - traces.index(trace)) for place, trace in enumerate(seen)]
    assert max(moved) <= WORKED_ON_AT_ONCE, f"not in the order they were sent: {moved}"
    for trace in traces:
        assert mesh.client.wait_for_trace(trace, spans=SPANS).summary.span_count == SPANS

    eventually(lambda: lag_s(metrics) < 1)
    acknowledged = str(taken * SPANS)

    def balanced() -> bool:
        (account,) = ledger(mesh)["accounts"]
        return account["queuedCount"] == account["storedCount"] == acknowledged and "inFlightCount" not in account

    eventually(balanced)
    eventually(lambda: ledger(mesh, "audit")["verdict"] == "AUDIT_VERDICT_BALANCED")
