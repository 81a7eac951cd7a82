"""The services of the mesh: which there are, what each needs, and what each is told."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from a11i_local.credentials import Credentials
from a11i_local.engine_processes import EngineUrls
from a11i_local.engines import seaweedfs
from a11i_local.environment import service_settings
from a11i_local.probes import grpc_serving
from a11i_local.process import ProcessSpec

SERVICES = ("auth", "ingest", "tokenization", "redaction", "writer", "delivery", "query", "gateway")
GRPC_PORTS = {name: name for name in SERVICES} | {"ingest": "otlp_grpc", "gateway": "gateway_grpc"}
"""Service -> name of its gRPC port. Ingest's is the one that OTLP clients use; the gateway's own port is REST's."""
MIGRATIONS = {"clickhouse": "migrate-clickhouse", "postgres": "migrate-postgres"}
"""Engine -> the step that brings its tables up to date."""
_WAITS_ITSELF = {("redaction", "postgres")}
"""Services and engines that they do without while they load, which for redaction takes longest of all the start."""


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """A service's process, and the steps that come before its start."""

    process: ProcessSpec
    after: tuple[str, ...]


def plans(
    ports: Mapping[str, int],
    engines: EngineUrls,
    credentials: Credentials,
    environment: Mapping[str, str],
    directory: Path,
    ready_timeout_s: float,
) -> list[ServicePlan]:
    """Every service. `after` of the processes holds what they need while they run.

    A service gets its settings from the user's environment, too; addresses and secrets are the mesh's in any case.
    """
    addresses = {name: f"127.0.0.1:{ports[port]}" for name, port in GRPC_PORTS.items()}
    told = _settings(addresses, ports, engines, credentials)
    needs = {
        "auth": ("postgres",),
        "ingest": (engines.bus_engine, "auth"),
        "tokenization": (engines.bus_engine, "postgres", "clickhouse"),
        "redaction": (engines.bus_engine, "postgres"),
        "writer": (engines.bus_engine, "clickhouse", "seaweedfs"),
        "delivery": (engines.bus_engine, "postgres", "clickhouse"),
        "query": ("clickhouse", "auth"),
        "gateway": ("query",),
    }
    return [
        ServicePlan(
            ProcessSpec(
                name=name,
                command=(sys.executable, "-m", f"a11i_{name}"),
                environment={
                    **environment,
                    **service_settings(name),
                    f"A11I_{name.upper()}_GRPC__LISTEN": addresses[name],
                    **{f"A11I_{name.upper()}_{field}": value for field, value in told[name].items()},
                },
                directory=directory,
                probe=grpc_serving(addresses[name]),
                address=addresses[name],
                after=needs[name],
                ready_timeout_s=ready_timeout_s,
            ),
            after=tuple(
                _start_after(engine)
                for engine in needs[name]
                if engine not in SERVICES and (name, engine) not in _WAITS_ITSELF
            ),
        )
        for name in SERVICES
    ]


def _start_after(engine: str) -> str:
    return MIGRATIONS.get(engine, engine)


def _settings(
    addresses: Mapping[str, str], ports: Mapping[str, int], engines: EngineUrls, credentials: Credentials
) -> dict[str, dict[str, str]]:
    # One member of each group: a few partitions will do, and more would each be written to the disk by itself.
    bus = {"BUS__URL": engines.bus, "BUS__PARTITIONS": "4"}
    stage = bus | {"DEAD_LETTER_KEY": credentials.dead_letter_key}
    archive = {
        "ARCHIVE__URL": f"s3://{seaweedfs.BUCKET}/archive",
        "ARCHIVE__ENDPOINT": engines.s3,
        "ARCHIVE__ACCESS_KEY": credentials.s3_access_key,
        "ARCHIVE__SECRET_KEY": credentials.s3_secret_key,
    }
    return {
        "auth": {
            "POSTGRES__DSN": engines.postgres,
            "PEPPER": credentials.auth_pepper,
            "ADMIN_TOKEN": credentials.admin_token,
        },
        "ingest": bus
        | {
            "HTTP__LISTEN": f"127.0.0.1:{ports['otlp_http']}",
            "AUTH__ADDRESS": addresses["auth"],
        },
        "tokenization": stage
        | {
            "POSTGRES__DSN": engines.postgres,
            "CLICKHOUSE__URL": engines.clickhouse,
            "ADMIN_TOKEN": credentials.admin_token,
        },
        "redaction": stage
        | {
            "PSEUDONYM_KEY": credentials.pseudonym_key,
            "POSTGRES__DSN": engines.postgres,
            "ADMIN_TOKEN": credentials.admin_token,
            "REVEAL_TOKEN": credentials.reveal_token,
            "MASTER_KEY": credentials.redaction_master_key,
        },
        "writer": stage | archive | {"CLICKHOUSE__URL": engines.clickhouse},
        "delivery": stage
        | archive
        | {
            "POSTGRES__DSN": engines.postgres,
            "CLICKHOUSE__URL": engines.clickhouse,
            "REDACTION__ADDRESS": addresses["redaction"],
            "ADMIN_TOKEN": credentials.admin_token,
        },
        "query": {"CLICKHOUSE__URL": engines.clickhouse, "AUTH__ADDRESS": addresses["auth"]},
        "gateway": {
            "HTTP__LISTEN": f"127.0.0.1:{ports['gateway']}",
            "QUERY__ADDRESS": addresses["query"],
        },
    }
