"""The engines as processes of a mesh, and the URLs under which services reach them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from a11i_local.credentials import Credentials
from a11i_local.data_dir import DataDir, write_private
from a11i_local.engines import kafka, nats, postgres, seaweedfs
from a11i_local.probes import http_answers, kafka_answers, nats_answers
from a11i_local.process import ProcessSpec

CLICKHOUSE_USER = "a11i"
CLICKHOUSE_DATABASE = "default"


@dataclass(frozen=True, slots=True, repr=False)
class EngineUrls:
    """Where the engines are, credentials included."""

    bus_engine: str
    """Name of the engine that is the bus: nats or kafka."""
    bus: str
    clickhouse: str
    postgres: str
    s3: str


def urls(ports: Mapping[str, int], credentials: Credentials, data: DataDir, bus: str = "nats") -> EngineUrls:
    """The engines' URLs."""
    return EngineUrls(
        bus_engine=bus,
        bus=nats.url(_nats_config(ports, credentials, data))
        if bus == "nats"
        else kafka.url(kafka_config(ports, credentials, data)),
        clickhouse=f"http://{CLICKHOUSE_USER}:{credentials.clickhouse_password}"
        f"@127.0.0.1:{ports['clickhouse']}/{CLICKHOUSE_DATABASE}",
        postgres=postgres.dsn(ports["postgres"], credentials.postgres_password),
        s3=f"http://127.0.0.1:{ports['s3']}",
    )


def nats_process(
    ports: Mapping[str, int], credentials: Credentials, data: DataDir, environment: Mapping[str, str]
) -> ProcessSpec:
    """The bus. Writes its configuration, which holds secrets, into the data directory."""
    config_file = data.path / "nats.conf"
    write_private(config_file, nats.config_text(_nats_config(ports, credentials, data)))
    port = ports["nats"]
    return ProcessSpec(
        name="nats",
        command=tuple(nats.command(config_file)),
        environment=environment,
        directory=data.path,
        probe=lambda: nats_answers(port),
        address=f"127.0.0.1:{port}",
    )


def kafka_config(ports: Mapping[str, int], credentials: Credentials, data: DataDir) -> kafka.KafkaConfig:
    """What the local Kafka needs to know."""
    return kafka.KafkaConfig(
        port=ports["kafka"],
        controller_port=ports[kafka.CONTROLLER_PORT],
        directory=data.path / "kafka",
        user="a11i",
        password=credentials.kafka_password,
    )


def kafka_process(
    java: str, jars: Path, config: kafka.KafkaConfig, environment: Mapping[str, str], start_timeout_s: float
) -> tuple[ProcessSpec, ProcessSpec]:
    """The bus, and what prepares its data directory before its first start. Writes its configuration."""
    config.directory.mkdir(mode=0o700, exist_ok=True)
    write_private(config.properties_file, kafka.properties_text(config))
    write_private(config.logging_file, kafka.logging_text())
    format_spec = ProcessSpec(
        name="kafka-format",
        command=tuple(kafka.format_command(java, jars, config)),
        environment=environment,
        directory=config.directory,
        ready_timeout_s=start_timeout_s,
    )
    server_spec = ProcessSpec(
        name="kafka",
        command=tuple(kafka.command(java, jars, config)),
        environment=environment,
        directory=config.directory,
        probe=lambda: kafka_answers(config.port),
        address=f"127.0.0.1:{config.port}",
        ready_timeout_s=start_timeout_s,
    )
    return format_spec, server_spec


def clickhouse_process(
    ports: Mapping[str, int], credentials: Credentials, data: DataDir, environment: Mapping[str, str]
) -> ProcessSpec:
    """The span store: the ClickHouse engine behind its HTTP interface."""
    port = ports["clickhouse"]
    return ProcessSpec(
        name="clickhouse",
        command=(
            *(sys.executable, "-m", "a11i_local.chdb_front"),
            *("--listen", f"127.0.0.1:{port}", "--path", str(data.path / "clickhouse")),
        ),
        environment={
            **environment,
            "A11I_CHDB_USER": CLICKHOUSE_USER,
            "A11I_CHDB_PASSWORD": credentials.clickhouse_password,
        },
        directory=data.path,
        probe=lambda: http_answers(port, "/ping"),
        address=f"127.0.0.1:{port}",
    )


def s3_process(
    ports: Mapping[str, int], credentials: Credentials, data: DataDir, environment: Mapping[str, str]
) -> ProcessSpec:
    """The object store, with its bucket."""
    keys = seaweedfs.S3Keys(credentials.s3_access_key, credentials.s3_secret_key, credentials.s3_internal_key)
    return seaweedfs.spec(data.path / "seaweedfs", ports, keys, environment)


def _nats_config(ports: Mapping[str, int], credentials: Credentials, data: DataDir) -> nats.NatsConfig:
    return nats.NatsConfig(
        port=ports["nats"],
        store_dir=data.path / "nats",
        user="a11i",
        password=credentials.nats_password,
        encryption_key=credentials.jetstream_key,
    )
