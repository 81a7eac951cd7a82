"""A real SeaweedFS from its wheel as S3, for tests: own ports, own directory, set up as the mesh's."""

import contextlib
import http.client
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from a11i_local.engines import seaweedfs as engine
from a11i_storage.archive import ArchiveSettings
from a11i_storage.archive.objects import objects
from tests.engines.nats import free_port

_START_DEADLINE_S = 40.0
_STOP_DEADLINE_S = 20.0


class S3Server:
    """A server that can be stopped, frozen and started again on the same ports and data."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory / "seaweedfs"
        self._keys = engine.S3Keys(secrets.token_hex(10).upper(), secrets.token_hex(32), secrets.token_hex(32))
        self._ports: dict[str, int] = {}
        while len(set(self._ports.values())) < len(engine.PORTS):
            self._ports = {name: free_port() for name in engine.PORTS}
        self._process: subprocess.Popen[bytes] | None = None

    def settings(self, prefix: str) -> ArchiveSettings:
        """Return an archive's settings under that prefix of the bucket; impatient ones."""
        return ArchiveSettings.model_validate(
            {
                "url": f"s3://{engine.BUCKET}/{prefix}",
                "endpoint": f"http://127.0.0.1:{self._ports['s3']}",
                "access_key": self._keys.access_key,
                "secret_key": self._keys.secret_key,
                "connect_timeout_s": 1,
                "stall_timeout_s": 1,
                "timeout_s": 5,
            }
        )

    def start(self) -> None:
        """Start the server and wait until it takes an object. Raises RuntimeError with its log if it does not."""
        assert self._process is None
        environment = {"PATH": os.environ["PATH"], "HOME": str(self._directory)}
        spec = engine.spec(self._directory, self._ports, self._keys, environment)
        log = self._directory.with_name("seaweedfs.log")
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                spec.command, env=dict(spec.environment), cwd=spec.directory, stdout=output, stderr=output
            )
        deadline = time.monotonic() + _START_DEADLINE_S
        while not self._takes_objects():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"SeaweedFS did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End the server with SIGKILL: it takes its time otherwise, and must live through this, too."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(_STOP_DEADLINE_S)

    def pause(self) -> None:
        """Freeze the server: its connections stay open and nothing answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Undo pause."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _takes_objects(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._ports["s3"], timeout=1)
        try:
            connection.request("GET", "/")
            connection.getresponse()
            objects(self.settings("start")).put("test", pa.py_buffer(b"x"))
        except (http.client.HTTPException, OSError):
            return False
        finally:
            connection.close()
        return True


@contextlib.contextmanager
def running(directory: Path) -> Iterator[S3Server]:
    """Run a server for the time of the block."""
    server = S3Server(directory)
    server.start()
    try:
        yield server
    finally:
        server.stop()
