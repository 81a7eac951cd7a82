"""A real Apache Kafka in KRaft mode from its published jars, for tests and benchmarks: own ports, own directory.

It lets clients in with a password in the clear, as the embedded mesh's does, and over TLS with SCRAM (`secure`).
"""

import contextlib
import importlib
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from a11i_local.engines import kafka, kafka_jars
from a11i_local.engines.kafka import KafkaConfig
from a11i_local.errors import SetupError
from tests.engines.kafka_secure import secure_listener
from tests.engines.nats import free_port

_START_DEADLINE_S = 60.0
"""A JVM on a busy machine; alone it takes 2 s."""
_STOP_DEADLINE_S = 30.0
_FORMAT_DEADLINE_S = 60.0


@cache
def unavailable() -> str:
    """Return why Kafka can't run here, fetching its jars if need be; "" if it can."""
    try:
        kafka_jars.java()
        kafka_jars.fetch()
        importlib.import_module("aiokafka")  # the adapter's client
    except (SetupError, ImportError) as error:
        return str(error)
    return ""


def require_kafka() -> None:
    """Skip the test, saying why, where Kafka can't run; fail it instead on CI."""
    if reason := unavailable():
        if os.environ.get("CI"):
            pytest.fail(f"CI must run the tests on Kafka: {reason}")
        pytest.skip(f"not run on Kafka: {reason}")


class KafkaServer:
    """A server that can be stopped, killed and started again on the same ports and data."""

    def __init__(self, directory: Path) -> None:
        self.config = KafkaConfig(
            port=free_port(),
            controller_port=free_port(),
            directory=directory / "kafka",
            user="a11i",
            password=secrets.token_hex(16),
        )
        self.secure = secure_listener(directory, free_port(), secrets.token_hex(16))
        self._java = kafka_jars.java()
        self._jars = kafka_jars.fetch()
        self._log = directory / "kafka.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """URL with credentials."""
        return kafka.url(self.config)

    @property
    def up(self) -> bool:
        """True between start and its end."""
        return self._process is not None

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the server and wait until it answers. Raises RuntimeError with its log if it does not."""
        assert self._process is None
        self._prepare()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                kafka.command(self._java, self._jars, self.config), stdout=log, stderr=log, cwd=self.config.directory
            )
        deadline = time.monotonic() + _START_DEADLINE_S
        while not _listens(self.config.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"Kafka did not start:\n{self._log.read_text()[-3000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End the server as a supervisor does, with SIGTERM."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the server with SIGKILL: nothing in it gets a chance to clean up."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze the server: its connections stay open and nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Undo pause."""
        os.kill(self.pid, signal.SIGCONT)

    def _prepare(self) -> None:
        self.config.directory.mkdir(exist_ok=True)
        properties = kafka.properties_text(self.config) + self.secure.properties_text(self.config)
        self.config.properties_file.write_text(properties)
        self.config.properties_file.chmod(0o600)
        self.config.logging_file.write_text(kafka.logging_text())
        if not kafka.is_formatted(self.config):
            subprocess.run(
                [
                    *kafka.format_command(self._java, self._jars, self.config),
                    *self.secure.format_arguments(self.config.user),
                ],
                capture_output=True,
                timeout=_FORMAT_DEADLINE_S,
                check=True,
            )

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
def running(directory: Path) -> Iterator[KafkaServer]:
    """Run a server for the time of the block."""
    server = KafkaServer(directory)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
