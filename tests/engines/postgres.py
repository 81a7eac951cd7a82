"""A real PostgreSQL from its wheel, for tests: own port, own directory, set up as the mesh's."""

import asyncio
import contextlib
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from a11i_local.engines import postgres as engine
from a11i_local.probes import postgres_answers
from tests.engines.nats import free_port

_START_DEADLINE_S = 30.0
_STOP_DEADLINE_S = 20.0


class PostgresServer:
    """A server that can be stopped and started again on the same port and data."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory / "postgres"
        self._password = secrets.token_urlsafe(16)
        self._port = free_port()
        self._environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        """The database's address with credentials."""
        return engine.dsn(self._port, self._password)

    def start(self) -> None:
        """Start the server and wait until it answers. Raises RuntimeError if it does not."""
        asyncio.run(engine.prepare(self._directory, self._password, self._environment))
        spec = engine.spec(self._directory, self._port, self._environment)
        log = self._directory.with_name("postgres.log")
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                spec.command, env=dict(spec.environment), cwd=spec.directory, stdout=output, stderr=output
            )
        deadline = time.monotonic() + _START_DEADLINE_S
        while not asyncio.run(postgres_answers(self._port, engine.USER, engine.DATABASE)):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End the server without waiting for its clients."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_STOP_DEADLINE_S)


@contextlib.contextmanager
def running(directory: Path) -> Iterator[PostgresServer]:
    """Run a server for the time of the block."""
    server = PostgresServer(directory)
    server.start()
    try:
        yield server
    finally:
        server.stop()
