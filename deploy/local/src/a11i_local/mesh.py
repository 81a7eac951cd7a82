"""A whole mesh: engines, tables, services, and a project with its API key.

async with running_mesh(MeshSettings(data_dir=...), Console()) as mesh:
    mesh.variables["A11I_OTLP_GRPC"]
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from a11i_local import engine_processes, provision, services
from a11i_local.console import Console
from a11i_local.credentials import Credentials, load_or_create
from a11i_local.data_dir import DataDir
from a11i_local.engines import kafka, kafka_jars, postgres, seaweedfs
from a11i_local.environment import base_environment
from a11i_local.errors import SetupError
from a11i_local.job import run_job
from a11i_local.mesh_files import StateFile, write_mesh_env
from a11i_local.ports import PortClaims, assign
from a11i_local.process import ProcessSpec
from a11i_local.settings import PREFERRED_PORTS, MeshSettings
from a11i_local.startup import Step, run_steps
from a11i_local.supervisor import ProcessEvent, Supervisor


@dataclass(frozen=True, slots=True)
class Mesh:
    """A mesh that is up."""

    data: Path
    """Its data directory."""
    variables: dict[str, str]
    """What mesh.env holds."""
    services: dict[str, str]
    """Service -> host:port of its gRPC port."""
    displaced: dict[str, int]
    """Listener -> its port, where the usual one was not free."""


Adjust = Callable[[ProcessSpec], ProcessSpec]
"""What a caller makes of a process's command or environment before it is started."""


def unchanged(spec: ProcessSpec) -> ProcessSpec:
    """Leaves a process as it is."""
    return spec


@asynccontextmanager
async def running_mesh(settings: MeshSettings, console: Console, adjust: Adjust = unchanged) -> AsyncIterator[Mesh]:
    """Starts a mesh, and stops it at the end. Raises SetupError or StartError; then nothing is left running.

    `adjust` is asked about each engine and service before its start, such as to put a proxy between two of them.
    """
    if sys.platform != "linux":
        raise SetupError("the embedded mesh runs on Linux only")
    with closing(DataDir.open(settings.data_dir)) as data, closing(PortClaims()) as claims:
        remembered = {name: port for name, port in data.read_json("ports.json").items() if isinstance(port, int)}
        chosen = settings.chosen_ports()
        ports = assign(_listeners(settings), claims, chosen, remembered, PREFERRED_PORTS)
        data.write_json("ports.json", ports)
        console.say(f"[bold]a11i[/] starts on {escape(str(data.path))}; Ctrl-C stops it")
        displaced = {
            name: ports[name]
            for name, usual in PREFERRED_PORTS.items()
            if name in ports and name not in chosen and ports[name] not in {usual, remembered.get(name)}
        }
        builder = _Builder(settings, data, ports, load_or_create(data), base_environment(), console, adjust)
        try:
            async with Supervisor(data.logs, builder.report) as supervisor:
                yield await builder.start(supervisor, displaced)
        finally:
            builder.state.remove()


