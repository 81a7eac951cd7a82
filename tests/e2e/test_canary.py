"""Secrets, cards, addresses and names wherever telemetry has text are found nowhere that a mesh keeps bytes."""

import asyncio
import io
import json
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
import grpc
import nats
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc

from a11i_bus import Bus, Message
from a11i_bus.topology import SPANS_RECEIVED, SPANS_TOKENIZED
from a11i_local.services import SERVICES
from tests.e2e import canary_stores, canary_telemetry
from tests.e2e.canaries import Canaries, forms
from tests.e2e.canary_stores import Search
from tests.e2e.conftest import RunningMesh
from tests.e2e.otlp import RPC_TIMEOUT_S
from tests.e2e.polling import eventually
from tests.e2e.running_mesh import running_mesh
from tests.e2e.test_dead_letters import on_the_bus
from tests.e2e.test_replays import ask, query

COLUMNS = {
    *("input_messages", "output_messages", "system_instructions", "tool_definitions", "tool_arguments", "tool_result"),
    *("name", "status_message", "events", "links", "attr_string", "attr_int", "attr_double", "attr_json"),
    *("resource_attributes", "scope_attributes", "scope_name", "scope_version", "user_id", "session_id", "body"),
}
"""Where redaction has to find something, so that nothing is missing for another reason."""


@pytest.fixture(scope="module")
def metrics_at() -> dict[str, str]:
    """Service -> an address that was free a moment ago, for its metrics."""
    with_ports = {name: socket.create_server(("127.0.0.1", 0)) for name in SERVICES}
    found = {name: f"127.0.0.1:{server.getsockname()[1]}" for name, server in with_ports.items()}
    for server in with_ports.values():
        server.close()
    return found


@pytest.fixture(scope="module")
def own_mesh(tmp_path_factory: pytest.TempPathFactory, metrics_at: dict[str, str]) -> Iterator[RunningMesh]:
    """A mesh that has met nothing but canaries."""
    listen = {f"A11I_{name.upper()}_METRICS__LISTEN": address for name, address in metrics_at.items()}
    with running_mesh(tmp_path_factory.mktemp("canaries"), **listen) as mesh:
        yield mesh


@pytest.fixture(scope="module")
def planted(own_mesh: RunningMesh) -> Canaries:
    """Canaries that were sent, of which everything is stored that will be."""
    canaries = Canaries()
    trace_id, spans = canary_telemetry.spans(canaries)
    own_mesh.client.send(spans)
    with grpc.insecure_channel(own_mesh.client.otlp) as channel:
        with_key: dict[str, Any] = {"metadata": own_mesh.client.metadata, "timeout": RPC_TIMEOUT_S}
        # OTLP's own stubs have no types.
        logs_service_pb2_grpc.LogsServiceStub(channel).Export(canary_telemetry.logs(canaries), **with_key)  # type: ignore[no-untyped-call]
        metrics_service_pb2_grpc.MetricsServiceStub(channel).Export(canary_telemetry.metrics(canaries), **with_key)  # type: ignore[no-untyped-call]
    own_mesh.send_raw(b"\xff\xff" + canaries.prose("a request that does not parse").encode())
    own_mesh.client.wait_for_trace(trace_id, spans=2)
    tenant = json.loads((own_mesh.data_dir / "project.json").read_text())["tenant_id"]
    for topic in (SPANS_RECEIVED, SPANS_TOKENIZED):
        poison = Message(
            f"poison-{secrets.token_hex(8)}", tenant, b"\xff\xff" + canaries.text(f"poison on {topic}").encode()
        )
        on_the_bus(own_mesh, _publishing(topic, poison))
    eventually(lambda: query(own_mesh, "SELECT count() >= 2 FROM logs") == [["1"]])
    eventually(lambda: query(own_mesh, "SELECT count() >= 2 FROM metric_points") == [["1"]])
    eventually(lambda: len(dead_letters(own_mesh)) >= 2)
    eventually(own_mesh.bus_is_empty)
    return canaries


def _publishing(topic: str, message: Message) -> Callable[[Bus], Any]:
    return lambda bus: bus.publish(topic, message)


def command(mesh: RunningMesh, *arguments: str) -> Any:
    """Return what `a11i ... --json` prints."""
    line = [sys.executable, "-m", "a11i_cli", *arguments, "--json", "--data-dir", str(mesh.data_dir)]
    return json.loads(subprocess.run(line, check=True, capture_output=True, text=True, timeout=30).stdout)


