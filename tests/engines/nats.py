"""A real NATS server from its wheel, for tests and benchmarks: own port, own directory, configured as the mesh's."""

import contextlib
import os
import random
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from a11i_local.engines.nats import NatsConfig, command, config_text, url

_START_DEADLINE_S = 20.0
_STOP_DEADLINE_S = 20.0


class NatsServer:
    """A server that can be stopped, killed and started again on the same port and data."""

    def __init__(self, directory: Path, *, port: int | None = None, extra_config: str = "") -> None:
        self.directory = directory
        self.extra_config = extra_config
        self.config = NatsConfig(
            port=port or free_port(),
            store_dir=directory / "jetstream",
            user="a11i",
            password=secrets.token_urlsafe(16),
            encryption_key=secrets.token_urlsafe(32),
            log_file=directory / "nats.log",
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """URL with credentials."""
        return url(self.config)

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
        config_file = self.directory / "nats.conf"
        config_file.write_text(config_text(self.config) + self.extra_config)
        config_file.chmod(0o600)
        self._process = subprocess.Popen(command(config_file), stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + _START_DEADLINE_S
        while not _answers(self.config.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"NATS did not start:\n{(self.directory / 'nats.log').read_text()}")
            time.sleep(0.02)

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

    def reconfigure(self, *, max_store_bytes: int) -> None:
        """Let the server take at most that many bytes; from its next start on."""
        self.config = replace(self.config, max_store_bytes=max_store_bytes)


class NatsCluster:
    """Three servers that store each message twice or more before they confirm it."""

    def __init__(self, directory: Path) -> None:
        routes = [free_port() for _ in range(3)]
        self.nodes: list[NatsServer] = []
        for number, port in enumerate(routes, 1):
            home = directory / f"node-{number}"
            home.mkdir()
            self.nodes.append(NatsServer(home, extra_config=_cluster_config(number, port, routes)))
        first = self.nodes[0].config
        for node in self.nodes:
            node.config = replace(node.config, password=first.password)

    @property
    def url(self) -> str:
        """URL with credentials and all hosts."""
        others = "".join(f",127.0.0.1:{node.config.port}" for node in self.nodes[1:])
        return self.nodes[0].url + others

    def start(self) -> None:
        """Start the servers that are not up. They elect a leader on their own."""
        for node in self.nodes:
            if not node.up:
                node.start()

    def stop(self) -> None:
        """Kill all servers."""
        for node in self.nodes:
            node.kill()

    def node(self, name: str) -> NatsServer:
        """Return a server by the name that it has in the cluster."""
        return self.nodes[int(name.removeprefix("node-")) - 1]


def _cluster_config(number: int, port: int, routes: Sequence[int]) -> str:
    urls = ", ".join(f'"nats://127.0.0.1:{route}"' for route in routes)
    return (
        f'server_name: "node-{number}"\n'
        f'cluster {{ name: "a11i", listen: "127.0.0.1:{port}", no_advertise: true, routes: [{urls}] }}\n'
    )


@contextlib.contextmanager
def running(directory: Path) -> Iterator[NatsServer]:
    """Run a server for the time of the block."""
    server = NatsServer(directory)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def free_port() -> int:
    """Return a TCP port on 127.0.0.1 that nobody listens on at this moment.

    Below the ports that the system gives to outgoing connections: one of those could take it while the server is down,
    even the very client that tries to reconnect.
    """
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311 - no secret
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            return connection.recv(4) == b"INFO"
    except OSError:
        return False