class _Builder:
    """What the start of one mesh has at hand."""

    def __init__(
        self,
        settings: MeshSettings,
        data: DataDir,
        ports: dict[str, int],
        credentials: Credentials,
        environment: dict[str, str],
        console: Console,
        adjust: Adjust,
    ) -> None:
        self.state = StateFile(data)
        self._settings = settings
        self._data = data
        self._ports = ports
        self._credentials = credentials
        self._environment = environment
        self._console = console
        self._adjust = adjust
        self._urls = engine_processes.urls(ports, credentials, data, settings.bus)

    def report(self, event: ProcessEvent) -> None:
        """Tells the console and state.json."""
        self._console.report(event)
        self.state.note(event)

    async def start(self, supervisor: Supervisor, displaced: dict[str, int]) -> Mesh:
        """Starts everything, each as soon as what it needs is there."""
        keys: list[str] = []

        async def provide_key() -> None:
            address = f"127.0.0.1:{self._ports['auth']}"
            keys.append(await provision.api_key(self._data, address, self._credentials.admin_token))
            self._console.done("api key")

        await run_steps(
            [
                *self._engine_steps(supervisor),
                *self._migration_steps(supervisor),
                *self._service_steps(supervisor),
                Step("api key", provide_key, after=("auth",)),
            ]
        )
        variables = self._variables(keys[0])
        write_mesh_env(self._data, variables)
        self.state.mark_ready()
        addresses = {name: f"127.0.0.1:{self._ports[port]}" for name, port in services.GRPC_PORTS.items()}
        return Mesh(self._data.path, variables, addresses, displaced)

    def _engine_steps(self, supervisor: Supervisor) -> list[Step]:
        context = (self._ports, self._credentials, self._data, self._environment)

        async def start_postgres() -> None:
            directory = self._data.path / "postgres"
            await postgres.prepare(directory, self._credentials.postgres_password, self._environment)
            spec = postgres.spec(directory, self._ports["postgres"], self._environment)
            await self._starter(supervisor, spec)()

        async def start_kafka() -> None:
            java, jars = await asyncio.to_thread(kafka_jars.java), await asyncio.to_thread(kafka_jars.fetch)
            config = engine_processes.kafka_config(*context[:3])
            format_spec, spec = engine_processes.kafka_process(
                java, jars, config, self._environment, self._settings.start_timeout_s
            )
            if not kafka.is_formatted(config):
                await run_job(format_spec, supervisor.log_path(format_spec.name))
            await self._starter(supervisor, spec)()

        return [
            self._process_step(supervisor, engine_processes.nats_process(*context))
            if self._settings.bus == "nats"
            else Step("kafka", start_kafka),
            Step("postgres", start_postgres),
            self._process_step(supervisor, engine_processes.clickhouse_process(*context)),
            self._process_step(supervisor, engine_processes.s3_process(*context)),
        ]

    def _migration_steps(self, supervisor: Supervisor) -> list[Step]:
        secrets = {
            "clickhouse": {"A11I_MIGRATE_CLICKHOUSE__URL": self._urls.clickhouse},
            "postgres": {"A11I_MIGRATE_POSTGRES__DSN": self._urls.postgres},
        }

        def step(engine: str, name: str) -> Step:
            spec = ProcessSpec(
                name=name,
                command=(sys.executable, "-m", "a11i_storage.migrate", engine),
                environment=self._environment | secrets[engine],
                directory=self._data.path,
                ready_timeout_s=self._settings.start_timeout_s,
            )

            async def run() -> None:
                await run_job(spec, supervisor.log_path(name))
                self._console.done(name)

            return Step(name, run, after=(engine,))

        return [step(engine, name) for engine, name in services.MIGRATIONS.items()]

    def _service_steps(self, supervisor: Supervisor) -> list[Step]:
        plans = services.plans(
            self._ports,
            self._urls,
            self._credentials,
            self._environment,
            self._data.path,
            self._settings.start_timeout_s,
        )
        return [self._process_step(supervisor, plan.process, plan.after) for plan in plans]

    def _process_step(self, supervisor: Supervisor, spec: ProcessSpec, after: tuple[str, ...] = ()) -> Step:
        return Step(spec.name, self._starter(supervisor, spec), after)

    def _starter(self, supervisor: Supervisor, spec: ProcessSpec) -> Callable[[], Awaitable[None]]:
        async def start() -> None:
            self.state.expect(spec)
            await supervisor.start(self._adjust(spec))

        return start

    def _variables(self, api_key: str) -> dict[str, str]:
        listeners = ("otlp_grpc", "otlp_http", "query", "auth", "delivery", "redaction", "tokenization", "gateway")
        return {
            **{f"A11I_{name.upper()}": f"127.0.0.1:{self._ports[name]}" for name in listeners},
            f"A11I_{self._urls.bus_engine.upper()}": self._urls.bus,
            "A11I_CLICKHOUSE": self._urls.clickhouse,
            "A11I_POSTGRES": self._urls.postgres,
            "A11I_S3": self._urls.s3,
            "A11I_S3_BUCKET": seaweedfs.BUCKET,
            "A11I_S3_ACCESS_KEY": self._credentials.s3_access_key,
            "A11I_S3_SECRET_KEY": self._credentials.s3_secret_key,
            "A11I_ADMIN_TOKEN": self._credentials.admin_token,
            "A11I_REVEAL_TOKEN": self._credentials.reveal_token,
            "A11I_API_KEY": api_key,
        }


def _listeners(settings: MeshSettings) -> dict[str, None]:
    """The names of all ports of a mesh, each once."""
    bus = (kafka.CONTROLLER_PORT,) if settings.bus == "kafka" else ()
    return dict.fromkeys((*settings.listeners(), *services.GRPC_PORTS.values(), *seaweedfs.PORTS, *bus))
