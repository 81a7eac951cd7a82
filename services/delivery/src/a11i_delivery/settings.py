"""Settings of the delivery service."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from a11i_bus.settings import BusSettings
from a11i_chassis.settings import ClientSettings, ServiceSettings
from a11i_storage.archive import ArchiveSettings
from a11i_storage.clickhouse import ClickHouseSettings
from a11i_storage.postgres import PostgresSettings


class DeadLetterSettings(BaseModel):
    """How dead letters are kept and replayed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    retention_days: float = Field(
        30.0, gt=0, description="Days after which a dead letter is deleted, counted from when it was given up last."
    )
    expire_interval_s: float = Field(3600.0, gt=0, description="Seconds between looks for letters that are too old.")
    replay_interval_s: float = Field(
        5.0, gt=0, description="Seconds between tries to put on the bus what it did not take."
    )
    replay_wait_s: float = Field(
        5.0, gt=0, le=60, description="Seconds that a call waits for its replay; what is left then goes on without it."
    )


class ArchiveReplaySettings(BaseModel):
    """How ranges of the archive are replayed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backlog: int = Field(
        64,
        ge=1,
        description="Batches waiting at a replay's point above which it waits, so that what comes from clients does "
        "not.",
    )
    pause_s: float = Field(0.5, gt=0, description="Seconds of such a wait, and while bus or archive is away.")
    interval_s: float = Field(1.0, gt=0, description="Seconds between looks for replays that were ordered.")
    lease_s: float = Field(
        60.0, gt=0, description="Seconds after which another process takes over a replay whose process died."
    )
    concurrency: int = Field(2, ge=1, le=16, description="Replays that a process carries out at once.")


class LedgerSettings(BaseModel):
    """How the ledger is audited."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interval_s: float = Field(5.0, ge=0.1, le=60, description="Seconds from one audit to the next.")
    settle_s: float = Field(
        30.0,
        ge=1,
        le=600,
        description="Seconds that a batch must have been under way to be looked for on the bus. The ledger may be as "
        "far behind, and clocks of services may differ by a sixth of it.",
    )


class RedactionClientSettings(ClientSettings):
    """The redaction service."""

    timeout_s: float = Field(10.0, gt=0, le=60, description="Deadline of one call: 64 kB of text take a second or two.")


class DeliverySettings(ServiceSettings, env_prefix="A11I_DELIVERY_"):
    """Settings of the delivery service, in the environment as A11I_DELIVERY_..."""

    bus: BusSettings = Field(description="Where dead letters come from and replays go to.")
    postgres: PostgresSettings = Field(description="Where dead letters are kept.")
    redaction: RedactionClientSettings = Field(description="Redacts what is shown.")
    dead_letter_key: SecretStr = Field(
        min_length=32, description="Key that dead letters are sealed under; the same in the whole mesh."
    )
    admin_token: SecretStr = Field(min_length=32, description="What callers must show.")
    clickhouse: ClickHouseSettings = Field(description="Where the ledger is kept.")
    ledger: LedgerSettings = Field(LedgerSettings(), description="How the ledger is audited.")
    dead_letters: DeadLetterSettings = Field(DeadLetterSettings(), description="How dead letters are kept.")
    archive: ArchiveSettings | None = Field(
        None, description="Where the writer archives rows; the same as its setting. Unset: ranges cannot be replayed."
    )
    archive_replay: ArchiveReplaySettings = Field(
        ArchiveReplaySettings(), description="How ranges of the archive are replayed."
    )
