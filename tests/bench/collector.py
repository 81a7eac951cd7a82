"""An OpenTelemetry Collector as a process, the peer of a11i's ingest: `tests/bench/collector`, a Go module, built here.

async with running_collector("nop") as collector:
    collector.usage()
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from a11i_local.ports import PortClaims
from a11i_local.probes import http_answers
from a11i_local.process import ProcessSpec
from a11i_local.supervisor import Change, ProcessEvent, Supervisor
from tests.bench.errors import MeasurementError
from tests.bench.usage import Usage, measure
from tests.go_program import GoBuildError, build

SOURCE: Final = Path(__file__).parent / "collector"
START_TIMEOUT_S: Final = 30.0

Exporter = Literal["nop", "file"]
"""Where the Collector's spans go: nowhere, or into a file that it does not sync."""


@dataclass(slots=True)
class Collector:
    """A running Collector."""

    grpc: str
    """host:port of OTLP/gRPC."""
    http: str
    """host:port of OTLP/HTTP."""
    pid: int = 0
    deaths: int = 0
    """Times that it died since the start; a measurement with any is worth nothing."""

    def note(self, event: ProcessEvent) -> None:
        """Take in what the supervisor says."""
        self.pid = event.pid
        self.deaths += event.change is Change.DIED

    def usage(self) -> Usage:
        """Return what the process has used so far."""
        return measure(self.pid)


async def built() -> Path:
    """Return the Collector's program; the first time on a machine that takes a minute or two.

    Raises MeasurementError where Go is missing or the build fails.
    """
    try:
        return await asyncio.to_thread(build, SOURCE)
    except GoBuildError as error:
        raise MeasurementError(str(error)) from None


@asynccontextmanager
async def running_collector(exporter: Exporter) -> AsyncIterator[Collector]:
    """Start a Collector on free ports of 127.0.0.1; stopped, and what it wrote removed, when the block ends.

    Raises MeasurementError where it can't be built, and a11i_local's MeshError where it does not start.
    """
    program = await built()
    with tempfile.TemporaryDirectory(prefix="a11i-bench-") as directory, closing(PortClaims()) as claims:
        grpc_port, http_port = claims.claim_any(), claims.claim_any()
        collector = Collector(f"127.0.0.1:{grpc_port}", f"127.0.0.1:{http_port}")
        spec = ProcessSpec(
            name="collector",
            command=(str(program), "--config", f"file:{SOURCE / exporter}.yaml"),
            environment={
                "COLLECTOR_GRPC": collector.grpc,
                "COLLECTOR_HTTP": collector.http,
                "COLLECTOR_FILE": f"{directory}/spans",
            },
            directory=Path(directory),
            probe=lambda: http_answers(http_port),  # its HTTP listener is the last thing that it starts
            ready_timeout_s=START_TIMEOUT_S,
        )
        async with Supervisor(Path(directory), collector.note) as supervisor:
            await supervisor.start(spec)
            yield collector
