"""A mesh starts, keeps itself running, stops without a trace, and comes back as it was."""

from __future__ import annotations

import http.client
import json
import socket
import stat
from pathlib import Path

import psutil
import pytest

from a11i_local.services import SERVICES
from tests.e2e.polling import eventually
from tests.e2e.running_mesh import RunningMesh, running_mesh, start

ENGINES = {"nats", "postgres", "clickhouse", "seaweedfs"}
VARIABLES = {
    *("A11I_OTLP_GRPC", "A11I_OTLP_HTTP", "A11I_QUERY", "A11I_AUTH", "A11I_DELIVERY", "A11I_GATEWAY"),
    *("A11I_REDACTION", "A11I_REVEAL_TOKEN", "A11I_TOKENIZATION"),
    *("A11I_NATS", "A11I_CLICKHOUSE", "A11I_POSTGRES", "A11I_S3", "A11I_API_KEY"),
}

_REFUSED_WITHIN_S = 90
"""Most of it goes to the start of engines, on a busy machine."""


def test_the_data_directory_tells_everything_to_its_owner_alone(mesh: RunningMesh) -> None:
    assert mesh.env.keys() >= VARIABLES
    assert all(mesh.env.values())
    assert mesh.processes().keys() == ENGINES | set(SERVICES)
    for name in ("mesh.env", "secrets.json", "project.json", "nats.conf"):
        assert stat.S_IMODE((mesh.data_dir / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE(mesh.data_dir.stat().st_mode) == 0o700


def test_every_listener_is_on_loopback(mesh: RunningMesh) -> None:
    processes = [psutil.Process(mesh.process.pid), *psutil.Process(mesh.process.pid).children(recursive=True)]
    listening = [
        connection.laddr.ip.removeprefix("::ffff:")  # gRPC listens on IPv4 through IPv6 sockets
        for process in processes
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]

    assert len(listening) > len(SERVICES)
    assert set(listening) == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("listener", "path"), [("s3", "/a11i-cold/x"), ("weed_filer", "/buckets/"), ("clickhouse", "/?query=SELECT+1")]
)
def test_no_store_answers_a_stranger(mesh: RunningMesh, listener: str, path: str) -> None:
    port = json.loads((mesh.data_dir / "ports.json").read_text())[listener]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        assert connection.getresponse().status in {401, 403}
    finally:
        connection.close()


@pytest.mark.parametrize("name", ["query", "postgres"])
def test_a_killed_process_is_reported_and_started_again(mesh: RunningMesh, name: str) -> None:
    restarts = mesh.processes()[name]["restarts"]
    killed = mesh.kill(name)

    def is_back() -> bool:
        now = mesh.processes()[name]
        return bool(now["restarts"] > restarts and now["change"] == "ready" and now["pid"] != killed)

    eventually(is_back, within_s=90)
    report = next(line for line in mesh.output.splitlines() if f"{name} died with signal 9 (SIGKILL)" in line)
    assert f"log: {mesh.data_dir}/logs/{name}.log" in report
    eventually(lambda: mesh.client.list_traces() is not None)


def test_a_mesh_stops_without_a_trace_and_comes_back_as_it_was_beside_another(
    mesh: RunningMesh, tmp_path: Path
) -> None:
    data_dir = tmp_path / "second"
    with running_mesh(data_dir) as second:
        children = psutil.Process(second.process.pid).children(recursive=True)
        before = second.env
        # Two meshes at once share nothing.
        assert not [name for name in VARIABLES if before[name] == mesh.env[name]]
        assert second.stop() == 0
        assert _alive(children) == []
        assert not (data_dir / "state.json").exists()

    with running_mesh(data_dir, A11I_INGEST_BUS__URL="a stray variable") as again:
        assert again.env == before
        assert again.client.list_traces() is not None
        children = psutil.Process(again.process.pid).children(recursive=True)
        again.process.kill()
        again.process.wait()
        eventually(lambda: _alive(children) == [])


def _alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if _runs(process)]


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _refused(data_dir: Path, tmp_path: Path, **environment: str) -> str:
    """What `up` says when it can't start as asked: one line, exit code 2, nothing left."""
    output = tmp_path / "output"
    process = start(data_dir, output, **environment)
    assert process.wait(_REFUSED_WITHIN_S) == 2
    *_, line = output.read_text().splitlines()
    assert line.startswith("a11i: ")
    assert "Traceback" not in output.read_text()
    return line


def test_a_port_that_the_user_chose_and_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        line = _refused(tmp_path / "mesh", tmp_path, A11I_GATEWAY_PORT=port)

    assert f"port {port} is taken (A11I_GATEWAY_PORT={port})" in line


def test_a_data_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert f"the data directory {tmp_path}/file/mesh can't be written" in _refused(tmp_path / "file/mesh", tmp_path)


def test_a_directory_of_other_files_is_named(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("")

    assert f"{tmp_path}/full holds other files than a mesh's" in _refused(tmp_path / "full", tmp_path)


def test_a_service_refuses_a_wrong_setting_of_its_own(tmp_path: Path) -> None:
    line = _refused(tmp_path / "mesh", tmp_path, A11I_REDACTION_NAMES="banana")

    assert "redaction ended with exit code 2" in line
    assert "names" in line.lower()


def test_a_second_mesh_on_the_same_directory_is_refused(mesh: RunningMesh, tmp_path: Path) -> None:
    assert f"another mesh runs on {mesh.data_dir}" in _refused(mesh.data_dir, tmp_path)


@pytest.mark.parametrize(
    ("name", "value"), [("A11I_OTLP_GRPC_PORT", "http"), ("A11I_QUERY_PORT", "70000"), ("A11I_START_TIMEOUT_S", "0")]
)
def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    assert f"{name}={value}: " in _refused(tmp_path / "mesh", tmp_path, **{name: value})


def test_a_service_that_cannot_start_stops_everything_and_names_its_log(tmp_path: Path) -> None:
    data_dir, output = tmp_path / "mesh", tmp_path / "output"
    process = start(data_dir, output, A11I_START_TIMEOUT_S="0.001")
    assert process.wait(60) == 1
    lines = output.read_text().splitlines()

    assert "was not ready within" in lines[-1]
    assert f"see {data_dir}/logs/" in lines[-1]
    assert not (data_dir / "state.json").exists()
