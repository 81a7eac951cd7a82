"""How a service reaches its bus."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class BusSettings(BaseModel):
    """The bus of a service. All services of a mesh must agree on `capacity_bytes` and `ack_wait_s`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: SecretStr = Field(
        description="nats://user:password@host:port, several hosts with commas; or memory:// for one process alone."
    )
    capacity_bytes: int = Field(
        default=8 * 1024**3,
        ge=1024**2,
        description="Bytes that all topics together may hold. A full topic refuses new batches, so this is how long "
        "an outage further down may last: at 10 MB/s, 8 GiB are 13 minutes.",
    )
    replicas: int = Field(
        default=1, ge=1, le=5, description="Servers of a NATS cluster that store each message; 1 for a single server."
    )
    ack_wait_s: float = Field(
        default=30.0,
        ge=0.1,
        description="Seconds until a batch that its member neither settled nor reported on is given to another.",
    )
    publish_timeout_s: float = Field(
        default=5.0, gt=0, description="Seconds to wait for the bus to confirm one message before giving up on it."
    )
    connect_wait_s: float = Field(
        default=2.0,
        ge=0,
        description="Seconds that a start waits for the bus. It goes on without; the service is not ready until then.",
    )
