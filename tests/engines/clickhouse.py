"""chDB behind its HTTP front as a process of its own, for tests and benchmarks: own port, own directory."""

import contextlib
import http.client
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from a11i_storage.clickhouse import ClickHouseSettings
from tests.engines.nats import free_port

_START_DEADLINE_S = 30.0
_STOP_DEADLINE_S = 20.0

USER = "a11i"
DATABASE = "a11i"


class ClickHouseServer:
    """A front that can be stopped, killed and started again on the same port and data."""

    def __init__(self, directory: Path, *, port: int | None = None) -> None:
        self.directory = directory
        self.port = port or free_port()
        self.password = secrets.token_urlsafe(16)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def base_url(self) -> str:
        """URL without credentials and database."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> ClickHouseSettings:
        """Settings for a client of the database that tests use."""
        url = f"http://{USER}:{self.password}@127.0.0.1:{self.port}/{DATABASE}"
        return ClickHouseSettings.model_validate({"url": url})

    @property
    def pid(self) -> int:
        """Process id of the running front."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the front and wait until it answers. Raises RuntimeError with its last words if it does not."""
        assert self._process is None
        log = self.directory.with_suffix(".log")
        with log.open("ab") as stderr:
            self._process = subprocess.Popen(self.command, env=self.environment, stdout=stderr, stderr=stderr)
        deadline = time.monotonic() + _START_DEADLINE_S
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"the front did not start:\n{log.read_text()}")
            time.sleep(0.02)

    @property
    def command(self) -> list[str]:
        """The front's command line."""
        listen = f"127.0.0.1:{self.port}"
        return [sys.executable, "-m", "a11i_local.chdb_front", "--listen", listen, "--path", str(self.directory)]

    @property
    def environment(self) -> dict[str, str]:
        """The front's environment."""
        return os.environ | {"A11I_CHDB_USER": USER, "A11I_CHDB_PASSWORD": self.password}

    def answers(self) -> bool:
        """Return whether /ping answers within a second."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().read() == b"Ok.\n"
        except (http.client.HTTPException, OSError):
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        """End the front as a supervisor does, with SIGTERM."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the front with SIGKILL: nothing in it gets a chance to clean up."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze the front: its connections stay open and nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Undo pause."""
        os.kill(self.pid, signal.SIGCONT)

    def _end(self, signal_number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal_number)
        try:
            process.wait(_STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_STOP_DEADLINE_S)


@contextlib.contextmanager
def running(directory: Path) -> Iterator[ClickHouseServer]:
    """Run a front for the time of the block."""
    server = ClickHouseServer(directory)
    server.start()
    try:
        yield server
    finally:
        server.stop()