def dead_letters(mesh: RunningMesh) -> list[Any]:
    return list(command(mesh, "dead-letters", "list").get("deadLetters", []))


def test_no_canary_is_found_anywhere(own_mesh: RunningMesh, planted: Canaries, metrics_at: dict[str, str]) -> None:
    search = Search(planted.planted)
    leaks = set()
    for stored in (
        canary_stores.clickhouse(own_mesh),
        canary_stores.bucket(own_mesh),
        canary_stores.postgres(own_mesh),
        canary_stores.bus(own_mesh),
        canary_stores.metrics(metrics_at.values()),
        canary_stores.files(own_mesh),
    ):
        leaks |= search.leaks(stored)
    assert sorted(leaks) == []


@pytest.mark.usefixtures("planted")
def test_redaction_found_something_in_each_place_and_tells_so(own_mesh: RunningMesh) -> None:
    found = command(own_mesh, "redaction", "audit", "--limit", "1000")
    assert {group["where"] for group in found["groups"] if "where" in group} >= COLUMNS
    assert {"EMAIL_ADDRESS", "SECRET", "CREDIT_CARD", "PERSON"} <= {group["entity"] for group in found["groups"]}
    placeholders = Search({"<EMAIL_ADDRESS_": "a placeholder"})
    tables = {where.rpartition(".")[2] for where, _ in placeholders.leaks(canary_stores.clickhouse(own_mesh))}
    assert tables >= {"spans", "logs", "metric_points"}
    archived = {where for where, _ in placeholders.leaks(canary_stores.bucket(own_mesh)) if where.endswith(": rows")}
    for signal in ("spans", "logs", "metrics"):
        assert any(f"signal={signal}/" in where for where in archived), signal


def test_a_value_that_lies_in_a_store_is_found_there(own_mesh: RunningMesh, metrics_at: dict[str, str]) -> None:
    """What the search of the first test is worth: it finds in each kind of store what is put there."""
    value = f"{secrets.token_hex(8)}.seen@{secrets.token_hex(4)}-corp.com"
    search = Search({value: "planted"})
    ask(own_mesh, "CREATE TABLE seen (text String CODEC(ZSTD(1))) ENGINE = MergeTree ORDER BY tuple()")
    ask(own_mesh, f"INSERT INTO seen VALUES ('{value}')")  # noqa: S608 a value of the test's own
    assert search.leaks(canary_stores.clickhouse(own_mesh))
    asyncio.run(_plant_in_postgres(own_mesh, value))
    assert search.leaks(canary_stores.postgres(own_mesh))
    parquet = io.BytesIO()
    pq.write_table(pa.table({"text": [value * 3]}), parquet, compression="zstd")
    with canary_stores.s3(own_mesh).open_output_stream(f"{own_mesh.env['A11I_S3_BUCKET']}/seen.parquet") as file:
        file.write(parquet.getvalue())
    assert search.leaks(canary_stores.bucket(own_mesh))
    asyncio.run(_plant_on_the_bus(own_mesh, value))
    assert search.leaks(canary_stores.bus(own_mesh))
    for number, form in enumerate(sorted(forms(value))):
        (own_mesh.data_dir / "logs" / f"seen-{number}.log").write_bytes(b"\0before" + form + b"after")
    seen = {where for where, _ in search.leaks(canary_stores.files(own_mesh)) if "seen-" in where}
    assert len(seen) == len(forms(value))
    told = Search({"a11i_redaction": "a metric's name", "python_info": "another"})
    assert told.leaks(canary_stores.metrics(metrics_at.values()))


async def _plant_in_postgres(mesh: RunningMesh, value: str) -> None:
    connection = await asyncpg.connect(mesh.env["A11I_POSTGRES"])
    try:
        await connection.execute("CREATE TABLE seen (content bytea)")
        await connection.execute("INSERT INTO seen VALUES ($1)", value.encode())
    finally:
        await connection.close()


async def _plant_on_the_bus(mesh: RunningMesh, value: str) -> None:
    connection = await nats.connect(mesh.env["A11I_NATS"])
    try:
        stream = connection.jetstream()
        await stream.add_stream(name="SEEN", subjects=["seen"])
        await stream.publish("seen", value.encode())
    finally:
        await connection.close()
