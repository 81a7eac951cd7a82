"""The settings of a mesh on this machine: A11I_DATA_DIR, A11I_OTLP_GRPC_PORT, ..."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

Port = Annotated[int | None, Field(ge=1, le=65535)]


class MeshSettings(BaseSettings):
    """Ports that are not set are those of the last start, else the usual ones, else free ones."""

    model_config = SettingsConfigDict(env_prefix="A11I_", env_ignore_empty=True, frozen=True, extra="ignore")

    data_dir: Path = Field(default=Path(".a11i"), description="Directory of the mesh's whole state.")
    bus: Literal["nats", "kafka"] = Field(
        default="nats", description="What carries batches between the services. Kafka needs Java 17."
    )
    start_timeout_s: float = Field(default=90.0, gt=0, description="From a process's start until it must be ready.")

    otlp_grpc_port: Port = Field(default=None, description="OTLP/gRPC. Usually 4317.")
    otlp_http_port: Port = Field(default=None, description="OTLP/HTTP. Usually 4318.")
    query_port: Port = Field(default=None, description="QueryService, gRPC. Usually 4320.")
    auth_port: Port = Field(default=None, description="AuthService and AdminService, gRPC. Usually 4321.")
    delivery_port: Port = Field(default=None, description="DeadLetterService, gRPC. Usually 4322.")
    redaction_port: Port = Field(default=None, description="RedactionService, gRPC. Usually 4323.")
    tokenization_port: Port = Field(default=None, description="TokenizationService, gRPC. Usually 4324.")
    gateway_port: Port = Field(default=None, description="REST. Usually 8080.")
    nats_port: Port = Field(default=None, description="NATS. Usually 4222.")
    kafka_port: Port = Field(default=None, description="Kafka, if it is the bus. Usually 9092.")
    clickhouse_port: Port = Field(default=None, description="ClickHouse's HTTP interface. Usually 8123.")
    postgres_port: Port = Field(default=None, description="PostgreSQL. Usually 5432.")
    s3_port: Port = Field(default=None, description="S3. Usually 8333.")

    def chosen_ports(self) -> dict[str, tuple[str, int]]:
        """The ports that the user set: listener -> (name of the setting, port)."""
        return {
            name: (f"A11I_{name.upper()}_PORT", port)
            for name in self.listeners()
            if (port := getattr(self, f"{name}_port")) is not None
        }

    def listeners(self) -> list[str]:
        """Those of `PREFERRED_PORTS` that this mesh has: all but the other buses'."""
        return [name for name in PREFERRED_PORTS if name == self.bus or name not in ("nats", "kafka")]


PREFERRED_PORTS = {
    "otlp_grpc": 4317,
    "otlp_http": 4318,
    "query": 4320,
    "auth": 4321,
    "delivery": 4322,
    "redaction": 4323,
    "tokenization": 4324,
    "gateway": 8080,
    "nats": 4222,
    "kafka": 9092,
    "clickhouse": 8123,
    "postgres": 5432,
    "s3": 8333,
}
"""Where people look for each."""
