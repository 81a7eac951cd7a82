"""A whole mesh as a user starts it: `python -m a11i_local up`, as a process, in a directory of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import nats

from a11i_local.mesh_files import read_mesh_env
from a11i_local.services import SERVICES
from tests.e2e.otlp import RPC_TIMEOUT_S, Client

START_DEADLINE_S = 90.0
STOP_DEADLINE_S = 60.0


class RunningMesh:
    """A mesh that is up, until `stop`."""

    def __init__(self, data_dir: Path, process: subprocess.Popen[str], output: Path) -> None:
        self.data_dir = data_dir
        self.process = process
        self._output = output
        self.env = read_mesh_env(data_dir / "mesh.env")
        self.client = Client(self.env["A11I_OTLP_GRPC"], self.env["A11I_QUERY"], self.env["A11I_API_KEY"])

    @property
    def output(self) -> str:
        """What the console has shown."""
        return self._output.read_text()

    def processes(self) -> dict[str, dict[str, Any]]:
        """state.json's processes: name -> pid, address, restarts, ..."""
        processes: dict[str, dict[str, Any]] = json.loads((self.data_dir / "state.json").read_text())["processes"]
        return processes

    def grpc_addresses(self) -> dict[str, str]:
        """Service -> host:port."""
        processes = self.processes()
        return {name: processes[name]["address"] for name in SERVICES}

    def kill(self, name: str) -> int:
        """Kills a process with -9; gives its pid. The supervisor starts it again."""
        pid: int | None = None
        deadline = time.monotonic() + START_DEADLINE_S
        while pid is None:  # It may be in its pause between two lives.
            assert time.monotonic() < deadline, f"{name} does not come back"
            pid = self.processes()[name]["pid"]
        os.kill(pid, signal.SIGKILL)
        return pid

    def send_raw(self, payload: bytes) -> grpc.StatusCode:
        """Sends bytes as an OTLP request; gives the status."""
        with grpc.insecure_channel(self.env["A11I_OTLP_GRPC"]) as channel:
            export = channel.unary_unary(
                "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
                request_serializer=bytes,
                response_deserializer=bytes,
            )
            try:
                export(payload, metadata=self.client.metadata, timeout=RPC_TIMEOUT_S)
            except grpc.RpcError as error:
                return error.code()
            return grpc.StatusCode.OK

    def bus_is_empty(self) -> bool:
        """Whether every batch has passed: none of the spans' streams holds a message."""
        return asyncio.run(self._messages_on_the_bus()) == 0

    async def _messages_on_the_bus(self) -> int:
        connection = await nats.connect(self.env["A11I_NATS"])
        try:
            streams = await connection.jetstream().streams_info()
            return sum(
                stream.state.messages for stream in streams if (stream.config.name or "").startswith("A11I_SPANS_")
            )
        finally:
            await connection.close()

    def stop(self, signal_number: signal.Signals = signal.SIGINT) -> int:
        """Stops the mesh as Ctrl-C does; gives the exit code."""
        self.process.send_signal(signal_number)
        return self.process.wait(STOP_DEADLINE_S)


@contextmanager
def running_mesh(data_dir: Path, **environment: str) -> Iterator[RunningMesh]:
    """A mesh on a data directory; stopped at the end if it still runs."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output"
        process = start(data_dir, output, **environment)
        try:
            _wait_until_ready(data_dir, process, output)
            yield RunningMesh(data_dir, process, output)
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(STOP_DEADLINE_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def start(data_dir: Path, output: Path, **environment: str) -> subprocess.Popen[str]:
    """Starts `up`, with no port of the user's in the way."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("A11I_")}
    with output.open("w") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "a11i_local", "up", "--data-dir", str(data_dir)],
            env=inherited | environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
        )


def _wait_until_ready(data_dir: Path, process: subprocess.Popen[str], output: Path) -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    while not _is_ready(data_dir, process.pid):
        assert process.poll() is None, f"the mesh ended with {process.returncode}:\n{output.read_text()}"
        assert time.monotonic() < deadline, f"the mesh was not ready in time:\n{output.read_text()}"
        time.sleep(0.05)


def _is_ready(data_dir: Path, supervisor: int) -> bool:
    try:
        state = json.loads((data_dir / "state.json").read_text())
    except FileNotFoundError:
        return False
    # A file that a killed mesh left behind is another supervisor's.
    return bool(state["supervisor"] == supervisor and state["ready"])
