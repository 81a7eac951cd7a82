"""A mesh with proxies in front of its engines and its doors: what the nemesis works on."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pydantic import SecretStr
from rich.console import Console as RichConsole

from a11i_bus import BusSettings
from a11i_local.console import Console
from a11i_local.mesh import Mesh, running_mesh
from a11i_local.process import ProcessSpec
from a11i_local.services import SERVICES
from a11i_local.settings import MeshSettings
from tests.chaos.dialects import DIALECTS, Dialect
from tests.chaos.proxy import Proxy

ACK_WAIT_S: Final = 3.0
CAPACITY_BYTES: Final = 8 * 1024 * 1024
"""Of the bus: small, so that it can be filled in seconds."""
_EAGER_INGEST: Final = Path(__file__).with_name("eager_ingest.py")
_SETTINGS: Final = {
    # What a death delays is to come again soon.
    "BUS__ACK_WAIT_S": str(ACK_WAIT_S),
    "BUS__CAPACITY_BYTES": str(CAPACITY_BYTES),
    "RUNNER__HEARTBEAT_S": "1",
    "RUNNER__RETRY_MAX_S": "2",
    "RUNNER__PATIENCE_S": "5",
}
_OWN_SETTINGS: Final = {
    # Names need a language model, which takes seconds to load at each of the many starts.
    "redaction": {"NAMES": "false"},
    # The books are to be closed soon after the last batch.
    "delivery": {"LEDGER__SETTLE_S": "3", "LEDGER__INTERVAL_S": "1"},
}


@dataclass(frozen=True, slots=True)
class Proxies:
    """Where traffic can be meddled with."""

    bus: Proxy
    clickhouse: Proxy
    otlp_grpc: Proxy
    otlp_http: Proxy


@dataclass(frozen=True, slots=True)
class ChaosMesh:
    """A running mesh, its proxies, and its processes."""

    mesh: Mesh
    proxies: Proxies
    dialect: Dialect

    def pid(self, name: str) -> int | None:
        """Return the id of a process; None while it is dead."""
        try:
            state = json.loads((self.mesh.data / "state.json").read_text())
        except FileNotFoundError:
            return None
        pid: int | None = state["processes"].get(name, {}).get("pid")
        return pid

    def signal(self, name: str, number: signal.Signals) -> bool:
        """Send a signal to a process; False if it is dead already."""
        pid = self.pid(name)
        if pid is None:
            return False
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return False
        return True

    def is_ready(self, name: str) -> bool:
        """Return whether a process answers, as far as its supervisor knows."""
        state = json.loads((self.mesh.data / "state.json").read_text())
        return bool(state["processes"].get(name, {}).get("change") == "ready")

    def bus_settings(self) -> BusSettings:
        """Return how the services see the bus, but past the proxy."""
        url = self.mesh.variables[f"A11I_{self.dialect.engine.upper()}"]
        return BusSettings(url=SecretStr(url), ack_wait_s=ACK_WAIT_S, capacity_bytes=CAPACITY_BYTES, partitions=4)


@asynccontextmanager
async def chaos_mesh(data_dir: Path, bus: str, *, eager_ingest: bool = False) -> AsyncIterator[ChaosMesh]:
    """Start a mesh whose services reach the bus and ClickHouse through proxies; stop all at the end.

    `eager_ingest`: with the deliberate fault, an ingest that acknowledges before it publishes.
    """
    dialect = DIALECTS[bus]
    async with AsyncExitStack() as stack:
        proxies = Proxies(
            await stack.enter_async_context(Proxy("bus", splitter=dialect.splitter)),
            await stack.enter_async_context(Proxy("clickhouse")),
            await stack.enter_async_context(Proxy("otlp-grpc")),
            await stack.enter_async_context(Proxy("otlp-http")),
        )
        detours = _Detours(proxies, dialect, eager_ingest=eager_ingest)
        settings = MeshSettings(data_dir=data_dir, bus="kafka" if bus == "kafka" else "nats", start_timeout_s=120)
        # Open for as long as the mesh, which has something to say to its very end.
        file = stack.enter_context((data_dir.parent / f"{data_dir.name}.console").open("w"))
        console = Console(RichConsole(file=file, highlight=False, soft_wrap=True))
        mesh = await stack.enter_async_context(running_mesh(settings, console, detours.adjust))
        proxies.otlp_grpc.target_port = _port(mesh.variables["A11I_OTLP_GRPC"])
        proxies.otlp_http.target_port = _port(mesh.variables["A11I_OTLP_HTTP"])
        yield ChaosMesh(mesh, proxies, dialect)


class _Detours:
    """Leads services to proxies instead of engines."""

    def __init__(self, proxies: Proxies, dialect: Dialect, *, eager_ingest: bool) -> None:
        self._by_engine = {dialect.engine: proxies.bus, "clickhouse": proxies.clickhouse}
        self._eager_ingest = eager_ingest

    def adjust(self, spec: ProcessSpec) -> ProcessSpec:
        """Return the process as it is to be started. Engines start before the services that need them."""
        if (proxy := self._by_engine.get(spec.name)) is not None:
            proxy.target_port = _port(spec.address)
            if spec.name == "kafka":
                _advertise(spec.directory / "server.properties", proxy)
        if spec.name not in SERVICES:
            return spec
        changed = replace(spec, environment={**spec.environment, **self._environment(spec)})
        if spec.name == "ingest" and self._eager_ingest:
            return replace(changed, command=(sys.executable, str(_EAGER_INGEST)))
        return changed

    def _environment(self, spec: ProcessSpec) -> dict[str, str]:
        prefix = f"A11I_{spec.name.upper()}_"
        settings = {**_SETTINGS, **_OWN_SETTINGS.get(spec.name, {})}
        told = {prefix + name: value for name, value in settings.items()}
        for name, value in spec.environment.items():
            if name in (f"{prefix}BUS__URL", f"{prefix}CLICKHOUSE__URL"):
                told[name] = self._detour(value)
        return told

    def _detour(self, url: str) -> str:
        for proxy in self._by_engine.values():
            if proxy.target_port:
                url = re.sub(rf"@127\.0\.0\.1:{proxy.target_port}\b", f"@127.0.0.1:{proxy.port}", url)
        return url


def _advertise(properties: Path, proxy: Proxy) -> None:
    """Have Kafka name the proxy as its address, as clients connect to what the server names."""
    text = properties.read_text()
    properties.write_text(
        re.sub(r"(?m)^advertised\.listeners=.*$", f"advertised.listeners=CLIENT://127.0.0.1:{proxy.port}", text)
    )


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])
