"""What the tokenization service can be told."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from a11i_bus.sealing import MIN_SECRET_CHARACTERS
from a11i_bus.settings import BusSettings, RunnerSettings
from a11i_chassis.settings import ServiceSettings
from a11i_storage.clickhouse import ClickHouseSettings
from a11i_storage.postgres import PostgresSettings


class RepricingSettings(BaseModel):
    """How stored calls are repriced."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slice_calls: int = Field(
        10_000,
        ge=1,
        le=200_000,
        description="Calls that are worked out and written at once; fewer if that is too much.",
    )
    interval_s: float = Field(1.0, gt=0, description="Seconds between looks for repricings that were ordered.")
    pause_s: float = Field(1.0, gt=0, description="Seconds between tries while ClickHouse is away.")
    lease_s: float = Field(
        90.0,
        gt=0,
        description="Seconds after which another process takes over a repricing whose process died. More than one "
        "insert may take.",
    )


class BudgetSettings(BaseModel):
    """How budgets are watched."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interval_s: float = Field(15.0, gt=0, description="Seconds from one look at what is spent to the next.")
    max_share: float = Field(
        0.1,
        gt=0,
        le=1,
        description="Part of the time that looks may take; beyond it they come less often.",
    )
    late_s: float = Field(
        300.0,
        ge=0,
        description="Seconds for which what was stored is taken for new: more than an insert takes and than clocks of "
        "machines differ.",
    )
    full_s: float = Field(
        3_600.0,
        gt=0,
        description="Seconds from one look at all calls of a tenant to the next; looks in between are at what is new, "
        "and do not see what was deleted.",
    )
    unpublished_s: float = Field(
        7 * 86_400.0,
        gt=0,
        description="Seconds for which an event is offered to the bus; one that it did not take by then stays in "
        "PostgreSQL alone.",
    )


class TokenizationSettings(ServiceSettings, env_prefix="A11I_TOKENIZATION_"):
    """Settings of the tokenization service, from A11I_TOKENIZATION_..."""

    bus: BusSettings = Field(description="The bus that batches come from and go to.")
    runner: RunnerSettings = Field(RunnerSettings(), description="How the stage is run.")
    dead_letter_key: SecretStr = Field(
        min_length=MIN_SECRET_CHARACTERS,
        description="Secret under which batches are sealed that cannot be processed; `openssl rand -hex 32` makes one.",
    )
    vocabulary_directory: Path | None = Field(
        None, description="Where tiktoken's vocabulary files are; empty for those in the installed litellm."
    )
    tokenizer_directory: Path | None = Field(
        None,
        description="Where your own tokenizers are: <name>.json of Hugging Face or <name>.model of SentencePiece, and "
        "a models.toml that says which models have them. Empty for none.",
    )
    postgres: PostgresSettings | None = Field(
        None,
        description="Where tenants' prices and budgets are kept, and repricings. Without, the default prices hold for "
        "everybody.",
    )
    clickhouse: ClickHouseSettings | None = Field(
        None, description="Where spans are stored. Without, nothing is repriced, and no budget is watched."
    )
    repricing: RepricingSettings = Field(RepricingSettings(), description="How stored calls are repriced.")
    budgets: BudgetSettings = Field(BudgetSettings(), description="How budgets are watched.")
    admin_token: SecretStr | None = Field(
        None,
        min_length=32,
        description="What callers must show to read and store what is a tenant's. Without it nobody can.",
    )
    count_cache_bytes: int = Field(
        32 * 1024 * 1024,
        ge=1024 * 1024,
        description="Memory for counts of what was seen before, half for messages and half for conversations; 32 MiB "
        "remember about 55,000 messages, and conversations of 16 MiB of text.",
    )
