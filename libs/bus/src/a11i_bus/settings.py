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


class RunnerSettings(BaseModel):
    """How a stage is run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    concurrency: int = Field(
        default=2, ge=1, description="Batches that are worked on at once, each in a thread of its own."
    )
    window: int = Field(
        default=32, ge=1, description="Batches held at once: worked on, waiting for a thread, or waiting to try again."
    )
    max_tries: int = Field(
        default=3,
        ge=1,
        description="Tries of a batch that fails for a reason of its own before it becomes a dead letter. What waits "
        "for something that is away has no limit.",
    )
    retry_base_s: float = Field(default=0.2, gt=0, description="Seconds before the second try; doubled each time.")
    retry_max_s: float = Field(default=10.0, gt=0, description="Longest pause between two tries in seconds.")
    patience_s: float = Field(
        default=30.0,
        gt=0,
        description="Seconds for which a batch that the stage cannot work on yet is held; then it is given back, to "
        "come again after as long, so that others are not held up by it.",
    )
    park_s: float = Field(
        default=300.0,
        gt=0,
        description="Seconds until a batch of a schema version that this service does not know is tried again: a "
        "newer version of the service may run by then.",
    )
    heartbeat_s: float = Field(
        default=8.0, gt=0, description="Seconds between reports on held batches; well under the bus's ack_wait_s."
    )


class SinkSettings(RunnerSettings):
    """How a sink is run."""

    window: int = Field(default=2000, ge=1, description="Batches held at once, gathered or being stored.")
    max_rows: int = Field(
        default=20_000, ge=1, description="Spans gathered for one call, above which no more are added."
    )
    max_bytes: int = Field(
        default=64 * 1024**2, ge=1, description="Bytes of batches gathered for one call, above which no more is added."
    )
    max_wait_s: float = Field(
        default=0.4,
        gt=0,
        description="Seconds from the first batch gathered to the call, if no earlier call is still under way.",
    )
