"""What is archived, run through the stages of the running mesh again: nothing changes, and what was lost comes back."""

import json
import secrets
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

from tests.e2e.conftest import RunningMesh
from tests.e2e.otlp import chat_span, request
from tests.e2e.polling import eventually
from tests.e2e.running_mesh import running_mesh
from tests.e2e.test_signals import log_exporter, metric_exporter

Command = Callable[..., Any]
TABLES = ("spans", "logs", "metric_points", "ingest_issues")
TRACES = 30
SLOWLY = {
    # So that a replay is under way when its process is killed.
    "A11I_DELIVERY_ARCHIVE_REPLAY__BACKLOG": "1",
    "A11I_DELIVERY_ARCHIVE_REPLAY__LEASE_S": "3",
}


@pytest.fixture(scope="module")
def own_mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningMesh]:
    """A mesh whose tables may be emptied, with spans in it."""
    with running_mesh(tmp_path_factory.mktemp("replays"), **SLOWLY) as mesh:
        for _ in range(TRACES):
            name = f"replayed {secrets.token_hex(4)}"
            note = f"write to {name.replace(' ', '.')}@corp-example.com or call +49 30 1234567"
            mesh.client.send(request([chat_span(f"{name} {n}", time.time_ns(), note=note) for n in range(4)]))
        send_other_signals(mesh)
        eventually(lambda: all(rows for rows in stored(mesh).values()) and len(stored(mesh)["spans"]) == 4 * TRACES)
        eventually(mesh.bus_is_empty)
        yield mesh


def send_other_signals(mesh: RunningMesh) -> None:
    """Send a log record, a point, and a span whose faults become an issue."""
    logs = LoggerProvider()
    logs.add_log_record_processor(SimpleLogRecordProcessor(log_exporter(mesh, "grpc")))
    logs.get_logger("replays").emit(LogRecord(body="write to jane.roe@example.com", severity_text="ERROR"))
    logs.shutdown()
    metrics = MeterProvider([PeriodicExportingMetricReader(metric_exporter(mesh, "grpc"))])
    metrics.get_meter("replays").create_counter("replays").add(3, {"who": "jane.roe@example.com"})
    metrics.shutdown()
    faulty = request([chat_span("faulty", time.time_ns())])
    faulty.resource_spans[0].scope_spans[0].spans[0].trace_id = b"short"
    mesh.client.send(faulty)


def done(command: Command, replay: Any) -> bool:
    """Return whether a replay has come to its end; the service that knows may be starting anew."""
    try:
        shown = command("show", replay["replayId"])
    except AssertionError:
        return False
    return bool(shown["state"] == "REPLAY_STATE_DONE")


@pytest.fixture
def command(own_mesh: RunningMesh) -> Command:
    """Runs `a11i replay ... --json`; gives what it printed."""

    def run(*arguments: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "a11i_cli", "replay", *arguments, "--json", "--data-dir", str(own_mesh.data_dir)],
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def ask(mesh: RunningMesh, sql: str) -> bytes:
    """Ask the mesh's ClickHouse."""
    parts = urllib.parse.urlsplit(mesh.env["A11I_CLICKHOUSE"])
    form = {"database": parts.path.strip("/"), "user": parts.username, "password": parts.password}
    url = f"http://{parts.hostname}:{parts.port}/?{urllib.parse.urlencode(form)}"
    with urllib.request.urlopen(url, data=sql.encode(), timeout=30) as answer:
        return bytes(answer.read())


def query(mesh: RunningMesh, sql: str) -> list[list[str]]:
    """Return the rows of a query as text."""
    rows: list[list[str]] = json.loads(ask(mesh, f"{sql} FORMAT JSONCompactStrings"))["data"]
    return rows


def stored(mesh: RunningMesh) -> dict[str, list[list[str]]]:
    """Return all rows of all tables as readers see them, but for when each was stored."""
    return {
        table: query(
            mesh,
            f"SELECT * EXCEPT (stored_time, batch_id) FROM {table} FINAL ORDER BY ALL",  # noqa: S608
        )
        for table in TABLES
    }


def totals(mesh: RunningMesh) -> list[list[str]]:
    return query(mesh, "SELECT count(), sum(input_tokens), sum(output_tokens), sum(total_cost_usd) FROM spans FINAL")


@pytest.mark.parametrize("point", ["tokenization", "redaction", "writer"])
def test_a_replay_changes_nothing_whether_once_twice_or_killed_in_between(
    own_mesh: RunningMesh, command: Command, point: str
) -> None:
    before, sums = stored(own_mesh), totals(own_mesh)
    assert len(before["spans"]) == 4 * TRACES
    assert "<EMAIL_ADDRESS" in json.dumps(before)
    for _ in range(2):
        replay = command("start", "--from", point, "--since", "1h")
        assert replay["state"] == "REPLAY_STATE_DONE"
        assert int(replay["rowCount"]) == sum(map(len, before.values()))
        eventually(lambda: own_mesh.bus_is_empty())
        assert stored(own_mesh) == before
    killed = command("start", "--from", point, "--since", "1h", "--detach")
    assert killed["state"] == "REPLAY_STATE_RUNNING"
    for victim in ("delivery", "writer", "redaction"):
        own_mesh.kill(victim)
    eventually(lambda: done(command, killed), within_s=90)
    eventually(lambda: own_mesh.bus_is_empty(), within_s=60)
    assert stored(own_mesh) == before
    assert totals(own_mesh) == sums


def test_a_store_that_lost_its_rows_gets_all_of_them_back_from_the_archive(
    own_mesh: RunningMesh, command: Command
) -> None:
    before, sums = stored(own_mesh), totals(own_mesh)
    counted = command("start", "--from", "writer", "--since", "1h", "--dry-run")
    for table in TABLES:
        ask(own_mesh, f"TRUNCATE TABLE {table}")
    assert stored(own_mesh) == {table: [] for table in TABLES}
    replay = command("start", "--from", "writer", "--since", "1h")
    assert int(replay["rowCount"]) == int(counted["rowCount"]) == sum(map(len, before.values()))
    eventually(lambda: own_mesh.bus_is_empty())
    assert stored(own_mesh) == before
    assert totals(own_mesh) == sums
    listed = command("list")["replays"]
    assert [one["replayId"] for one in listed[:2]] == [replay["replayId"], counted["replayId"]]
