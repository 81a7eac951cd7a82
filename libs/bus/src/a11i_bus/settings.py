"""How a service reaches its bus."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class BusSettings(BaseModel):
    """The bus of a service. All services of a mesh must agree on `capacity_bytes` and `ack_wait_s`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: SecretStr = Field(
        description="nats://user:password@host:port or kafka://user:password@host:port/namespace?tls=true, several "
        "hosts with commas; or memory:// for one process alone."
    )
    capacity_bytes: int = Field(
        default=8 * 1024**3,
        ge=1024**2,
        description="Bytes that all topics together may hold. A full topic refuses new batches, so this is how long "
        "an outage further down may last: at 10 MB/s, 8 GiB are 13 minutes.",
    )
    replicas: int = Field(
        default=1, ge=1, le=5, description="Servers of a cluster that store each message; 1 for a single server."
    )
    partitions: int = Field(
        default=12,
        ge=1,
        le=1000,
        description="Kafka: partitions of each topic that this mesh makes, and so the most members of a group that "
        "have work at once. Topics that exist keep theirs.",
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


class DeadLetterLimit(BaseModel):
    """When a stage stops instead of giving up more: so large a share is a fault of the stage, not of the items."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float = Field(
        default=0.2, gt=0, le=1, description="Part of the items of the last minute that may become dead letters."
    )
    min_items: int = Field(
        default=200, ge=1, description="Items worked on in that minute, below which their share says nothing."
    )
    pause_s: float = Field(
        default=30.0, gt=0, description="Seconds for which a stage stops before it probes with one batch at a time."
    )


class TrialSettings(BaseModel):
    """How a batch is tried whose workers may have died of it: in a child process, which may die instead."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after_deliveries: int = Field(
        default=2,
        ge=1,
        description="Deliveries that came to no outcome known here, after which the next one is tried in a child. One "
        "that had another cause, such as a restart or an outage of the bus, costs a trial and nothing else.",
    )
    memory_bytes: int = Field(
        default=1024**3,
        ge=64 * 1024**2,
        description="Memory that the child may take beyond the service's own. Keep it below what the container has "
        "free, or the container is ended instead of the child.",
    )


class RunnerSettings(BaseModel):
    """How a stage is run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    concurrency: int = Field(
        default=2, ge=1, description="Batches that are worked on at once, each in a thread of its own."
    )
    window: int = Field(
        default=128,
        ge=1,
        description="Batches held at once: worked on, waiting for a thread, or waiting to try again. Tenants take "
        "turns among them, so this is how far a flood of one tenant is looked past.",
    )
    window_bytes: int = Field(
        default=64 * 1024**2, ge=1, description="Bytes of batches held at once, above which no more are fetched."
    )
    call_budget_s: float = Field(
        default=120.0,
        gt=0,
        description="Seconds that the work on one batch may take. A thread that takes longer cannot be ended: the "
        "service reports unhealthy and exits, to be started anew; the batch is found by its deliveries (trial). A "
        "sink's call is cancelled and repeated.",
    )
    drain_s: float = Field(
        default=8.0,
        gt=0,
        description="Seconds after a stop in which batches under way may finish; then they are given back. Less than "
        "the service's shutdown_budget_s.",
    )
    max_tries: int = Field(
        default=3,
        ge=1,
        description="Tries of a batch that fails for a reason of its own before it becomes a dead letter. What waits "
        "for something that is away has no limit.",
    )
    retry_base_s: float = Field(default=0.2, gt=0, description="Seconds before the second try; doubled each time.")
    retry_max_s: float = Field(default=10.0, gt=0, description="Longest pause between two tries in seconds.")
    retry_share: float = Field(
        default=0.2,
        ge=0,
        description="Retries for each batch that comes anew, beside one a second, that wait only their own pause. "
        "Those over this budget wait retry_max_s, so that what is in trouble is not held there by retries.",
    )
    patience_s: float = Field(
        default=30.0,
        gt=0,
        description="Seconds for which a batch that the stage cannot work on yet is held; then it is given back, to "
        "come again after as long, so that others are not held up by it.",
    )
    park_base_s: float = Field(
        default=10.0,
        gt=0,
        description="Seconds until a batch of a schema version that this service does not know is tried again, by this "
        "member or one of a newer version; doubled each time.",
    )
    park_s: float = Field(default=300.0, gt=0, description="Longest such pause in seconds.")
    heartbeat_s: float = Field(
        default=8.0, gt=0, description="Seconds between reports on held batches; well under the bus's ack_wait_s."
    )
    dead_letters: DeadLetterLimit = Field(
        default_factory=DeadLetterLimit, description="When the stage stops instead of giving up more."
    )
    trial: TrialSettings = Field(
        default_factory=TrialSettings, description="How a batch is tried whose workers may have died of it."
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
