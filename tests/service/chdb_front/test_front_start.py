"""Starting and ending the front: what it says when it cannot start, what it weighs, what it leaves."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.engines import clickhouse as engine
from tests.engines.nats import free_port


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[engine.ClickHouseServer]:
    with engine.running(tmp_path_factory.mktemp("clickhouse") / "data") as running:
        yield running


def _start(server: engine.ClickHouseServer, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start another front that should not come up."""
    return subprocess.run(
        [sys.executable, "-m", "a11i_local.chdb_front", *arguments],
        env=server.environment | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def _one_line(ended: subprocess.CompletedProcess[str], part: str) -> None:
    assert ended.returncode == 2, ended
    assert ended.stdout == ""
    assert ended.stderr.startswith("chdb_front: ")
    assert ended.stderr.count("\n") == 1
    assert part in ended.stderr


def test_a_directory_in_use_is_one_clear_line(server: engine.ClickHouseServer) -> None:
    listen = f"127.0.0.1:{free_port()}"
    _one_line(_start(server, "--listen", listen, "--path", str(server.directory)), "in use by another process")


def test_a_port_that_is_taken_is_one_clear_line(server: engine.ClickHouseServer, tmp_path: Path) -> None:
    _one_line(_start(server, "--listen", f"127.0.0.1:{server.port}", "--path", str(tmp_path / "d")), "cannot listen")


def test_a_directory_that_cannot_be_written_is_one_clear_line(server: engine.ClickHouseServer, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = str(tmp_path / "file" / "data")
    _one_line(_start(server, "--listen", f"127.0.0.1:{free_port()}", "--path", path), "cannot be written")


def test_wrong_settings_are_one_clear_line(server: engine.ClickHouseServer, tmp_path: Path) -> None:
    _one_line(_start(server, "--listen", "nowhere", "--path", str(tmp_path / "d")), "A11I_CHDB_LISTEN")
    wrong = {"A11I_CHDB_MAX_RUNNING": "none"}
    _one_line(_start(server, "--path", str(tmp_path / "d"), **wrong), "A11I_CHDB_MAX_RUNNING")


def test_an_idle_front_is_small_and_leaves_by_itself(tmp_path: Path) -> None:
    with engine.running(tmp_path / "data") as server:
        resident = int(Path(f"/proc/{server.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        assert resident < 450 * 1024**2
    assert not server.answers()


def test_sigterm_does_not_wait_for_a_long_statement(tmp_path: Path) -> None:
    with engine.running(tmp_path / "data") as server, ThreadPoolExecutor(1) as threads:
        long = "SELECT sleepEachRow(0.1) FROM numbers(500) SETTINGS max_block_size = 1"
        answer = threads.submit(_ask, server, long)
        running = "SELECT count() FROM system.processes WHERE query LIKE 'SELECT sleepEachRow%'"
        deadline = time.monotonic() + 20
        while _ask(server, running) != "1":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        start = time.monotonic()
        server.stop()
        assert time.monotonic() - start < 12
        assert answer.exception(5) is not None


def _ask(server: engine.ClickHouseServer, statement: str) -> str:
    """Return what the front answers. Raises OSError or HTTPException if it goes away."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        credential = {"X-ClickHouse-User": engine.USER, "X-ClickHouse-Key": server.password}
        connection.request("POST", "/", statement, credential)
        return connection.getresponse().read().decode().strip()
    finally:
        connection.close()
