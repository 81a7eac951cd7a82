"""A mesh for measuring: the embedded mesh's own engines and services, all or some, in a temporary directory.

async with bench_mesh(("auth", "ingest")) as mesh:
    mesh.usage()
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Collection, Coroutine, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

from a11i_local import engine_processes, provision, services
from a11i_local.credentials import Credentials, load_or_create
from a11i_local.data_dir import DataDir
from a11i_local.engines import postgres, seaweedfs
from a11i_local.environment import base_environment
from a11i_local.errors import MeshError
from a11i_local.job import run_job
from a11i_local.ports import PortClaims, assign
from a11i_local.process import ProcessSpec
from a11i_local.settings import PREFERRED_PORTS
from a11i_local.startup import Step, run_steps
from a11i_local.supervisor import Change, ProcessEvent, Supervisor
from tests.bench.errors import MeasurementError
from tests.bench.usage import Usage, measure

START_TIMEOUT_S = 90.0
"""As long as a start of the whole mesh may take on a busy machine."""
LOG_LINES = 5
"""Last lines of each log that are shown when something failed."""
EVERYTHING = tuple(services.SERVICES)
ORDER = ("nats", "postgres", "clickhouse", "seaweedfs", *EVERYTHING)
"""Of the processes in tables."""


@dataclass(slots=True)
class BenchMesh:
    """A running mesh, with the process ids of its parts."""

    ports: dict[str, int]
    urls: engine_processes.EngineUrls
    data: Path
    admin_token: str
    api_key: str = ""
    pids: dict[str, int] = field(default_factory=dict)
    deaths: int = 0
    """Processes that died since the start; a measurement with any is worth nothing."""

    def note(self, event: ProcessEvent) -> None:
        """Take in what the supervisor says."""
        self.pids[event.name] = event.pid
        self.deaths += event.change is Change.DIED

    def usage(self) -> dict[str, Usage]:
        """Return what each process has used so far, what it started included."""
        return {name: measure(self.pids[name]) for name in ORDER if name in self.pids}

    def address(self, port: str) -> str:
        """Return host:port of a listener."""
        return f"127.0.0.1:{self.ports[port]}"


@asynccontextmanager
async def bench_mesh(
    names: Collection[str] = EVERYTHING, environment: Mapping[str, str] | None = None
) -> AsyncIterator[BenchMesh]:
    """Start the services `names` and the engines that they need, with `environment` on top of the mesh's own.

    Everything is stopped, and its directory removed, when the block ends. Raises a11i_local's MeshError.
    """
    with (
        tempfile.TemporaryDirectory(prefix="a11i-bench-") as directory,
        closing(DataDir.open(Path(directory))) as data,
        closing(PortClaims()) as claims,
    ):
        listeners = (*PREFERRED_PORTS, *services.GRPC_PORTS.values(), *seaweedfs.PORTS)
        ports = assign(dict.fromkeys(listeners), claims, {}, {}, {})
        credentials = load_or_create(data)
        mesh = BenchMesh(ports, engine_processes.urls(ports, credentials, data), data.path, credentials.admin_token)
        try:
            async with Supervisor(data.logs, mesh.note) as supervisor:
                starter = _Starter(mesh, data, credentials, base_environment() | dict(environment or {}), supervisor)
                await starter.start(names)
                yield mesh
        except Exception:
            _show_logs(data.logs)  # they go with the directory
            raise


def measuring(main: Coroutine[None, None, None]) -> None:
    """Run a benchmark; where the mesh or the measurement failed, exit 1 with one line after the logs' ends."""
    failures: list[BaseException] = []
    try:
        asyncio.run(main)
    except* (MeshError, MeasurementError) as group:
        failures = list(group.exceptions)
    if failures:
        sys.exit(f"{Path(sys.argv[0]).stem}: {failures[0]}")


def _show_logs(logs: Path) -> None:
    for path in sorted(logs.glob("*.log")):
        lines = path.read_text(errors="replace").splitlines()[-LOG_LINES:]
        print("\n".join([f"--- {path.name}", *lines]), file=sys.stderr)


@dataclass(frozen=True, slots=True)
class _Starter:
    mesh: BenchMesh
    data: DataDir
    credentials: Credentials
    environment: dict[str, str]
    supervisor: Supervisor

    async def start(self, names: Collection[str]) -> None:
        """Start what is wanted, each as soon as what it needs is there."""
        plans = [
            plan
            for plan in services.plans(
                self.mesh.ports, self.mesh.urls, self.credentials, self.environment, self.data.path, START_TIMEOUT_S
            )
            if plan.process.name in names
        ]
        engines = {name for plan in plans for name in plan.process.after} - set(services.SERVICES)
        steps = [self._engine(name) for name in sorted(engines)]
        steps += [self._migration(engine, name) for engine, name in services.MIGRATIONS.items() if engine in engines]
        steps += [self._process(plan.process, plan.after) for plan in plans]
        await run_steps([*steps, Step("api key", self._provide_key, after=("auth",))])

    def _engine(self, name: str) -> Step:
        context = (self.mesh.ports, self.credentials, self.data, self.environment)
        if name == "postgres":
            return Step(name, self._start_postgres)
        make = {
            "nats": engine_processes.nats_process,
            "clickhouse": engine_processes.clickhouse_process,
            "seaweedfs": engine_processes.s3_process,
        }[name]
        return self._process(make(*context))

    async def _start_postgres(self) -> None:
        directory = self.data.path / "postgres"
        await postgres.prepare(directory, self.credentials.postgres_password, self.environment)
        await self.supervisor.start(postgres.spec(directory, self.mesh.ports["postgres"], self.environment))

    def _migration(self, engine: str, name: str) -> Step:
        told = {
            "clickhouse": {"A11I_MIGRATE_CLICKHOUSE__URL": self.mesh.urls.clickhouse},
            "postgres": {"A11I_MIGRATE_POSTGRES__DSN": self.mesh.urls.postgres},
        }[engine]
        spec = ProcessSpec(
            name=name,
            command=(sys.executable, "-m", "a11i_storage.migrate", engine),
            environment=self.environment | told,
            directory=self.data.path,
            ready_timeout_s=START_TIMEOUT_S,
        )

        async def run() -> None:
            await run_job(spec, self.supervisor.log_path(name))

        return Step(name, run, after=(engine,))

    def _process(self, spec: ProcessSpec, after: tuple[str, ...] = ()) -> Step:
        async def start() -> None:
            await self.supervisor.start(spec)

        return Step(spec.name, start, after)

    async def _provide_key(self) -> None:
        self.mesh.api_key = await provision.api_key(self.data, self.mesh.address("auth"), self.credentials.admin_token)
